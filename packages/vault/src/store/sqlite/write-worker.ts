import type { DatabaseSync } from "node:sqlite";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { HalfkeyError } from "@halfkey/model";
import { AccountStates } from "../account-states.ts";
import { openForWriting } from "./database.ts";
import { databaseError } from "./database-error.ts";
import { commitGroup, type Outcome } from "./group-commit.ts";
import { failureOf, type WriteReply, type WriteRequest } from "./write-messages.ts";
import { SqliteWrites } from "./writes.ts";

/** Largest group: beyond this the first ones would wait noticeably for the last. */
const groupMax = 128;
/** Ids whose state is kept in memory to check roots: some 190 MB at most, and one account's if it has more. */
const stateIdsMax = 1_000_000;

/**
 * The thread that writes. A write that arrives alone is committed at once; those that arrive while a commit waits
 * for the disk form the next group.
 */
function run(): void {
  const port = parentPort;
  if (port === null) throw new RangeError("this file is the start of a worker thread");
  let connection: { database: DatabaseSync; writes: SqliteWrites } | undefined;
  const states = new AccountStates(stateIdsMax);
  const connect = () => {
    if (connection === undefined) {
      const database = openForWriting(workerData.file);
      connection = { database, writes: new SqliteWrites(database, states) };
    }
    return connection;
  };

  port.on("message", (first: WriteRequest) => {
    const requests = [first];
    while (requests.length < groupMax) {
      const next = receiveMessageOnPort(port);
      if (next === undefined) break;
      requests.push(next.message);
    }
    const replies = new Map<number, WriteReply>();
    const isWrite = (one: WriteRequest) => one.name !== "close";
    const writes = requests.filter(isWrite) as Exclude<WriteRequest, { name: "close" }>[];
    const outcomes = writes.length === 0 ? [] : commit(writes);
    for (const [at, { id }] of writes.entries()) replies.set(id, replyOf(id, outcomes[at]));
    for (const request of requests) {
      if (request.name === "close") connection?.database.close();
      port.postMessage(replies.get(request.id) ?? { id: request.id, value: null });
      if (request.name === "close") port.close();
    }
  });

  function commit(requests: Exclude<WriteRequest, { name: "close" }>[]): Outcome[] {
    try {
      const { database, writes } = connect();
      const calls = requests.map(
        ({ name, args }) =>
          () =>
            callByName(writes, name, args),
      );
      const outcomes = commitGroup(database, calls, (error) => error instanceof HalfkeyError);
      // After a disk error the connection's idea of the file is not trusted any more: the next write opens another.
      const isBroken = outcomes.some((one) => "error" in one && !(one.error instanceof HalfkeyError));
      if (isBroken) disconnect();
      return outcomes;
    } catch (error) {
      disconnect();
      return requests.map(() => ({ error }));
    }
  }

  function disconnect(): void {
    try {
      connection?.database.close();
    } catch {
      // Nothing is lost: what was acknowledged has been committed.
    }
    connection = undefined;
  }
}

function callByName(writes: SqliteWrites, name: string, args: unknown[]): unknown {
  const write = (writes as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
  if (write === undefined) throw new RangeError(`no write is called ${name}`);
  return write.apply(writes, args);
}

function replyOf(id: number, outcome: Outcome | undefined): WriteReply {
  if (outcome === undefined) return { id, failure: failureOf(new RangeError("a write without outcome")) };
  return "error" in outcome
    ? { id, failure: failureOf(databaseError(outcome.error)) }
    : { id, value: outcome.value };
}

run();
