// What accompanies a request: the wait that is shown, --debug, --output-curl, --token.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayDouble } from "./testing/gateway-double.ts";
import { invoke } from "./testing/invoke.ts";

test("--debug names fields and never their content", async () => {
  await using double = await GatewayDouble.start();
  const put = await invoke(["put", "/a", "--debug"], { environment: double.environment, input: "hunter2" });
  assert.equal(put.exitCode, 0);
  assert.match(put.stderr, /debug: POST .*\/auth with access-type, access-id, access-key: status 200/);
  assert.match(
    put.stderr,
    /debug: POST .*\/create-secret with name, value, token: status 200, .* request 00112233aabbccdd/,
  );
  assert.doesNotMatch(put.stderr, /hunter2|double-access-key|t-double/);
});

test("--output-curl sends nothing and needs no value", async () => {
  await using double = await GatewayDouble.start();
  const put = await invoke(["put", "/a", "--output-curl"], {
    environment: double.environment,
    input: "hunter2",
  });
  assert.deepEqual([put.exitCode, put.stderr, double.requests], [0, "", []]);
  assert.match(put.stdout.toString(), /"value":"\$HALFKEY_VALUE","token":"\$HALFKEY_TOKEN"/);
  const remove = await invoke(["delete", "/a", "--output-curl"], { environment: double.environment });
  assert.match(remove.stdout.toString(), /\/delete-item <<JSON/);
  const auth = await invoke(["auth", "--output-curl"], { environment: double.environment });
  assert.match(auth.stdout.toString(), /"access-key":"\$HALFKEY_ACCESS_KEY"/);
  assert.doesNotMatch(auth.stdout.toString(), /double-access-key/);
});

test("--token is used, and warned about; nothing is traded for it", async () => {
  await using double = await GatewayDouble.start();
  double.items.set("/a", ["one"]);
  const { HALFKEY_URL, HALFKEY_CA } = double.environment;
  const environment = {
    AKEYLESS_GATEWAY_URL: HALFKEY_URL,
    AKEYLESS_TRUSTED_TLS_CERTIFICATE_FILE: HALFKEY_CA,
  };
  const get = await invoke(["get", "/a", "--token", "t-double"], { environment });
  assert.deepEqual([get.exitCode, get.stdout.toString()], [0, "one"], get.stderr);
  assert.match(get.stderr, /warning: other users can see the token/);
  assert.deepEqual(double.commands(), ["get-secret-value"]);
});

test("a long wait is shown on a terminal, wiped out afterwards, and shown nowhere else", async () => {
  await using double = await GatewayDouble.start();
  double.items.set("/a", ["one"]);
  double.delayMilliseconds = 1300;
  const environment = { ...double.environment, HALFKEY_TOKEN: "t-double" };
  const [shown, silent] = await Promise.all([
    invoke(["get", "/a"], { environment, errorIsTty: true }),
    invoke(["get", "/a"], { environment }),
  ]);
  assert(shown.stderr.startsWith("\rhalfkey: waiting for the gateway, 1 s "), JSON.stringify(shown.stderr));
  assert(shown.stderr.endsWith("\r\u001b[K"), JSON.stringify(shown.stderr));
  assert.equal(silent.stderr, "");
});

test("NO_COLOR, pipes and dumb terminals get no colour", async () => {
  const error = async (environment: NodeJS.ProcessEnv, errorIsTty: boolean) =>
    (await invoke(["nonsense"], { environment, errorIsTty })).stderr;
  assert((await error({}, true)).startsWith("\u001b[31mhalfkey:\u001b[39m there is"));
  assert.match(await error({ NO_COLOR: "1" }, true), /^halfkey: /);
  assert.match(await error({ TERM: "dumb" }, true), /^halfkey: /);
  assert.match(await error({}, false), /^halfkey: /);
});

test("words of `akeyless` that are not built in are refused with a reason", async () => {
  const jq = await invoke(["list", "--jq-expression", ".items"]);
  assert.equal(jq.exitCode, 1);
  assert.match(jq.stderr, /--jq-expression is not built in\n {2}next: .*jq/);
  const uid = await invoke(["list", "--uid-token", "u-hunter2"]);
  assert.equal(uid.exitCode, 1);
  assert.match(uid.stderr, /universal identity/);
  assert.doesNotMatch(uid.stderr, /hunter2/);
});
