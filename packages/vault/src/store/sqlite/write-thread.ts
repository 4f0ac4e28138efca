import { Worker } from "node:worker_threads";
import { OperatorError } from "@halfkey/model";
import type {
  Append,
  AppendResult,
  Enrolment,
  FragmentRow,
  NewCode,
  NewFragment,
  Push,
  PushResult,
  SealedRows,
  VaultWrites,
} from "../vault-store.ts";
import { bufferOf } from "./rows.ts";
import { errorOf, type WriteReply } from "./write-messages.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The write thread as seen from the outside. Buffers are copied on the way in both directions. */
export class WriteThread implements VaultWrites {
  readonly #file: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 0;
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  async keepRootKeyCheck(sealed: Uint8Array): Promise<Buffer> {
    return bufferOf(await this.#call("keepRootKeyCheck", sealed));
  }

  async reseal(rows: SealedRows & { check: Uint8Array }): Promise<void> {
    await this.#call("reseal", rows);
  }

  async createCode(code: NewCode): Promise<void> {
    await this.#call("createCode", code);
  }

  async enrol(enrolment: Enrolment): Promise<{ seq: number }> {
    return (await this.#call("enrol", enrolment)) as { seq: number };
  }

  async setRevoked(instance: Uint8Array, revoked: boolean): Promise<void> {
    await this.#call("setRevoked", instance, revoked);
  }

  async keepFragment(fragment: NewFragment): Promise<FragmentRow | undefined> {
    const row = (await this.#call("keepFragment", fragment)) as FragmentRow | undefined;
    return row === undefined ? undefined : { ...row, sealed: bufferOf(row.sealed) };
  }

  async append(append: Append): Promise<AppendResult> {
    const result = (await this.#call("append", append)) as AppendResult;
    return result.conflict ? { ...result, entries: result.entries.map(bufferOf) } : result;
  }

  async push(push: Push): Promise<PushResult> {
    const result = (await this.#call("push", push)) as PushResult;
    return result.conflict
      ? { ...result, entries: result.entries.map(bufferOf) }
      : { ...result, missing: result.missing.map(bufferOf) };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const isRunning = this.#worker !== undefined;
    const ended = isRunning ? this.#call("close") : undefined;
    this.#closed = true;
    await ended;
  }

  #call(name: keyof VaultWrites | "close", ...args: unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new OperatorError("E_VAULT", "the vault is stopping"));
    const worker = this.#worker ?? this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      if (this.#waiting.size === 1) worker.ref();
      worker.postMessage({ id, name, args });
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./write-worker.ts", import.meta.url), {
      workerData: { file: this.#file },
    });
    worker.on("message", (reply: WriteReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      // Idle, it keeps nobody from ending.
      if (this.#waiting.size === 0) worker.unref();
      if ("failure" in reply) waiting?.reject(errorOf(reply.failure));
      else waiting?.resolve(reply.value);
    });
    worker.on("error", () => this.#lost(worker));
    worker.on("exit", () => this.#lost(worker));
    this.#worker = worker;
    return worker;
  }

  /** The thread has died, of a defect or for lack of memory: the next write starts another. */
  #lost(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) {
      reject(new OperatorError("E_UNKNOWN", "the vault's write thread ended: this write may have happened"));
    }
  }
}
