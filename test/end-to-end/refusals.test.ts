// A wrong or damaged file, key or vault: the halves refuse to start, say which it is, and lose nothing.
import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { fromHex, randomBytes, sealVaultFragment, sha256, toHex } from "@halfkey/crypto";
import { type Half, startHalf } from "../../dev/half.ts";
import type { HalfName } from "../../dev/layout.ts";
import { freePorts } from "../support/free-ports.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { Halves } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { startProduct } from "../support/product.ts";
import { runHalf } from "../support/run-half.ts";

const halves = new Halves();
const keyHex = readFileSync(halves.keyFile, "hex");
const passphrase = "correct horse battery staple";
const passphraseFile = join(halves.folder, "passphrase");
/** A second account, sealed with a passphrase. */
const other = { name: "other", unseal: ["--passphrase-file", passphraseFile] };
const data = halves.gatewayData();
const fragmentFile = join(data, "customer-fragment.pem");
const journalFile = join(data, "journal");
const snapshotFile = join(data, "snapshot");
const values: Record<string, string> = {
  "/mdapi/refusals/a/key": "value of a",
  "/mdapi/refusals/b/key": "value of b",
  "/mdapi/refusals/c/key": "value of c",
};
let accountId = "";
let vault: Half;

before(async () => {
  writeFileSync(passphraseFile, `${passphrase}\n`, { mode: 0o600 });
  vault = await halves.startVault();
  await halves.initGateway();
  await halves.initGateway(other);
  accountId = JSON.parse(readFileSync(join(data, "account.json"), "utf8")).account;
  for (const options of [{}, other]) {
    const gateway = await halves.startGateway(options);
    for (const [name, value] of Object.entries(values)) {
      await gateway.client.call("create-secret", { name, value });
    }
    await gateway.stop();
  }
});
after(() => halves.stop());

/** Names and contents of everything in a folder, but for the lock, and a database, which tidies itself up. */
function fingerprint(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !/^(lock|.*\.sqlite.*)$/.test(name) && statSync(join(folder, name)).isFile())
    .sort();
  return Object.fromEntries(files.map((name) => [name, toHex(sha256(readFileSync(join(folder, name))))]));
}

/** Demands that a half does not start, says why in one line and what next, and changes nothing. */
async function refuses(
  half: HalfName,
  args: readonly string[],
  why: RegExp,
  folder = half === "gateway" ? data : halves.vaultData,
): Promise<void> {
  const before = fingerprint(folder);
  const { exitCode, stdout, stderr } = await runHalf(half, args);
  assert.notEqual(exitCode, 0, stderr);
  assert.equal(stdout, "");
  const spoken = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  assert.match(spoken[0] ?? "", new RegExp(`^halfkey-${half}: .*${why.source}`), stderr);
  assert.equal(spoken.filter((line) => !/^ {2}(next|runbook): /.test(line)).length, 1, stderr);
  assert.deepEqual(fingerprint(folder), before);
  for (const secret of [passphrase, keyHex, halves.credentials().accessKey]) {
    assert(!stderr.includes(secret), "a refusal shows a secret");
  }
}

const gatewayRefuses = (why: RegExp, unseal?: readonly string[]) =>
  refuses("gateway", halves.serveArguments(unseal === undefined ? {} : { unseal }), why);

/** Demands that with the right thing in place everything is there. */
async function servesAll(options: Parameters<Halves["startGateway"]>[0] = {}): Promise<void> {
  const gateway = await halves.startGateway(options);
  try {
    assert.deepEqual(
      { ...(await gateway.client.call("get-secret-value", { names: Object.keys(values) })) },
      values,
    );
  } finally {
    await gateway.stop();
  }
}

/** Puts other bytes in a file's place for the time of `work`. */
async function during(file: string, bytes: Uint8Array | undefined, work: () => Promise<void>): Promise<void> {
  const kept = join(halves.folder, `kept-${basename(file)}`);
  renameSync(file, kept);
  try {
    if (bytes !== undefined) writeFileSync(file, bytes, { mode: 0o600 });
    await work();
  } finally {
    rmSync(file, { force: true });
    renameSync(kept, file);
  }
}

