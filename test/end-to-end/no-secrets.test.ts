// Everything that both halves print, write or show, after a session of every command and after failures of every
// kind with secrets in the wrong places: no value, token, key or password is in it, in whatever form.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type HalfName, programs } from "../../dev/layout.ts";
import { own, v2 } from "../hostile/hostile-case.ts";
import { AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { fullSession } from "../support/full-session.ts";
import { GatewayHttp } from "../support/gateway-http.ts";
import { Halves } from "../support/halves.ts";
import { filesOf, findNeedles, type Haystacks, type Needles } from "../support/needles.ts";
import { sendRaw } from "../support/raw-http.ts";
import { runCli } from "../support/run-cli.ts";
import { sessionValues } from "../support/session-names.ts";

/** One running half, with all that it has printed. */
interface Printing {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly url: string;
  readonly printed: Buffer[];
}

/** Starts a half and keeps its output. */
async function start(name: HalfName, args: readonly string[]): Promise<Printing> {
  const child = spawn(process.execPath, [programs[name], ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      printed.push(data);
    });
  const ready = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const url = /^ready (https?:\/\/\S+)$/.exec(line)?.[1];
    if (url) ready.resolve(url.replace(/\/$/, ""));
  });
  child.once("exit", () => ready.reject(new Error(`the ${name} ended: ${Buffer.concat(printed)}`)));
  return { child, pid: child.pid ?? -1, url: await ready.promise, printed };
}

