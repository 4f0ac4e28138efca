// Random requests to every command: whatever comes, it is answered in time, in one of the forms that clients know,
// and never by a defect.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import type { Command } from "../../packages/gateway/src/akeyless/command.ts";
import { commands } from "../../packages/gateway/src/akeyless/commands.ts";
import { derivedKey } from "../../packages/gateway/src/routes/derived-key.ts";
import { ownCommands } from "../../packages/gateway/src/routes/own-commands.ts";
import { own, v2 } from "../hostile/hostile-case.ts";
import { GatewayHttp, type HttpAnswer } from "../support/gateway-http.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { type Product, startProduct } from "../support/product.ts";

const runsPerCommand = 40;
const answerMs = 3000;
/** What a caller can be told while both halves are well. */
const statuses = [200, 201, 400, 401, 403, 404, 409, 413, 429, 501];

let product: Product;
let http: GatewayHttp;
let token = "";

before(async () => {
  product = await startProduct();
  http = new GatewayHttp(product.dev);
  await logIn();
});
after(async () => {
  http?.close();
  await product?.stop();
});

async function logIn(): Promise<void> {
  const { accessId, accessKey } = product.dev;
  const body = { "access-id": accessId, "access-key": accessKey };
  const { status, text } = await http.ask({ path: v2("auth"), body });
  assert.equal(status, 200, text);
  token = (JSON.parse(text) as { token: string }).token;
}

/** Makes what random requests may refer to, as far as it is not there: others may just have deleted it. */
async function makeTargets(): Promise<void> {
  const make = async (command: string, body: object) => {
    const { text } = await http.ask({ path: v2(command), body: { token, ...body } });
    return JSON.parse(text) as Record<string, unknown>;
  };
  for (const at of [1, 2, 3]) {
    const [name, role] = [`/fuzz/${at}/key`, `fuzz-${at}`];
    await make("create-secret", { name, value: `{"value":${at}}`, tags: ["tag"] });
    await make("create-role", { name: role });
    const method = await make("create-auth-method", { name: role });
    const association = await make("assoc-role-am", { "role-name": role, "am-name": role });
    const item = await make("describe-item", { name });
    remember("assoc-id", association.assoc_id);
    remember("access-id", method.access_id);
    remember("item-id", item.item_id);
    remember("display-id", item.display_id);
  }
}

function remember(field: string, id: unknown): void {
  const known = likely[field];
  if (id !== undefined && known !== undefined) known.splice(0, Math.max(0, known.length - 2), id);
}

const roles = ["fuzz-1", "fuzz-2", "/fuzz-3"];
const items = ["/fuzz/1/key", "fuzz/2/key", "/fuzz/3/key"];
/** What exists, by the field that could name it; some of it is known only once it is made. */
const likely: Record<string, unknown[]> = {
  "role-name": roles,
  "am-name": roles,
  "auth-method-name": roles,
  name: [...items, ...roles],
  names: items,
  item: items,
  path: [...items, "/fuzz"],
  source: [...items, "/fuzz"],
  "assoc-id": [],
  "access-id": [],
  "item-id": [],
  "display-id": [],
};

const word = fc.constantFrom(
  ...["/fuzz/1/key", "/fuzz/2/key", "fuzz/3/key", "/fuzz", "/fuzz/", "/", "/fuzz/new", "fuzz-1", "/fuzz-2"],
  ...[
    "tag",
    "text",
    "json",
    "key-value",
    "generic",
    "password",
    "Enabled",
    "item",
    "read",
    "list,update",
    "deny",
  ],
  ...[
    "/fuzz/**",
    "/+/key",
    "/{{sub}}/*",
    "1:0",
    "1:5",
    "ass-1",
    "p-1",
    "true",
    "1",
    "0",
    "-1",
    "",
    "static-secret",
  ],
  ...[
    "__proto__",
    "constructor",
    "default_metadata",
    "use-existing",
    "127.0.0.1/32",
    "::1/128",
    "10.0.0.0/40",
  ],
);
const text = fc.oneof(
  { weight: 5, arbitrary: word },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }).map((name) => `/${name}`) },
  { weight: 1, arbitrary: fc.base64String({ maxLength: 60 }) },
);
const anything = fc.oneof(
  text,
  fc.constantFrom<unknown>(0, -0, -1, 1, 2, 100, 1e9, 2 ** 53, 1.5, 1e300, null, true, false, [], {}, [[]]),
  fc.constantFrom<unknown>({ toString: 1 }, { length: 3 }, JSON.parse('{"__proto__":{"a":1}}'), [null], [{}]),
  fc.jsonValue({ maxDepth: 4 }),
);

/** What a command's schema says of a field, in the words of JSON Schema. */
interface FieldSchema {
  type?: string;
  enum?: string[];
}

