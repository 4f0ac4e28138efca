import { isDeepStrictEqual } from "node:util";
import { recordKinds } from "@halfkey/crypto";
import { type ItemVersion, OperatorError, type RecordContent } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import { rewrapVersion } from "../items/rewrap-version.ts";
import { type EpochPair, epochsOf, isSamePair } from "../state/epoch-pair.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { kindAndName } from "../state/record-names.ts";
import type { Replica } from "../state/replica.ts";
import type { FragmentRequests } from "../vault-client/fragment-requests.ts";
import { versionsOf, wrapEpochs } from "./survey-epochs.ts";

export interface RewrapParts {
  keyring: Keyring;
  replica: Replica;
  fragments: FragmentRequests;
  /** Whether the vault has its fragments: else nothing that does not open says anything. @throws {OperatorError} */
  checkVault(deadline: Deadline): Promise<void>;
}

interface Prepared {
  /** The versions that were rewrapped: the record must not have changed since. */
  before: string;
  versions: ItemVersion[];
  epochs: EpochPair;
  /** Nothing is gained by sealing it again. */
  isCurrent: boolean;
}

/** What a wrap that does not open is refused with, once the vault has given the same share twice. */
const brokenCodes = ["E_KEY", "E_TAG", "E_FORMAT"];

/**
 * Seals records under the current pair of epochs, with every data key in them. One that another write has changed
 * meanwhile is left for the next time.
 *
 * @param ids Record ids, base64url.
 */
export function rewrapRecords(parts: RewrapParts, ids: readonly string[]): WritePlan<{ sealed: number }> {
  const { keyring, replica, checkVault } = parts;
  const prepared = new Map<string, Prepared>();
  return {
    claims: ids,
    async prepare(deadline) {
      const epochs = epochsOf(replica.settings);
      await Promise.all(
        ids.map(async (id) => {
          const content = replica.index.byId(id);
          if (content === undefined) return;
          const versions = await Promise.all(
            versionsOf(content).map((version) => moved(parts, content, version, epochs)),
          );
          if (versions.some((version, at) => version.broken && !versionsOf(content)[at]?.broken))
            await checkVault(deadline);
          const sealed = replica.index.epochsOf(id);
          const isCurrent =
            sealed !== undefined &&
            isSamePair(sealed, epochs) &&
            versions.every((version, at) => isDeepStrictEqual(version, versionsOf(content)[at]));
          prepared.set(id, { before: wrapsOf(content), versions, epochs, isCurrent });
        }),
      );
    },
    build(view) {
      let sealed = 0;
      const epochs = epochsOf(view.replica.settings);
      for (const [id, ready] of prepared) {
        if (!isSamePair(ready.epochs, epochs)) return "stale";
        const known = replica.index.byId(id);
        const named = known === undefined ? undefined : kindAndName(known);
        const content = named === undefined ? undefined : view.get(named.kind, named.name);
        if (content === undefined || wrapsOf(content as RecordContent) !== ready.before) continue;
        if (ready.isCurrent) continue;
        view.put(withVersions(content as RecordContent, ready.versions));
        sealed += 1;
      }
      return { result: { sealed } };
    },
  };

  function idOf(content: RecordContent): Buffer {
    // In the trash too a wrap belongs to the path that it had.
    const path = content.t === "trash" ? content.item.path : content.t === "item" ? content.path : "";
    return keyring.recordId(recordKinds.item, path);
  }

  async function moved(
    { fragments }: RewrapParts,
    content: RecordContent,
    version: ItemVersion,
    epochs: EpochPair,
  ): Promise<ItemVersion> {
    const from = wrapEpochs(version);
    if (from !== undefined && isSamePair(from, epochs)) return version;
    const id = idOf(content);
    try {
      return await rewrapVersion({ keyring, fragments }, id, { id, ...epochs }, version);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const isGone = version.broken === true && error.code === "E_EPOCH";
      if (isGone || brokenCodes.includes(error.code)) return { ...version, broken: true };
      throw error;
    }
  }
}

function wrapsOf(content: RecordContent): string {
  return versionsOf(content)
    .map(({ v, blob, wrap }) => `${v}${blob}${wrap}`)
    .join();
}

function withVersions(content: RecordContent, versions: ItemVersion[]): RecordContent {
  if (content.t === "item") return { ...content, versions };
  return content.t === "trash" ? { ...content, item: { ...content.item, versions } } : content;
}
