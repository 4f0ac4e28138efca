import type { ItemVersion } from "@halfkey/model";
import { type EpochPair, isSamePair } from "../state/epoch-pair.ts";
import type { OpenedIndex } from "../state/opened-index.ts";

export interface BrokenVersion extends EpochPair {
  name: string;
  version: number;
}

/** What the index says of epochs, at one head. */
export interface Survey {
  /** Ids (base64url) of the records that this instance has to seal anew. */
  left: string[];
  /** Records that name anything but the current pair, whoever has to seal them. */
  stale: number;
  total: number;
  /** Other instances, whose own records only they can seal anew. */
  waitingFor: string[];
  /** Epochs that a record or an unbroken version names. */
  customerEpochs: Set<number>;
  vaultEpochs: Set<number>;
  /** Versions under another pair than the current one which do not open: they hold nothing up. */
  broken: BrokenVersion[];
}

/**
 * Which records and versions name which epochs: what a rotation has left to do, and what an epoch is still needed for.
 *
 * @param retried Records whose broken versions were tried in this process already.
 */
export function surveyEpochs(
  index: OpenedIndex,
  current: EpochPair,
  own: { instance: string; retried: ReadonlySet<string> },
): Survey {
  const survey: Survey = {
    left: [],
    stale: 0,
    total: index.size,
    waitingFor: [],
    customerEpochs: new Set(),
    vaultEpochs: new Set(),
    broken: [],
  };
  const name = ({ customerEpoch, vaultEpoch }: EpochPair) => {
    survey.customerEpochs.add(customerEpoch);
    survey.vaultEpochs.add(vaultEpoch);
  };
  for (const [id, { content, epochs }] of index.entries()) {
    name(epochs);
    let isStale = !isSamePair(epochs, current);
    let mayMend = false;
    for (const version of versionsOf(content)) {
      const pair = wrapEpochs(version);
      if (pair === undefined || version.broken) {
        if (pair !== undefined && isSamePair(pair, current)) continue;
        survey.broken.push({ name: nameOf(content), version: version.v, ...(pair ?? epochs) });
        mayMend ||= !own.retried.has(id);
        continue;
      }
      name(pair);
      isStale ||= !isSamePair(pair, current);
    }
    if (isStale) survey.stale += 1;
    if (!isStale && !mayMend) continue;
    if (content.t === "audit" && content.instance !== own.instance) survey.waitingFor.push(content.instance);
    else survey.left.push(id);
  }
  return survey;
}

type Content = ReturnType<OpenedIndex["byId"]> & {};

/** The versions whose wraps a record carries. */
export function versionsOf(content: Content): readonly ItemVersion[] {
  if (content.t === "item") return content.versions;
  return content.t === "trash" ? content.item.versions : [];
}

/** The epochs that a wrap says it was made under. Nothing: it is none. */
export function wrapEpochs({ wrap }: ItemVersion): EpochPair | undefined {
  // u8 format, u8 purpose, u32 customer epoch, u32 vault epoch: 10 bytes, of which 16 characters hold 12.
  const head = Buffer.from(wrap.slice(0, 16), "base64url");
  if (head.length < 10) return undefined;
  return { customerEpoch: head.readUInt32BE(2), vaultEpoch: head.readUInt32BE(6) };
}

function nameOf(content: Content): string {
  if (content.t === "item") return content.path;
  return content.t === "trash" ? content.item.path : "";
}
