import { fromBase64Url, toBase64Url } from "@halfkey/crypto";
import { type ErrorCode, errorCodes, OperatorError } from "@halfkey/model";
import { vaultLimits } from "@halfkey/wire";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { Batcher } from "./batcher.ts";
import type { VaultApi } from "./vault-api.ts";

export interface OpenWant {
  /** The wrap's context, 97 bytes. */
  x: Uint8Array;
  /** Blob id, base64url. */
  blob: string;
  /** Length of the padded blob, for limits only. */
  blobBytes: number;
}

export interface OpenAnswer {
  share: Buffer;
  /** `null`: the vault has no such blob. */
  blob: Buffer | null;
  /** The vault's head when it answered. */
  seq: number;
  /** Our own head when the batch was sent. */
  ownSeqWhenSent: number;
}

const batchesInFlightMax = 4;
/** Most secrets are smaller. */
const lightBlobBytes = 64 * 1024;
const patience = {
  milliseconds: requestBudgetMs,
  over: () => new OperatorError("E_VAULT", "the vault did not answer in time"),
};
/** A failure this quick is a connection that the vault had closed while it was idle. */
const staleConnectionMs = 200;

/** The vault's part of reading and writing values: shares, and shares with blobs, many in one request. */
export class FragmentRequests {
  readonly #opens: Batcher<OpenWant, OpenAnswer>;
  readonly #shares: Batcher<Uint8Array, Buffer>;

  constructor(api: VaultApi, ownSeq: () => number) {
    const count = vaultLimits.batch;
    this.#opens = new Batcher<OpenWant, OpenAnswer>(
      {
        count,
        inFlight: batchesInFlightMax,
        weight: { of: ({ blobBytes }) => blobBytes, most: vaultLimits.openBatchBytes, light: lightBlobBytes },
        patience,
      },
      (wants) => openAll(api, wants, ownSeq()),
    );
    this.#shares = new Batcher<Uint8Array, Buffer>(
      { count, inFlight: batchesInFlightMax, patience },
      (contexts) => againIfStale((deadline) => api.sharesOrRefusals(contexts, deadline)),
    );
  }

  /** @throws {OperatorError} */
  open(want: OpenWant): Promise<OpenAnswer> {
    return this.#opens.ask(want);
  }

  /** The vault's share of a context. @throws {OperatorError} */
  share(x: Uint8Array): Promise<Buffer> {
    return this.#shares.ask(x);
  }
}

async function openAll(
  api: VaultApi,
  wants: OpenWant[],
  ownSeqWhenSent: number,
): Promise<(OpenAnswer | Error)[]> {
  const texts = wants.map(({ x, blob, blobBytes }) => ({ x: toBase64Url(x), blob, blobBytes }));
  const { seq, opens } = await againIfStale((deadline) => api.open(texts, deadline));
  return opens.map(({ share, blob, code }) => {
    if (share === null) return refused(code);
    return {
      share: fromBase64Url(share, 32),
      blob: blob === null ? null : fromBase64Url(blob),
      seq,
      ownSeqWhenSent,
    };
  });
}

/** Both requests change nothing at the vault, so one that met a closed connection is sent once more. */
async function againIfStale<T>(ask: (deadline: Deadline) => Promise<T>): Promise<T> {
  const deadline = Deadline.in(requestBudgetMs);
  try {
    return await ask(deadline);
  } catch (error) {
    const quick = requestBudgetMs - deadline.leftMs < staleConnectionMs;
    if (error instanceof OperatorError && error.code === "E_VAULT" && quick) return ask(deadline);
    throw error;
  }
}

function refused(code: string | undefined): OperatorError {
  const known = errorCodes.find((one): one is ErrorCode => one === code) ?? "E_VAULT";
  return new OperatorError(known, "the vault refused to open this version");
}
