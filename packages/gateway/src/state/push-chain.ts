import { equalConstantTime, fromBase64Url, type JournalEntry, toBase64Url } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { type HeadPushReply, type PushRequest, vaultLimits } from "@halfkey/wire";
import { Deadline } from "../deadline.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import type { JournalContents } from "./journal-file.ts";
import { isReserved, type Replica } from "./replica.ts";

const pageMs = 20_000;
const recordsPerPush = 512;
const nothing: PushRequest = { entries: [], records: [], blobs: [], expect: [] };

/**
 * Sends the vault the entries after its head, then every current record it lacks or holds damaged, and names the
 * versions whose ciphertext it has lost for good: values are not kept at the gateway.
 *
 * @throws {CallerError} `E_CONFLICT` when the vault's head is not one of our own past: that is a fork, not a loss.
 */
export async function pushChain(parts: {
  api: VaultApi;
  contents: JournalContents;
  replica: Replica;
}): Promise<HeadPushReply> {
  const { api, contents, replica } = parts;
  const { seq, entry } = await api.head(Deadline.in(pageMs));
  if (seq > replica.seq || !isOurPast({ seq, entry }, contents.entries, replica)) {
    throw new CallerError(
      "E_CONFLICT",
      `the vault's head ${seq} is not part of this gateway's journal: push cannot mend a fork`,
    );
  }
  const records = currentRecords(contents, replica);
  const lacking = contents.entries.filter((one) => one.seq > seq);
  // Entries alone: the records that they leave current are given afterwards, with all others that are missing.
  const encoded = lacking.map((one) => toBase64Url(one.bytes));
  for (const entries of pagesOf(encoded, vaultLimits.journalPage, (one) => one.length)) {
    await api.push({ ...nothing, entries }, Deadline.in(pageMs));
  }
  const mended = await mendRecords(api, replica, records);
  const lost = await lostVersions(parts);
  return { entries: lacking.length, records: mended, lost };
}

/**
 * Whether an entry stands in the chain that leads to our head. Read from the file, as memory begins with the last
 * snapshot; so each link is checked again.
 */
function isOurPast(
  { seq, entry }: { seq: number; entry: string | null },
  entries: readonly JournalEntry[],
  replica: Replica,
): boolean {
  if (seq < 0) return true;
  const [first, ...rest] = entries.filter((one) => one.seq >= seq);
  if (entry === null || first?.bytes.equals(fromBase64Url(entry)) !== true) return false;
  let last = first;
  for (const next of rest) {
    if (!equalConstantTime(next.prev, last.hash)) return false;
    last = next;
  }
  return equalConstantTime(last.hash, replica.state.hash);
}

/** [id, sealed bytes], base64url, of every live record whose bytes are on this disk. */
function currentRecords(contents: JournalContents, replica: Replica): [string, string][] {
  const records: [string, string][] = [];
  for (const [id, sealed] of contents.records) {
    if (replica.isCurrent(fromBase64Url(id, 32), sealed)) records.push([id, toBase64Url(sealed)]);
  }
  return records;
}

async function mendRecords(api: VaultApi, replica: Replica, records: [string, string][]): Promise<number> {
  const known = new Map(records);
  const live: Buffer[] = [];
  for (const [id, row] of replica.state.rows())
    if (row.value !== null && !isReserved(id)) live.push(Buffer.from(id));
  let mended = 0;
  for (let at = 0; at < live.length; at += vaultLimits.batch) {
    const ids = live.slice(at, at + vaultLimits.batch);
    const held = await api.records(ids, Deadline.in(pageMs));
    const missing = ids.flatMap((id, place): [string, string][] => {
      const bytes = held[place] ?? null;
      const key = toBase64Url(id);
      const ours = known.get(key);
      if ((bytes !== null && replica.isCurrent(id, bytes)) || ours === undefined) return [];
      return [[key, ours]];
    });
    for (const page of pagesOf(missing, recordsPerPush, ([, bytes]) => bytes.length)) {
      await api.push({ ...nothing, records: page }, Deadline.in(pageMs));
    }
    mended += missing.length;
  }
  return mended;
}

/** Names every version whose blob the vault does not have. */
async function lostVersions({
  api,
  replica,
}: {
  api: VaultApi;
  replica: Replica;
}): Promise<HeadPushReply["lost"]> {
  const lost: HeadPushReply["lost"] = [];
  const versions = [...replica.index.items()].flatMap((item) =>
    item.versions.map((version) => ({ item, version })),
  );
  for (let at = 0; at < versions.length; at += vaultLimits.batch) {
    const part = versions.slice(at, at + vaultLimits.batch);
    const expect = part.map(({ version }) => version.blob);
    const missing = new Set(await api.push({ ...nothing, expect }, Deadline.in(pageMs)));
    for (const { item, version } of part) {
      if (missing.has(version.blob)) lost.push({ name: item.path, version: version.v });
    }
  }
  // By name: the index keeps whatever changed last at its end.
  return lost.sort((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1));
}

/** Cuts a list so that no page exceeds the vault's limits; one thing alone always fits. */
function* pagesOf<T>(all: readonly T[], countMax: number, lengthOf: (one: T) => number): Iterable<T[]> {
  let page: T[] = [];
  let length = 0;
  for (const one of all) {
    if (page.length === countMax || (page.length > 0 && length + lengthOf(one) > vaultLimits.appendBytes)) {
      yield page;
      page = [];
      length = 0;
    }
    page.push(one);
    length += lengthOf(one);
  }
  if (page.length > 0) yield page;
}