/** The file with the lowest bit flipped of the byte that follows the text. */
function flippedAfter(text: string, bytes: Buffer): Buffer {
  const at = bytes.indexOf(text) + text.length;
  assert(at >= text.length, `${text} is not in the file`);
  return flipped(bytes, at);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe("the customer fragment file", () => {
  it("damaged in any part is refused as damaged", async () => {
    const whole = readFileSync(fragmentFile);
    const body = whole.indexOf("\n\n") + 2;
    const damaged = {
      ...Object.fromEntries(
        ["Account: ", "kcv=", "Seal: ", "Check: "].map((text) => [
          `a bit after ${JSON.stringify(text)}`,
          flippedAfter(text, whole),
        ]),
      ),
      "a bit in the body's middle": flipped(whole, Math.floor((body + whole.length) / 2)),
      "a bit in the frame": flipped(whole, 8),
      "the second half missing": whole.subarray(0, whole.length / 2),
      "nothing in it": Buffer.alloc(0),
    };
    for (const bytes of Object.values(damaged)) {
      await during(fragmentFile, bytes, () => gatewayRefuses(/customer-fragment\.pem is damaged: /));
    }
  });

  it("edited by someone who also mends the checksum does not open", async () => {
    const text = readFileSync(fragmentFile, "utf8");
    const edited = text.replace(/^Written: .*$/m, "Written: 2020-01-01T00:00:00Z");
    const [, header = "", sealed = ""] =
      /^(Version: [\s\S]*)Check: .*\n\n([\s\S]*)-----END/m.exec(edited) ?? [];
    const check = toHex(sha256(Buffer.from(header), Buffer.from(sealed.replaceAll("\n", ""), "base64")));
    const mended = edited.replace(/^Check: .*$/m, `Check: ${check.slice(0, 16)}`);
    await during(fragmentFile, Buffer.from(mended), () => gatewayRefuses(/wrong passphrase or key for/));
  });

  it("that is missing is missed, and none is made in its place", async () => {
    await during(fragmentFile, undefined, () => gatewayRefuses(/no customer fragment at /));
  });

  it("of another account is refused before it meets the vault", async () => {
    const foreign = readFileSync(join(halves.gatewayData("other"), "customer-fragment.pem"));
    await during(fragmentFile, foreign, () =>
      gatewayRefuses(/journal does not belong to this customer fragment/, other.unseal),
    );
    await servesAll();
  });
});

describe("what unseals it", () => {
  it("a wrong key file", async () => {
    const wrong = join(halves.folder, "wrong.key");
    writeFileSync(wrong, randomBytes(32), { mode: 0o600 });
    await gatewayRefuses(/wrong passphrase or key for the customer fragment /, ["--key-file", wrong]);
  });

  it("a key file that others may read", async () => {
    chmodSync(halves.keyFile, 0o640);
    try {
      await gatewayRefuses(/unseal\.key can be read by others \(mode 0640\)/);
    } finally {
      chmodSync(halves.keyFile, 0o600);
    }
  });

  it("a key file that is cut, or missing", async () => {
    const key = readFileSync(halves.keyFile);
    await during(halves.keyFile, key.subarray(1), () => gatewayRefuses(/must be exactly 32 raw bytes/));
    await during(halves.keyFile, undefined, () => gatewayRefuses(/unseal\.key does not exist/));
  });

  it("another method than the file was sealed with, or none", async () => {
    await gatewayRefuses(/sealed with --key-file, not --passphrase-file/, other.unseal);
    await gatewayRefuses(/give exactly one of /, []);
    await servesAll();
  });

  it("a wrong passphrase, and one that is too short to be any", async () => {
    const serve = halves.serveArguments(other);
    const folder = halves.gatewayData("other");
    for (const [wrong, why] of [
      [`${passphrase} `, /wrong passphrase or key for the customer fragment /],
      ["Correct horse battery staple", /wrong passphrase or key for the customer fragment /],
      ["short", /fewer than 12 characters/],
    ] as const) {
      await during(passphraseFile, Buffer.from(wrong), () => refuses("gateway", serve, why, folder));
    }
    await servesAll(other);
  });
});

describe("the gateway's memory", () => {
  it("damaged in the middle of the journal is refused, and nothing is lost", async () => {
    const begin = statSync(journalFile).size;
    const gateway = await halves.startGateway();
    await gateway.client.call("update-secret-val", {
      name: "/mdapi/refusals/a/key",
      value: "newer value of a",
    });
    values["/mdapi/refusals/a/key"] = "newer value of a";
    gateway.client.close();
    // Killed, so that no snapshot covers what it has written.
    process.kill(gateway.half.pid, "SIGKILL");
    await gateway.half.ended;
    const bytes = readFileSync(journalFile);
    for (const at of [begin, begin + 4, Math.floor((begin + bytes.length) / 2)]) {
      await during(journalFile, flipped(bytes, at), () => gatewayRefuses(/journal is damaged at byte \d+/));
    }
    await servesAll();
  });

  it("damaged where the last snapshot covers it is refused once that is gone", async () => {
    const bytes = readFileSync(journalFile);
    await during(snapshotFile, undefined, () =>
      during(journalFile, flipped(bytes, 200), () => gatewayRefuses(/journal is damaged at byte \d+/)),
    );
  });

  it("lost altogether, or torn at its end, comes back from the vault", async () => {
    const bytes = readFileSync(journalFile);
    for (const lost of [journalFile, snapshotFile]) rmSync(lost);
    await servesAll();
    rmSync(snapshotFile);
    writeFileSync(journalFile, bytes.subarray(0, bytes.length - 7));
    await servesAll();
  });

  it("is for one process at a time", async () => {
    const gateway = await halves.startGateway();
    const before = fingerprint(data);
    const second = await runHalf("gateway", halves.serveArguments());
    assert.equal(second.exitCode, 1);
    assert.match(second.stderr, new RegExp(`folder .* is in use by process ${gateway.half.pid}`));
    assert.deepEqual(fingerprint(data), before);
    await gateway.client.call("get-secret-value", { names: Object.keys(values) });
    await gateway.stop();
  });
});

describe("the vault", () => {
  const rootKeyFile = join(halves.vaultData, "root.key");
  const serve = ["serve", "--data", halves.vaultData, "--port", "0"];
  const vaultRefuses = (why: RegExp) => refuses("vault", serve, why);

  /** Changes the stopped vault's fragment row, and puts the right one back after `work` with the vault running. */
  async function withFragment(sealed: Buffer | undefined, work: () => Promise<void>): Promise<void> {
    const account = fromHex(accountId, 16);
    const edit = async (change: (database: DatabaseSync) => void) => {
      await vault.stop();
      const database = new DatabaseSync(join(halves.vaultData, "vault.sqlite"));
      change(database);
      database.close();
      vault = await halves.startVault();
    };
    let kept: Record<string, SQLOutputValue> = {};
    await edit((database) => {
      kept = database.prepare("SELECT * FROM fragments WHERE account = ?").get(account) ?? {};
      assert.equal(kept.epoch, 1);
      database.prepare("DELETE FROM fragments WHERE account = ?").run(account);
      if (sealed !== undefined) insertFragment(database, { ...kept, sealed: new Uint8Array(sealed) });
    });
    try {
      await work();
    } finally {
      await edit((database) => {
        database.prepare("DELETE FROM fragments WHERE account = ?").run(account);
        insertFragment(database, kept);
      });
    }
  }

  /** Demands that the gateway listens, serves nothing and says why, and serves once `heal` has healed the vault. */
  async function waitsWhile(why: RegExp, heal: () => Promise<void>): Promise<void> {
    const port = await freePorts(1);
    const args = halves.serveArguments().with(-3, String(port));
    const gateway = startHalf("gateway", args, halves.gatewayLog);
    try {
      const dev = { gatewayUrl: `https://127.0.0.1:${port}`, caFile: join(data, "tls", "ca.pem") };
      await until("it says why", async () => {
        const page = await gatewayPage(dev, "/ready").catch(() => undefined);
        return page?.status === 503 && page.code === "E_VAULT" && why.test(String(page.body.reason));
      });
      assert.match(gateway.lastLines(), why);
      await heal();
      assert.equal(await gateway.ready(), dev.gatewayUrl);
    } finally {
      await gateway.stop();
    }
    await servesAll();
  }

  const rootKey = () => readFileSync(rootKeyFile);
  const anotherFragment = () => sealVaultFragment(rootKey(), fromHex(accountId, 16), 1, randomBytes(32));
  const holdsAnother = /the vault at https:.* holds another fragment \(epoch 1\)/;

  it("with another fragment is refused by the gateway", async () => {
    await withFragment(anotherFragment(), () => gatewayRefuses(holdsAnother));
    await servesAll();
  });

  it("that has lost the fragment is refused by the gateway, whatever it makes instead", async () => {
    await withFragment(undefined, () => gatewayRefuses(holdsAnother));
    await servesAll();
  });

  it("with a fragment that another root key sealed says so, and is waited for", async () => {
    const foreign = sealVaultFragment(randomBytes(32), fromHex(accountId, 16), 1, randomBytes(32));
    let heal = () => {};
    const healed = new Promise<void>((resolve) => {
      heal = resolve;
    });
    let waiting: Promise<void> | undefined;
    await withFragment(foreign, async () => {
      const asked = Promise.withResolvers<void>();
      waiting = waitsWhile(/seal in the vault's database does not open/, async () => {
        asked.resolve();
        await healed;
      });
      await Promise.race([asked.promise, waiting]);
    });
    heal();
    await waiting;
  });

  it("with the data of another is not taken for the right one, and the right one is waited for", async () => {
    const stranger = join(halves.folder, "stranger");
    for (const [why, keepsTls] of [
      [/does not know this gateway/, true],
      [/certificate that is not trusted/, false],
    ] as const) {
      await vault.stop();
      rmSync(stranger, { recursive: true, force: true });
      mkdirSync(stranger, { mode: 0o700 });
      if (keepsTls) cpSync(join(halves.vaultData, "tls"), join(stranger, "tls"), { recursive: true });
      vault = await halves.startVault({ data: stranger });
      await waitsWhile(why, async () => {
        await vault.stop();
        vault = await halves.startVault();
      });
    }
  });

  it("is for one process at a time", () => refuses("vault", serve, /folder .* is in use by process \d+/));

  it("without its root key, or with another one, refuses, and makes none", async () => {
    await vault.stop();
    await during(rootKeyFile, undefined, () => vaultRefuses(/root key file .* is missing/));
    await during(rootKeyFile, randomBytes(32), () =>
      vaultRefuses(/does not give the root key of this database/),
    );
    chmodSync(rootKeyFile, 0o644);
    await vaultRefuses(/root\.key can be read by others \(mode 0644\)/);
    chmodSync(rootKeyFile, 0o600);
    vault = await halves.startVault();
    await servesAll();
  });

  it("with a damaged database refuses", async () => {
    await vault.stop();
    const file = join(halves.vaultData, "vault.sqlite");
    await during(file, flipped(readFileSync(file), 3), () =>
      vaultRefuses(/the vault's database is no database of this program/),
    );
    vault = await halves.startVault();
    await servesAll();
  });
});

it("npm start passes on what a half says, and starts again once it is mended", async () => {
  const dataDir = join(halves.folder, "product");
  const product = await startProduct({ dataDir });
  try {
    const file = join(dataDir, "gateway", "customer-fragment.pem");
    await product.stop();
    await during(file, flipped(readFileSync(file), 300), () =>
      assert.rejects(product.start(), /did not start[\s\S]*customer-fragment\.pem is damaged: /),
    );
    await product.start();
  } finally {
    await product.stop();
  }
});

function insertFragment(database: DatabaseSync, row: Record<string, SQLOutputValue>): void {
  const { account = null, epoch = null, active = null, kcv = null, sealed = null } = row;
  database
    .prepare("INSERT INTO fragments (account, epoch, active, kcv, sealed) VALUES (?, ?, ?, ?, ?)")
    .run(account, epoch, active, kcv, sealed);
}
