import assert from "node:assert/strict";
import { test } from "node:test";
import { CallerError } from "@halfkey/model";
import fc from "fast-check";
import Type from "typebox";
import { commands } from "./commands.ts";
import { readRequest } from "./read-request.ts";

const schema = Type.Object({
  name: Type.String(),
  names: Type.Optional(Type.Array(Type.String())),
  flag: Type.Optional(Type.Boolean()),
  count: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
  kind: Type.Optional(Type.Enum(["a", "b"])),
});
const read = (body: object) => ({ ...readRequest(schema, body as Record<string, unknown>) });
const refuses = (body: object, field: RegExp) =>
  assert.throws(
    () => read(body),
    (error) => error instanceof CallerError && error.code === "E_INPUT" && field.test(error.message),
  );

test("official clients' spellings of the same thing are the same", () => {
  assert.deepEqual(read({ name: "x", names: "one" }), { name: "x", names: ["one"] });
  assert.deepEqual(read({ name: "x", flag: "true", count: "7" }), { name: "x", flag: true, count: 7 });
  assert.deepEqual(read({ name: "x", flag: false, kind: "b", unknown: { deep: 1 } }), {
    name: "x",
    flag: false,
    kind: "b",
  });
  assert.deepEqual(read({ name: 12, flag: null }), { name: "12" });
  assert.deepEqual(read({ name: true, count: -0 }), { name: "true", count: 0 });
});

test("what does not fit is refused by its field's name, never by its content", () => {
  refuses({}, /name/);
  refuses({ name: ["secret-1"] }, /^InvalidParam: name must be a string$/);
  refuses({ name: "x", flag: "secret-2" }, /^InvalidParam: flag must be true or false$/);
  refuses({ name: "x", count: 10 }, /count must be a number from 0 to 9/);
  refuses({ name: "x", count: "1e400" }, /count/);
  refuses({ name: "x", count: Number.NaN }, /count/);
  refuses(JSON.parse('{"name":1e400}'), /name must be a string/);
  refuses(JSON.parse('{"name":12345678901234567890}'), /name must be a string/);
  refuses({ name: 1.5 }, /name must be a string/);
  refuses({ name: -0 }, /name must be a string/);
  refuses({ name: "x", kind: "c" }, /kind must be one of a, b/);
  refuses({ name: "\ud800" }, /name/);
});

test("inherited and special names are no fields", () => {
  refuses(Object.create({ name: "x" }), /name/);
  const body = JSON.parse('{"name":"x","__proto__":{"flag":true}}');
  assert.deepEqual(read(body), { name: "x" });
  assert.equal(({} as Record<string, unknown>).flag, undefined);
});

test("whatever is sent, every command's schema gives a request or a refusal", () => {
  const anything = fc.dictionary(
    fc.oneof(
      fc.string(),
      fc.constantFrom(...[...commands.values()].flatMap((one) => Object.keys(one.request.properties))),
    ),
    fc.anything({ withNullPrototype: true, withBigInt: false }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...commands.values()), anything, (command, body) => {
      try {
        readRequest(command.request, body);
      } catch (error) {
        assert(error instanceof CallerError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
