import type { Candidate, Claim, Comparison } from "./comparison.ts";
import type { LoadShape } from "./measure.ts";
import type { BaoCredentials, OpenBao } from "./openbao.ts";
import type { Credentials, Product } from "./product.ts";
import { scattered } from "./sides.ts";

/** Both sides filled with the same secrets, and everyone who asks them. */
export interface Stage {
  product: Product;
  bao: OpenBao;
  items: number;
  reader: Credentials;
  readerManyRules: Credentials;
  bao1: { default: BaoCredentials; tuned: BaoCredentials; batch: BaoCredentials };
  baoManyPaths: { default: BaoCredentials; tuned: BaoCredentials };
}

export interface Timing {
  seconds: number;
  warmSeconds: number;
}

const distinctRequests = 2000;

/** Requests for reading, ready made, as each of the callers named. */
async function readers(stage: Stage) {
  const { product, bao, items } = stage;
  const numbers = scattered(items, Math.min(items, distinctRequests));
  const ours = async (credentials: Credentials) => {
    const token = await product.logIn(credentials);
    return { side: product, requests: numbers.map((n) => product.read(token, n)) };
  };
  const theirs = async (credentials: BaoCredentials) => {
    const token = await bao.logIn(credentials);
    return { side: bao, requests: numbers.map((n) => bao.read(token, n)) };
  };
  return { ours, theirs };
}

export async function hotReads(stage: Stage, timing: Timing): Promise<Comparison> {
  const { ours, theirs } = await readers(stage);
  const traffic = {
    Halfkey: await ours(stage.reader),
    "OpenBao default": await theirs(stage.bao1.default),
    "OpenBao tuned": await theirs(stage.bao1.tuned),
  };
  const candidates: Candidate[] = [];
  const claims: Claim[] = [];
  for (const connections of [16, 64]) {
    const named = (name: string) => `${name}, ${connections} connections`;
    for (const [name, one] of Object.entries(traffic))
      candidates.push({ name: named(name), traffic: one, shape: { ...timing, connections } });
    for (const [theirs, hold, aim] of [
      ["OpenBao default", 10, 20],
      ["OpenBao tuned", 5, 10],
    ] as const) {
      const pair = { ours: named("Halfkey"), theirs: named(theirs), hold, aim };
      claims.push({ ...pair, of: "per second" }, { ...pair, of: "cpu" });
    }
  }
  return { title: "Hot reads, one secret a request", candidates, claims };
}

export async function constantRate(stage: Stage, timing: Timing): Promise<Comparison> {
  const { ours, theirs } = await readers(stage);
  const shape: LoadShape = { ...timing, connections: 64, rate: 2000 };
  return {
    title: "Reads at a constant 2,000 per second",
    candidates: [
      { name: "Halfkey", traffic: await ours(stage.reader), shape },
      { name: "OpenBao tuned", traffic: await theirs(stage.bao1.tuned), shape },
    ],
    claims: [{ ours: "Halfkey", theirs: "OpenBao tuned", of: "p99", hold: 5, aim: 20 }],
  };
}

export async function manyRules(stage: Stage, timing: Timing): Promise<Comparison> {
  const { ours, theirs } = await readers(stage);
  const shape: LoadShape = { ...timing, connections: 16 };
  const one = "Halfkey, 1 rule";
  const many = "Halfkey, 1,000 rules";
  return {
    title: "Reads by callers with many rules",
    candidates: [
      { name: one, traffic: await ours(stage.reader), shape },
      { name: many, traffic: await ours(stage.readerManyRules), shape },
      { name: "OpenBao default, 1,000 paths", traffic: await theirs(stage.baoManyPaths.default), shape },
      { name: "OpenBao tuned, 1,000 paths", traffic: await theirs(stage.baoManyPaths.tuned), shape },
    ],
    claims: [
      { ours: many, theirs: "OpenBao default, 1,000 paths", of: "cpu", hold: 30, aim: 50 },
      { ours: many, theirs: "OpenBao tuned, 1,000 paths", of: "cpu", hold: 30, aim: 50 },
      // At most 1.1 times the cost.
      { ours: many, theirs: one, of: "cpu", hold: 1 / 1.1 },
    ],
  };
}

