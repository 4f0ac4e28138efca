import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { curlCommand } from "./curl-command.ts";

const url = new URL("https://gw.example:8443/akeyless-api/v2/create-secret");
const connection = {
  base: "https://gw.example:8443/akeyless-api/v2",
  ca: "-----BEGIN CERTIFICATE-----",
  caFile: "/tmp/it's a file.pem",
  credentials: { token: "t-real" },
  source: "a test",
};

/** Runs the text with a `curl` that shows its arguments and its input. */
function runByShell(text: string): { args: string[]; body: string } {
  const script = `curl() { printf '%s\\0' "$@"; cat; }\n${text}`;
  const env = {
    PATH: process.env.PATH,
    HALFKEY_TOKEN: "t-var",
    HALFKEY_VALUE: "v-var",
    HALFKEY_CA: "ca-var",
  };
  const parts = execFileSync("sh", ["-c", script], { encoding: "utf8", env }).split("\0");
  return { args: parts.slice(0, -1), body: parts.at(-1) ?? "" };
}

test("a shell makes the request of it, whatever the names are, and runs nothing of them", () => {
  const hostile = fc.constantFrom(
    "$(exit 3)",
    "`exit 3`",
    "\\",
    '"',
    "'",
    "\n",
    "JSON",
    "$HOME",
    "\u202e",
    "\u0000X\u0000",
  );
  const name = fc.array(fc.oneof(hostile, fc.string({ unit: "grapheme" }))).map((parts) => parts.join(""));
  fc.assert(
    fc.property(name, (some) => {
      const { text } = curlCommand(
        url,
        { name: some, tags: [some], value: "hunter2", token: "t-real" },
        connection,
      );
      assert.doesNotMatch(text, /hunter2|t-real/);
      const { args, body } = runByShell(text);
      assert.deepEqual(args.slice(-3), ["--data", "@-", url.href]);
      assert(args.includes("/tmp/it's a file.pem"));
      assert(!args.some((word) => /-var/.test(word)), "no secret is an argument");
      assert.deepEqual(JSON.parse(body), { name: some, tags: [some], value: "v-var", token: "t-var" });
    }),
    { numRuns: 60 },
  );
});

test("a profile's CA, which is no file, is a variable", () => {
  const { caFile: _, ...rest } = connection;
  const { args } = runByShell(curlCommand(url, { token: "" }, rest).text);
  assert(args.includes("ca-var"));
});