/** Mostly what exists, or what the field's schema asks for. */
function fieldOf(field: string, schema: FieldSchema): fc.Arbitrary<unknown> {
  const known = likely[field];
  // Read when a request is made: what is likely is made before the first one.
  const existing = fc.nat().map((at) => known?.[at % known.length]);
  return fc.oneof(
    ...(known === undefined ? [] : [{ weight: 8, arbitrary: existing }]),
    { weight: 4, arbitrary: fittingOf(schema) },
    { weight: 1, arbitrary: anything },
  );
}

function fittingOf({ type, enum: choices }: FieldSchema): fc.Arbitrary<unknown> {
  if (choices !== undefined) return fc.constantFrom(...choices);
  switch (type) {
    case "boolean":
      return fc.constantFrom(true, false, "true", "false", 1, 0);
    case "integer": {
      const few = fc.oneof(fc.integer({ min: -2, max: 6 }), fc.constantFrom(100, 1000, 2 ** 31, 2 ** 53 - 1));
      return fc.oneof(few, few.map(String));
    }
    case "array":
      return fc.oneof(fc.array(text, { maxLength: 4 }), text);
    case "object":
      return fc.dictionary(text, anything, { maxKeys: 4 });
    default:
      return text;
  }
}

function bodyOf({ name, request }: Command): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(
    Object.entries(request.properties).map(([field, schema]) => [
      field,
      fieldOf(field, schema as FieldSchema),
    ]),
  );
  // Waiting for news is what it is for.
  if (name === "audit/tail") fields.waitSeconds = fc.constantFrom(0, "0", -1, "x");
  const required = (request.required ?? []) as string[];
  return fc
    .tuple(
      fc.record(fields, { requiredKeys: required }),
      fc.dictionary(fc.string(), anything, { maxKeys: 2 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    .map(([said, more, chance]) => (chance < 0.8 ? { ...more, ...said } : { ...more, ...said, token: more }));
}

function assertAnswer(what: string, { status, headers, text: body }: HttpAnswer, tookMs: number): void {
  assert(statuses.includes(status), `${what}: ${status} ${headers["halfkey-code"]} ${body.slice(0, 300)}`);
  assert(tookMs < answerMs, `${what}: answered after ${Math.round(tookMs)} ms`);
  const parsed = JSON.parse(body) as { error?: unknown };
  if (status < 300) return;
  assert.equal(typeof parsed.error, "string", what);
  assert.match(headers["halfkey-code"] ?? "", /^E_[A-Z_]+$/, what);
  assert(body.length < 2000, `${what}: repeats ${body.length} characters`);
}

describe("every command, whatever is sent", { concurrency: 4 }, () => {
  const built = [
    ...[...commands.values()].map((command) => ({ command, path: v2(command.name) })),
    ...[...ownCommands.values()].map((command) => ({ command, path: own(command.name) })),
    { command: derivedKey, path: "/api/derived-key" },
  ];
  for (const { command, path } of built) {
    it(command.name, async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(bodyOf(command), async (said) => {
          if (runs % 10 === 0) await makeTargets();
          runs += 1;
          const began = performance.now();
          const answer = await http.ask({ path, body: { token, ...said } });
          assertAnswer(command.name, answer, performance.now() - began);
          // A random request may well have ended our token.
          if (answer.status === 401 && !("token" in said)) await logIn();
        }),
        { numRuns: runsPerCommand, endOnFailure: true },
      );
    });
  }

  it("any path, method, type and bytes", async () => {
    const path = fc
      .array(
        fc.constantFrom("v2", "api", "akeyless-api", "halfkey", "v1", "list-items", "%2e%2e", "..", "", "x"),
      )
      .map((parts) => `/${parts.join("/")}`);
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((json) => Buffer.from(json)),
      fc.json().map((json) => Buffer.from(json.slice(0, -1))),
    );
    const type = fc.constantFrom(
      "application/json",
      "application/json; charset=x",
      "text/plain",
      "",
      "*/*",
      "a/b/c",
    );
    const method = fc.constantFrom("POST", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    await fc.assert(
      fc.asyncProperty(path, method, type, body, async (where, how, contentType, bytes) => {
        const began = performance.now();
        const answer = await http.ask({
          path: where,
          method: how,
          headers: { "content-type": contentType },
          body: bytes,
        });
        assertAnswer(`${how} ${where}`, answer, performance.now() - began);
      }),
      { numRuns: 400, endOnFailure: true },
    );
  });
});

it("has left both halves well, and no defect in their logs", async () => {
  const { status, body } = await gatewayPage(product.dev, "/ready");
  assert.deepEqual([status, body.alarm], [200, null]);
  for (const half of ["gateway", "vault"]) {
    const log = readFileSync(join(product.dataDir, "logs", `${half}.log`), "utf8");
    const defects = log.split("\n").filter((line) => /E_INTERNAL|"level":"(error|fatal)"/.test(line));
    assert.deepEqual(defects.slice(0, 3), []);
  }
});