async function end({ child }: Printing, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** Texts that are put where no secret belongs, each in one kind of place. */
const strays = {
  "a value in a broken body": "stray-in-broken-json-0c1d",
  "a value of the wrong type": "stray-of-wrong-type-7fe2",
  "a value of no JSON": "stray-in-form-body-b91a",
  "a value in a query": "stray-in-query-5c0d",
  "a value in a URL": "stray-in-url-90e4",
  "a value in a header": "stray-in-header-2b7c",
  "a value in a header's name": "stray-header-name-aa01",
  "a value in no HTTP": "stray-in-no-http-3d58",
  "a value in a method": "STRAYMETHODDEADBEEF",
  "a wrong token": "stray-token-e07b9f",
  "a wrong access key": "stray-access-key-61fa",
  "a wrong access id": "stray-access-id-08d3",
  "a value in an unknown field": "stray-unknown-field-c2",
  "a value for an unknown command": "stray-unknown-command-4",
  "a value while the vault is away": "stray-vault-is-away-91",
  "a value while the vault hangs": "stray-vault-hangs-ff0d",
  "a value in a great body": "stray-in-great-body-56",
  "a value that is too large": "stray-too-large-1e77b",
  "a value of a bad format": "stray-of-bad-format-d9",
  "a value to the vault": "stray-to-the-vault-8a6",
  "a value in a cursor": "stray-in-cursor-17b3",
  "a value of the command line": "stray-command-line-f3",
} as const;

describe("two halves after much use and misuse", () => {
  const halves = new Halves();
  let vault: Printing;
  let gateway: Printing;
  const lives: Printing[] = [];
  const seen: Record<string, Uint8Array> = {};
  let secrets: Needles;

  const startVault = async () => {
    const port = vault === undefined ? "0" : new URL(vault.url).port;
    vault = await start("vault", ["serve", "--data", halves.vaultData, "--port", port]);
    lives.push(vault);
    halves.vaultUrl = vault.url;
  };
  const startGateway = async () => {
    gateway = await start("gateway", halves.serveArguments());
    lives.push(gateway);
  };
  const address = () => ({ gatewayUrl: gateway.url, caFile: join(halves.gatewayData(), "tls", "ca.pem") });
  /** What the system shows of a process to others of the same user. */
  const look = () => {
    for (const { pid } of [vault, gateway]) {
      for (const file of ["environ", "cmdline", "comm", "status"])
        seen[`/proc/${pid}/${file}`] = readFileSync(`/proc/${pid}/${file}`);
    }
  };

  before(async () => {
    await startVault();
    const { accessId, accessKey } = await halves.initGateway();
    await startGateway();
    const session = await fullSession({ ...address(), accessId, accessKey });
    secrets = {
      ...sessionValues,
      ...strays,
      ...session.given,
      "the access key": accessKey,
      "the access key's bytes": Buffer.from(accessKey, "base64"),
      "the unseal key": readFileSync(halves.keyFile),
      "the vault's root key": readFileSync(join(halves.vaultData, "root.key")),
    };
  });
  after(async () => {
    for (const life of lives.toReversed()) if (life.child.exitCode === null) life.child.kill("SIGKILL");
    await halves.stop();
  });

  it("misuse: secrets where none belongs", async () => {
    const { accessId, accessKey } = halves.credentials();
    const http = new GatewayHttp(address());
    const client = createAkeylessClient({
      ...address(),
      akeylessUrl: `${gateway.url}${v2("")}`.slice(0, -1),
      accessId,
      accessKey,
    });
    const { token } = await client.send("auth", { "access-id": accessId, "access-key": accessKey });
    secrets = { ...secrets, "another token": String(token) };
    const name = "/no-secrets/key";
    const refused = async (request: Parameters<GatewayHttp["ask"]>[0]) => {
      const { status, text, headers } = await http.ask(request);
      assert(status >= 400, text);
      const answer = Buffer.from(text + JSON.stringify(headers));
      assert.deepEqual(findNeedles(secrets, { answer }), [], `${status} ${text.slice(0, 200)}`);
    };
    const command = (path: string, body: object) => refused({ path, body: { token, ...body } });
    const wrong = strays["a value of the wrong type"];

    await refused({ path: v2("create-secret"), body: `{"value":"${strays["a value in a broken body"]}` });
    await refused({ path: v2("create-secret"), body: `"${strays["a value in a broken body"]}"` });
    await refused({
      path: v2("create-secret"),
      body: `value=${strays["a value of no JSON"]}`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    await command(v2("create-secret"), { name, value: [wrong] });
    await command(v2("create-secret"), { name, value: { secret: wrong } });
    await command(v2("create-secret"), { name, value: "x", format: wrong });
    await command(v2("create-secret"), { name, value: "x", protection_key: wrong });
    await command(v2("create-secret"), { name, value: "x", "max-versions": wrong });
    await command(v2("create-secret"), { name, value: "x", tags: `${wrong}\u0000` });
    await command(v2("update-item"), { name, delete_protection: wrong });
    await command(v2("create-secret"), {
      name,
      value: `{${strays["a value of a bad format"]}`,
      format: "json",
    });
    await command(v2("create-secret"), { name, value: strays["a value that is too large"].repeat(60_000) });
    await command(v2("create-secret"), { name, value: strays["a value in a great body"].repeat(500_000) });
    await command(v2("describe-item"), { secret: strays["a value in an unknown field"] });
    await command(v2("store-secret"), { name, value: strays["a value for an unknown command"] });
    await command(v2("create-dfc-key"), { name, value: strays["a value for an unknown command"] });
    await command(own("no-such"), { value: strays["a value for an unknown command"] });
    await command(v2("list-items"), {
      "auto-pagination": "disabled",
      "pagination-token": strays["a value in a cursor"],
    });
    for (const path of [v2("list-items"), own("trash"), "/api/derived-key"])
      await refused({ path, body: { token: strays["a wrong token"], path: name } });
    await refused({
      path: v2("list-items"),
      headers: { authorization: `Bearer ${strays["a wrong token"]}` },
    });
    for (const login of ["auth", "configure"]) {
      await refused({
        path: v2(login),
        body: { "access-id": accessId, "access-key": strays["a wrong access key"] },
      });
      await refused({
        path: v2(login),
        body: { "access-id": strays["a wrong access id"], "access-key": accessKey },
      });
    }
    const query = strays["a value in a query"];
    await refused({ path: `${v2("get-secret-value")}?value=${query}&token=${String(token)}` });
    await refused({ path: `/health/x?value=${query}`, method: "GET" });
    await refused({
      path: v2("get-secret-value"),
      headers: {
        "x-secret": strays["a value in a header"],
        cookie: `value=${strays["a value in a header"]}`,
        "user-agent": strays["a value in a header"],
        referer: `https://x/${strays["a value in a header"]}`,
        "halfkey-request": strays["a value in a header"],
        "x-request-id": strays["a value in a header"],
        [strays["a value in a header's name"]]: "x",
      },
    });
    // The command that is unknown is told to whoever named it, and to nobody else.
    await http.ask({ path: v2(strays["a value in a URL"]) });
    await http.ask({ path: `/${strays["a value in a URL"]}`, method: "GET" });
    await http.ask({ path: `/%zz${strays["a value in a URL"]}`, method: "GET" });
    await sendRaw(address(), `${strays["a value in no HTTP"]}\r\n\r\n`);
    await sendRaw(address(), `${strays["a value in a method"]} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    await sendRaw(address(), `POST / HTTP/1.1\r\nHost: a\r\nX: ${strays["a value in no HTTP"]}\0\r\n\r\n`);
    const toVault = { gatewayUrl: vault.url, caFile: join(halves.vaultData, "tls", "ca.pem") };
    const stray = strays["a value to the vault"];
    for (const path of ["/v1/append", "/v1/open", "/v1/enrol", `/${stray}`]) {
      const body = `{"code":"${stray}","entry":"${stray}","records":["${stray}"]}`;
      await sendRaw(
        toVault,
        `POST ${path}?x=${stray} HTTP/1.1\r\nHost: a\r\nAuthorization: ${stray}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    }
    await sendRaw(toVault, `${stray}\r\n\r\n`);

    const env = {
      HALFKEY_URL: gateway.url,
      HALFKEY_CA: address().caFile,
      HALFKEY_ACCESS_ID: accessId,
      HALFKEY_ACCESS_KEY: accessKey,
    };
    for (const args of [
      ["put", "/no-secrets/cli"],
      ["put", "/no-secrets/../cli"],
      ["put", "/no-secrets/cli", "--cas", "9"],
    ]) {
      const { exitCode, stdout, stderr } = await runCli(args, {
        env,
        input: strays["a value of the command line"],
      });
      assert.equal(exitCode === 0, args.length === 2 && args[1] === "/no-secrets/cli", stderr);
      const shown = { stdout, stderr: Buffer.from(stderr) };
      assert.deepEqual(findNeedles(secrets, shown), [], args.join(" "));
    }
    look();
    http.close();
    client.close();
  });

  it("misuse: the vault hangs, dies, and both are killed", async () => {
    const { accessId, accessKey } = halves.credentials();
    const client = () =>
      createAkeylessClient({
        ...address(),
        akeylessUrl: `${gateway.url}/akeyless-api/v2`,
        accessId,
        accessKey,
      });
    const one = client();
    await one.call("list-items", {});
    const failing = async (value: string) => {
      await assert.rejects(
        one.call("create-secret", { name: `/no-secrets/${value.slice(0, 8)}`, value }),
        (error) => error instanceof AkeylessError && error.status === 503 && !error.body.includes(value),
      );
    };
    vault.child.kill("SIGSTOP");
    await failing(strays["a value while the vault hangs"]);
    vault.child.kill("SIGCONT");
    await sleep(200);
    await end(vault, "SIGKILL");
    await failing(strays["a value while the vault is away"]);
    one.close();
    await end(gateway, "SIGKILL");
    await startVault();
    await startGateway();
    const two = client();
    await two.call("list-items", {});
    const http = new GatewayHttp(address());
    for (const path of ["/metrics", "/health", "/ready", "/api/derived-key", "/console/", "/"])
      seen[`GET ${path}`] = Buffer.from((await http.ask({ path, method: "GET" })).text);
    assert.match(String(Buffer.from(seen["GET /metrics"] ?? [])), /halfkey_gateway_requests_total/);
    look();
    http.close();
    two.close();
    await end(gateway, "SIGTERM");
    await end(vault, "SIGTERM");
  });

  it("nothing that was printed or shown tells a secret", () => {
    const shown: Haystacks = {
      ...seen,
      ...Object.fromEntries(lives.map(({ pid, printed }) => [`output of ${pid}`, Buffer.concat(printed)])),
    };
    const everything = Buffer.concat(Object.values(shown)).toString("latin1");
    for (const known of ['"msg":"answered"', '"code":"E_TOKEN"', "serve\0--data"])
      assert(everything.includes(known), `what was searched has ${known}`);
    assert.deepEqual(findNeedles(secrets, shown), []);
    // Defects would hide what they quote behind their code.
    assert.doesNotMatch(everything, /E_INTERNAL/);
  });

  it("nothing that was written tells a secret, but where it was told to", () => {
    const { "the vault's root key": rootKey, "the unseal key": _, ...others } = secrets;
    assert(rootKey !== undefined);
    assert.deepEqual(findNeedles(others, filesOf(halves.folder, /(^|\/)(admin\.json|unseal\.key)$/)), []);
    const elsewhere = filesOf(halves.folder, /(^|\/)root\.key$/);
    assert.deepEqual(findNeedles({ "the vault's root key": rootKey }, elsewhere), []);
    const gatewayFiles = filesOf(halves.gatewayData());
    assert.deepEqual(findNeedles({ "the unseal key": secrets["the unseal key"] ?? "" }, gatewayFiles), []);
  });
});