export async function manyNames(stage: Stage, timing: Timing): Promise<Comparison> {
  const { product, items } = stage;
  const { ours, theirs } = await readers(stage);
  const token = await product.logIn(stage.reader);
  const names = scattered(items, distinctRequests);
  const requests = Array.from({ length: 100 }, (_, n) =>
    product.read(token, ...Array.from({ length: 32 }, (_, k) => names[(n * 32 + k) % names.length] ?? 0)),
  );
  const shape: LoadShape = { ...timing, connections: 16 };
  return {
    title: "32 names in one request (OpenBao has no such request: a row of it is one secret)",
    candidates: [
      { name: "Halfkey, 32 names", traffic: { side: product, requests }, shape },
      { name: "Halfkey, 1 name", traffic: await ours(stage.reader), shape },
      { name: "OpenBao tuned, 1 name", traffic: await theirs(stage.bao1.tuned), shape },
    ],
    // Times 32 in secrets.
    claims: [{ ours: "Halfkey, 32 names", theirs: "OpenBao tuned, 1 name", of: "per second" }],
  };
}

export async function logins(stage: Stage, timing: Timing): Promise<Comparison> {
  const { product, bao, bao1 } = stage;
  const shape: LoadShape = { ...timing, connections: 16 };
  const ours = "Halfkey, access key";
  return {
    title: "Logins",
    candidates: [
      { name: ours, traffic: { side: product, requests: [product.logInRequest(stage.reader)] }, shape },
      {
        name: "OpenBao, batch token",
        traffic: { side: bao, requests: [bao.logInRequest(bao1.batch)] },
        shape,
      },
      {
        name: "OpenBao, service token",
        traffic: { side: bao, requests: [bao.logInRequest(bao1.tuned)] },
        shape,
      },
    ],
    claims: [
      { ours, theirs: "OpenBao, batch token", of: "per second", hold: 6, aim: 12 },
      { ours, theirs: "OpenBao, batch token", of: "cpu", hold: 6, aim: 12 },
      { ours, theirs: "OpenBao, service token", of: "per second", hold: 30, aim: 60 },
      { ours, theirs: "OpenBao, service token", of: "cpu", hold: 30, aim: 60 },
    ],
  };
}

export async function durableWrites(stage: Stage, timing: Timing): Promise<Comparison> {
  const { product, bao, items } = stage;
  const token = await product.logIn(stage.reader);
  const baoToken = await bao.logIn(stage.bao1.tuned);
  const numbers = scattered(items, Math.min(items, distinctRequests));
  const value = (n: number) => `w${n}-`.padEnd(200, "y");
  const ours = { side: product, requests: numbers.map((n) => product.update(token, n, value(n))) };
  const theirs = { side: bao, requests: numbers.map((n) => bao.write(baoToken, n, value(n))) };
  const candidates: Candidate[] = [];
  const claims: Claim[] = [];
  for (const [connections, hold, aim] of [
    [1, 1.5, 3],
    [16, undefined, undefined],
    [64, 7, 20],
  ] as const) {
    const shape = { ...timing, connections };
    const [our, their] = [`Halfkey, ${connections} in flight`, `OpenBao tuned, ${connections} in flight`];
    candidates.push({ name: our, traffic: ours, shape }, { name: their, traffic: theirs, shape });
    const goal = hold === undefined ? {} : { hold, aim };
    claims.push(
      { ours: our, theirs: their, of: "per second", ...goal },
      { ours: our, theirs: their, of: "cpu" },
    );
  }
  return { title: "Durable writes: a new version of a secret", candidates, claims };
}
