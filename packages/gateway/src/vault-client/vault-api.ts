import { fromBase64Url, toBase64Url } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import {
  type AppendRequest,
  ConflictReply,
  HeadReply,
  JournalReply,
  OpenReply,
  PushReply,
  type PushRequest,
  RecordsReply,
  ShareReply,
  vaultLimits,
} from "@halfkey/wire";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Deadline } from "../deadline.ts";
import { largestReplyBytes, replyOverheadBytes, type VaultClient, type VaultReply } from "./vault-client.ts";

/** What every authenticated reply tells besides its content. */
export interface Contact {
  seq: number;
  sentAt: number;
}

const checkHead = checker(HeadReply);
const checkJournal = checker(JournalReply);
const checkRecords = checker(RecordsReply);
const checkShares = checker(ShareReply);
const checkOpens = checker(OpenReply);
const checkPush = checker(PushReply);
const checkConflict = checker(ConflictReply);

/**
 * The vault's endpoints as functions over bytes. Each reply is checked for its shape, and its head number is
 * told to `onContact`, which keeps track of how fresh and how far this gateway's knowledge is.
 */
export class VaultApi {
  readonly #client: VaultClient;
  readonly #onContact: (contact: Contact) => void;

  constructor(client: VaultClient, onContact: (contact: Contact) => void) {
    this.#client = client;
    this.#onContact = onContact;
  }

  async head(deadline: Deadline): Promise<HeadReply> {
    const reply = await this.#client.request({
      method: "GET",
      target: "/v1/head",
      deadline,
      replyBytesMax: 2 * replyOverheadBytes,
    });
    return this.#contact(reply, checkHead);
  }

  /** Entries from `from` on, at most one page; waits up to `waitSeconds` if there is none after `from`. */
  async journal(
    from: number,
    deadline: Deadline,
    waitSeconds = 0,
  ): Promise<{ seq: number; entries: Buffer[] }> {
    const target = `/v1/journal?from=${from}&limit=${vaultLimits.journalPage}${waitSeconds > 0 ? `&wait=${waitSeconds}` : ""}`;
    const reply = await this.#client.request({
      method: "GET",
      target,
      deadline,
      replyBytesMax: 8 * largestReplyBytes,
    });
    const { seq, entries } = this.#contact(reply, checkJournal);
    return { seq, entries: entries.map((entry) => fromBase64Url(entry)) };
  }

  /** Sealed records by id, in order; `null` where the vault has none. At most 256 ids. */
  async records(ids: readonly Uint8Array[], deadline: Deadline): Promise<(Buffer | null)[]> {
    const body = { ids: ids.map(toBase64Url) };
    const reply = await this.#client.request({
      method: "POST",
      target: "/v1/records",
      body,
      deadline,
      replyBytesMax: 8 * largestReplyBytes,
    });
    const { records } = this.#contact(reply, checkRecords);
    if (records.length !== ids.length) throw mismatch();
    return records.map((record) => (record === null ? null : fromBase64Url(record)));
  }

  /** Vault shares of contexts, in order. @throws {OperatorError} when the vault refuses any of them. */
  async shares(contexts: readonly Uint8Array[], deadline: Deadline): Promise<Buffer[]> {
    return (await this.sharesOrRefusals(contexts, deadline)).map((share) => {
      if (share instanceof OperatorError) throw share;
      return share;
    });
  }

  /** The same, with `E_EPOCH` in the place of each that the vault refuses. */
  async sharesOrRefusals(
    contexts: readonly Uint8Array[],
    deadline: Deadline,
  ): Promise<(Buffer | OperatorError)[]> {
    const body = { x: contexts.map(toBase64Url) };
    const reply = await this.#client.request({
      method: "POST",
      target: "/v1/share",
      body,
      deadline,
      replyBytesMax: 2 * replyOverheadBytes,
    });
    const { shares } = this.#contact(reply, checkShares);
    if (shares.length !== contexts.length) throw mismatch();
    return shares.map(({ share, code }) => {
      if (share !== null) return fromBase64Url(share, 32);
      return new OperatorError("E_EPOCH", `the vault gives no share for this context (${code ?? "no code"})`);
    });
  }

  async open(
    opens: readonly { x: string; blob: string; blobBytes: number }[],
    deadline: Deadline,
  ): Promise<OpenReply> {
    const body = { opens: opens.map(({ x, blob }) => ({ x, blob })) };
    const blobBytes = opens.reduce((sum, one) => sum + one.blobBytes, 0);
    const replyBytesMax = replyOverheadBytes + Math.ceil(blobBytes * 1.34) + opens.length * 256;
    const reply = await this.#client.request({
      method: "POST",
      target: "/v1/open",
      body,
      deadline,
      replyBytesMax,
    });
    const checked = this.#contact(reply, checkOpens);
    if (checked.opens.length !== opens.length) throw mismatch();
    return checked;
  }

  /** @returns `appended`, or `conflict` when the vault's head is not the entry's predecessor. */
  async append(request: AppendRequest, deadline: Deadline): Promise<"appended" | "conflict"> {
    const reply = await this.#client.request({
      method: "POST",
      target: "/v1/append",
      body: request,
      deadline,
      replyBytesMax: 8 * largestReplyBytes,
      accept: [409],
    });
    if (reply.status === 200) {
      this.#onContact({ seq: seqOf(reply.body), sentAt: reply.sentAt });
      return "appended";
    }
    this.#contact(reply, checkConflict);
    return "conflict";
  }

  /**
   * Gives a vault what it lacks: entries that continue its head, current records, blobs.
   *
   * @returns those of `expect` that it does not have.
   */
  async push(request: PushRequest, deadline: Deadline): Promise<string[]> {
    const target = "/v1/push";
    const reply = await this.#client.request({
      method: "POST",
      target,
      body: request,
      deadline,
      replyBytesMax: 2 * replyOverheadBytes,
    });
    return this.#contact(reply, checkPush).missing;
  }

  #contact<T extends { seq: number }>(reply: VaultReply, check: (value: unknown) => T): T {
    const checked = check(reply.body);
    this.#onContact({ seq: checked.seq, sentAt: reply.sentAt });
    return checked;
  }
}

function checker<T extends TSchema>(schema: T): (value: unknown) => Static<T> {
  const compiled = Compile(schema);
  return (value) => {
    if (!compiled.Check(value))
      throw new OperatorError("E_FORMAT", "the vault's reply does not have the agreed shape");
    return value as Static<T>;
  };
}

function seqOf(body: unknown): number {
  const { seq } = body as { seq?: unknown };
  if (!Number.isSafeInteger(seq)) throw mismatch();
  return seq as number;
}

function mismatch(): OperatorError {
  return new OperatorError("E_FORMAT", "the vault's reply does not fit the request");
}
