/**
 * Random policies and requests, by the running gateway and by an evaluator of thirty lines that shares no code with
 * it: what `explain` says and what reading, describing and listing do must be what the evaluator says.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { type Product, startProduct } from "../support/product.ts";

/** As many policies as fit into this time. */
const budgetMs = 10_000;
const requestsPerPolicy = 24;

interface Rule {
  path: string;
  capability: string[];
}
type Operation = (typeof operations)[number];
const operations = ["read", "list", "create", "update", "delete"] as const;

// --- the reference: nothing is allowed by default, a deny wins, every other capability implies list -------------
function covers(pattern: string, path: string, claims: Record<string, unknown>, denies: boolean): boolean {
  const wanted = pattern.slice(1).split("/");
  const parts = path.slice(1).split("/");
  const isFolder = wanted.at(-1) === "*" || wanted.at(-1) === "**";
  if (isFolder) wanted.pop();
  if (isFolder ? parts.length <= wanted.length : parts.length !== wanted.length) return false;
  return wanted.every((segment, at) => {
    if (segment === "+") return true;
    if (!segment.startsWith("{{")) return segment === parts[at];
    const value = claims[segment.slice(2, -2)];
    const fills =
      typeof value === "string" && /^[\w.-]{1,255}$/.test(value) && value !== "." && value !== "..";
    return fills ? value === parts[at] : denies;
  });
}

function mayDo(rules: Rule[], path: string, claims: Record<string, unknown>, wanted: Operation): boolean {
  let allowed = false;
  for (const { path: pattern, capability } of rules) {
    const denies = capability.includes("deny");
    if (!covers(pattern, path, claims, denies)) continue;
    if (denies) return false;
    if (capability.includes(wanted) || wanted === "list") allowed = true;
  }
  return allowed;
}
// ----------------------------------------------------------------------------------------------------------------

const segment = fc.constantFrom("a", "b", "ab", "a-b", "A");
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/model/${parts.join("/")}`);
const piece = fc.oneof(
  { weight: 5, arbitrary: segment },
  { weight: 1, arbitrary: fc.constant("+") },
  { weight: 1, arbitrary: fc.constantFrom("{{team}}", "{{sub}}") },
);
const pattern = fc
  .tuple(
    fc.constantFrom("model", "model", "model", "+"),
    fc.array(piece, { maxLength: 3 }),
    fc.constantFrom("", "", "/*", "/**"),
  )
  .map(([first, rest, tail]) => `/${[first, ...rest].join("/")}${tail}`);
const rule: fc.Arbitrary<Rule> = fc.record({
  path: pattern,
  capability: fc.oneof(
    { weight: 3, arbitrary: fc.subarray<string>([...operations], { minLength: 1 }) },
    { weight: 1, arbitrary: fc.constant<string[]>(["deny"]) },
  ),
});
const claims = fc.record(
  {
    team: fc.constantFrom<unknown>("a", "b", "a-b", "..", "+", ["a"]),
    sub: fc.constantFrom<unknown>("a", "ab"),
  },
  { requiredKeys: [] },
);
const policy = fc.record({
  rules: fc.uniqueArray(rule, { minLength: 1, maxLength: 8, selector: (one) => one.path }),
  asked: fc.array(fc.tuple(path, claims), { minLength: requestsPerPolicy, maxLength: requestsPerPolicy }),
});

const stored = [
  "/model/a",
  "/model/a/b",
  "/model/a/ab",
  "/model/ab/a",
  "/model/b/a/b",
  "/model/A/a-b",
  "/model/a-b",
];

let product: Product;
let agent: Agent;
let admin: string;
let subject: { id: string; token: string };

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into every shape
  body: any;
}

function post(command: string, body: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const target = command.startsWith("halfkey/") ? `/${command}` : `/akeyless-api/v2/${command}`;
  const outgoing = request(
    new URL(target, product.dev.gatewayUrl),
    { method: "POST", agent, headers: { "content-type": "application/json" } },
    (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    },
  );
  outgoing.on("error", reject);
  outgoing.end(JSON.stringify(body));
  return promise;
}

async function asAdmin(command: string, body: object): Promise<Answer["body"]> {
  const answer = await post(command, { ...body, token: admin });
  assert.equal(answer.status < 300, true, `${command}: ${JSON.stringify(answer)}`);
  return answer.body;
}

async function logIn(id: string, key: string): Promise<string> {
  return (await post("auth", { "access-id": id, "access-key": key })).body.token;
}

before(async () => {
  product = await startProduct();
  agent = new Agent({ ca: readFileSync(product.dev.caFile), keepAlive: true });
  admin = await logIn(product.dev.accessId, product.dev.accessKey);
  for (const name of stored) await asAdmin("create-secret", { name, value: name });
  const made = await asAdmin("create-auth-method", { name: "subject" });
  subject = { id: made.access_id, token: await logIn(made.access_id, made.access_key) };
});
after(async () => {
  agent.destroy();
  await product.stop();
});

/** The rules lie in two roles: that they are one policy all the same is part of what is tested. */
async function setPolicy(rules: Rule[]): Promise<void> {
  for (const [at, role] of ["model-one", "model-two"].entries()) {
    await post("delete-role", { name: role, token: admin });
    await asAdmin("create-role", { name: role });
    for (const one of rules.filter((_, place) => place % 2 === at))
      await asAdmin("set-role-rule", { "role-name": role, ...one });
    await asAdmin("assoc-role-am", { "role-name": role, "am-name": "subject" });
  }
}

test("the gateway decides as the reference does", async () => {
  let policies = 0;
  let decisions = 0;
  await fc.assert(
    fc.asyncProperty(policy, async ({ rules, asked }) => {
      await setPolicy(rules);
      policies += 1;
      for (const [name, held] of asked) {
        const told = await asAdmin("halfkey/v1/explain", { path: name, as: subject.id, claims: held });
        for (const wanted of operations) {
          decisions += 1;
          assert.equal(
            told.decisions[wanted].allowed,
            mayDo(rules, name, held, wanted),
            `${wanted} ${name} with ${JSON.stringify(held)}`,
          );
        }
      }
      // The real thing, with the claims of an access key: none.
      const { token } = subject;
      for (const [name] of asked.slice(0, 8)) {
        const isThere = stored.includes(name);
        const expected = (wanted: Operation) => (!mayDo(rules, name, {}, wanted) ? 401 : isThere ? 200 : 404);
        assert.equal(
          (await post("get-secret-value", { names: [name], token })).status,
          expected("read"),
          name,
        );
        assert.equal((await post("describe-item", { name, token })).status, expected("list"), name);
      }
      const { items } = (await post("list-items", { path: "/model", token })).body;
      assert.deepEqual(
        (items ?? []).map((item: { item_name: string }) => item.item_name),
        stored.filter((name) => mayDo(rules, name, {}, "list")).sort(),
      );
    }),
    { numRuns: 1000, interruptAfterTimeLimit: budgetMs, markInterruptAsFailure: false, endOnFailure: true },
  );
  assert(policies >= 3, `only ${policies} policies`);
  console.log(`# ${policies} policies, ${decisions} decisions`);
});
