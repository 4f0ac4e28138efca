// The load generator, a process of its own: what to send comes as JSON on standard input (it holds tokens, so it is
// no argument), what came of it goes to standard output, one JSON line when measuring begins and one at the end.
import { json } from "node:stream/consumers";
import { HttpConnection, type Reply, requestBytes } from "./http-connection.ts";

export interface PreparedRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface LoadPlan {
  url: string;
  /** PEM. */
  ca: string;
  connections: number;
  /** Sent in this order, again from the start when used up. */
  requests: PreparedRequest[];
  /** Every request once, and no warm-up. Otherwise the seconds count. */
  once?: boolean;
  seconds?: number;
  warmSeconds?: number;
  /** Requests per second, whatever the server does (open loop). Absent: each connection sends when it is free. */
  rate?: number;
}

export interface LoadResult {
  requests: number;
  /** Replies that were no 2xx. */
  errors: number;
  firstErrorStatus: number | undefined;
  seconds: number;
  /** Milliseconds; in an open loop from the moment at which the request was due. */
  p50: number;
  p99: number;
  max: number;
  /** Share of one core that this generator itself took: near 1 it is what limits. */
  generatorCores: number;
}

const plan = (await json(process.stdin)) as LoadPlan;
const { hostname, port, host } = new URL(plan.url);
const address = { host: hostname, port: Number(port), ca: plan.ca };
const prepared = plan.requests.map((request) => requestBytes(request, host));
const connections = await Promise.all(
  Array.from({ length: plan.connections }, () => HttpConnection.open(address)),
);
const now = () => performance.now();

let next = 0;
let latencies: number[] = [];
let errors = 0;
let firstErrorStatus: number | undefined;

async function one(connection: HttpConnection, due: number): Promise<void> {
  const request = prepared[next++ % prepared.length] as Buffer;
  const { status }: Reply = await connection.send(request);
  latencies.push(now() - due);
  if (status >= 200 && status < 300) return;
  errors += 1;
  firstErrorStatus ??= status;
}

/** Each connection sends as soon as it has its answer. */
async function closedLoop(isOver: () => boolean): Promise<void> {
  await Promise.all(
    connections.map(async (connection) => {
      while (!isOver()) await one(connection, now());
    }),
  );
}

/** Requests fall due at a constant rate and wait for a free connection; the wait counts, as it does for a caller. */
async function openLoop(rate: number, isOver: () => boolean): Promise<void> {
  const free = [...connections];
  const started = now();
  const running = new Set<Promise<void>>();
  for (let sent = 0; !isOver(); ) {
    const due = started + (sent * 1000) / rate;
    const connection = due <= now() ? free.pop() : undefined;
    // A timer would be late by a millisecond: turn instead.
    if (connection === undefined) await new Promise(setImmediate);
    else {
      sent += 1;
      const sending = one(connection, due).then(() => {
        free.push(connection);
        running.delete(sending);
      });
      running.add(sending);
    }
  }
  await Promise.all(running);
}

function run(seconds: number): Promise<void> {
  const end = now() + seconds * 1000;
  const isOver = () => now() >= end;
  return plan.rate === undefined ? closedLoop(isOver) : openLoop(plan.rate, isOver);
}

if (!plan.once) await run(plan.warmSeconds ?? 0);
latencies = [];
console.log(JSON.stringify({ measuring: true }));
const cpuBefore = process.cpuUsage();
const started = now();
if (plan.once) await closedLoop(() => next >= prepared.length);
else await run(plan.seconds ?? 1);
const seconds = (now() - started) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
const result: LoadResult = {
  requests: latencies.length,
  errors,
  firstErrorStatus,
  seconds,
  p50: at(0.5) ?? 0,
  p99: at(0.99) ?? 0,
  max: at(1) ?? 0,
  generatorCores: (user + system) / 1e6 / seconds,
};
console.log(JSON.stringify(result));
for (const connection of connections) connection.close();
