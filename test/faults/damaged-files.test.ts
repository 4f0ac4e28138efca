// Every file of both halves damaged (F8, F10): a half either says which file it is and does not start, or has lost nothing.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { HalfName } from "../../dev/layout.ts";
import { AkeylessError } from "../support/akeyless-client.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { minutes, seed } from "./budget.ts";
import { kept, prepareHalves } from "./prepared-halves.ts";
import { seededRandom } from "./seeded-random.ts";

const random = seededRandom(seed);
/** So many cases: 12 in the usual run, all there are in half an hour. */
const sample = Math.round(minutes * 8);

const damages: Record<string, (bytes: Buffer) => Buffer> = {
  emptied: () => Buffer.alloc(0),
  "cut in half": (bytes) => bytes.subarray(0, bytes.length >> 1),
  "one bit flipped": (bytes) => {
    const copy = Buffer.from(bytes);
    const at = Math.floor(random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return copy;
  },
  "a page of zeros": (bytes) => {
    const at = Math.floor(random() * bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(4096), bytes.subarray(at + 4096)]);
  },
};
/** Not read by the half: for its operator, or of no meaning after the process. */
const notRead = /(^|\/)(lock|admin\.json|account\.json|.*-shm)$/;
/** What a half never makes anew once it has served. */
const irreplaceable: Record<HalfName, string> = { gateway: "customer-fragment.pem", vault: "root.key" };

interface Damage {
  half: HalfName;
  file: string;
  how: string;
}

describe(`damaged files (seed ${seed})`, () => {
  let made: Halves;
  before(async () => {
    made = await prepareHalves();
  });
  after(() => made?.stop());

  it("each is named by a half that does not start, or costs nothing", async (t) => {
    const cases = shuffled(allDamages(made)).slice(0, sample);
    assert(cases.length > 0);
    for (const damage of cases) {
      await t.test(`${damage.half}: ${damage.file} ${damage.how}`, async (one) => {
        one.diagnostic(await runDamage(made, damage));
      });
    }
  });
});

function allDamages(halves: Halves): Damage[] {
  return (["vault", "gateway"] as const).flatMap((half) => {
    const folder = folderOf(halves, half);
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => !notRead.test(file) && statSync(join(folder, file)).isFile())
      .sort()
      .flatMap((file) => Object.keys(damages).map((how) => ({ half, file, how })));
  });
}

async function runDamage(made: Halves, { half, file, how }: Damage): Promise<string> {
  const halves = new Halves(made);
  let gateway: RunningGateway | undefined;
  try {
    const path = join(folderOf(halves, half), file);
    const bytes = readFileSync(path);
    const damaged = damages[how]?.(bytes) ?? bytes;
    writeFileSync(path, damaged);
    const only = join(folderOf(halves, half), irreplaceable[half]);
    const before = readFileSync(only);
    // Both begin; a gateway waits for its vault.
    const vault = halves.beginVault({ tls: false, port: 0 });
    const begun = await vault.ready().catch(() => undefined);
    if (begun === undefined) return checkRefusal("vault", await vault.ended, vault.lastLines(), only, before);
    halves.vaultUrl = begun;
    const starting = halves.beginGateway({ vaultUrl: begun });
    gateway = await halves.readyGateway(starting, { vaultUrl: begun }).catch(() => undefined);
    assert.deepEqual(readFileSync(only), before, `${irreplaceable[half]} stays as it is`);
    if (gateway === undefined) {
      assert.notEqual(
        half,
        "vault",
        `a damaged vault starts, and its gateway does not: ${starting.lastLines()}`,
      );
      return checkRefusal("gateway", await starting.ended, starting.lastLines(), only, before);
    }
    const read = await gateway.client
      .call("get-secret-value", { names: [kept.name] })
      .catch((error) => error);
    if (read instanceof AkeylessError) {
      // A page of the database is read when it is needed.
      assert(half === "vault" && file.startsWith("vault.sqlite") && read.code !== "", read.message);
      assert.notEqual(read.code, "E_INTERNAL");
      return `a read is refused with ${read.code}`;
    }
    assert.equal(read[kept.name], kept.value);
    return "nothing is lost";
  } finally {
    gateway?.client.close();
    await halves.stop();
  }
}

function checkRefusal(half: HalfName, how: string, said: string, only: string, before: Buffer): string {
  assert.match(how, /^exit code [12]$/, said);
  const line = said.split("\n").find((one) => one.includes(`halfkey-${half}: `)) ?? "";
  assert.match(
    line,
    /damaged|does not (give|open|belong)|no database|must (be|hold)|checksum|wrong passphrase|is no /,
    said,
  );
  assert.doesNotMatch(said, /this is a defect|E_INTERNAL|TypeError|SyntaxError/, said);
  assert.deepEqual(readFileSync(only), before);
  return line.trim();
}

function folderOf(halves: Halves, half: HalfName): string {
  return half === "vault" ? halves.vaultData : halves.gatewayData();
}

function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}
