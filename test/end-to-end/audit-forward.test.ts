// Audit entries sent on: in order, none lost while a target is away, and no request waits for one.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, it } from "node:test";
import { freePorts } from "../support/free-ports.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";

interface Entry {
  k: number;
  index: number;
  op: string;
  path?: string;
}

const halves = new Halves();
const file = join(halves.folder, "audit.ndjson");
const udp = createSocket("udp4");
const datagrams: string[] = [];
const otlpBodies: string[] = [];
const otlp = createHttpServer(async (request, response) => {
  otlpBodies.push(await text(request));
  response.end("{}");
});
let syslogPort = 0;
let gateway: RunningGateway;

before(async () => {
  udp.on("message", (message) => datagrams.push(message.toString()));
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  otlp.listen(0, "127.0.0.1");
  await once(otlp, "listening");
  syslogPort = await freePorts(1);
  await halves.startVault({ tls: false });
  await halves.initGateway();
  await start();
});
after(async () => {
  gateway?.client.close();
  await halves.stop();
  udp.close();
  otlp.closeAllConnections();
  otlp.close();
});

async function start(): Promise<void> {
  const otlpPort = (otlp.address() as AddressInfo).port;
  const targets = [
    `file://${file}`,
    `syslog+udp://127.0.0.1:${udp.address().port}`,
    // Nobody listens there yet.
    `syslog+tcp://127.0.0.1:${syslogPort}`,
    `otlp+http://127.0.0.1:${otlpPort}/v1/logs`,
  ];
  gateway = await halves.startGateway({ environment: { HALFKEY_GATEWAY_AUDIT_FORWARD: targets.join(",") } });
}

const inFile = (): Entry[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];
const has = (entries: readonly Entry[], path: string) => entries.some((entry) => entry.path === path);
const entryIn = (message: string): Entry => JSON.parse(message.slice(message.indexOf("{")));

/** Each entry of the log once, in its place. */
function checkWhole(entries: readonly Entry[]): void {
  assert.deepEqual(
    entries.map(({ k, index }) => `${k}:${index}`),
    entries.map((_, at) => `1:${at}`),
  );
}

it("a file, syslog by UDP and OTLP get every entry, though another target is away", async () => {
  await gateway.client.call("create-secret", {
    name: "/forward/ä/one",
    value: "a value that must not go on",
  });
  const began = performance.now();
  await gateway.client.call("get-secret-value", { names: ["/forward/ä/one"] });
  assert(performance.now() - began < 2000, "a read waits for no target");
  await until("the read is in the file", () => inFile().some(({ op }) => op === "read"));
  checkWhole(inFile());
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const records = () =>
    otlpBodies.flatMap((body) => JSON.parse(body).resourceLogs[0].scopeLogs[0].logRecords as object[]);
  await until(
    "all have it",
    () => datagrams.length >= inFile().length && records().length >= inFile().length,
  );
  checkWhole(datagrams.map(entryIn));
  const [first = ""] = datagrams;
  assert.match(first, /^<1(10|08)>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ halfkey-gateway \d+ audit - \{/);
  const bodies = records().map((record) => (record as { body: { stringValue: string } }).body.stringValue);
  checkWhole(bodies.map((body) => JSON.parse(body)));
  for (const told of [...datagrams, ...otlpBodies, readFileSync(file, "utf8")])
    assert.doesNotMatch(told, /must not go on/);
});

it("a target that was away gets all of it afterwards, across a restart", async () => {
  gateway.client.close();
  await gateway.half.stop();
  let received = "";
  const sockets: Socket[] = [];
  const syslog = createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
    });
  });
  syslog.listen(syslogPort, "127.0.0.1");
  await once(syslog, "listening");
  try {
    await start();
    await gateway.client.call("create-secret", { name: "/forward/two", value: "x" });
    await until("it has the newest entry", () => has(framesOf(received), "/forward/two"));
    checkWhole(framesOf(received));
    await until("the file goes on where it was", () => has(inFile(), "/forward/two"));
    checkWhole(inFile());
  } finally {
    for (const socket of sockets) socket.destroy();
    syslog.close();
  }
});

/** Messages with octet counts (RFC 6587). */
function framesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(" ", at);
    const length = Number(text.slice(at, space));
    const message = text.slice(space + 1, space + 1 + length);
    if (space < 0 || message.length < length) break;
    entries.push(entryIn(message));
    at = space + 1 + length;
  }
  return entries;
}
