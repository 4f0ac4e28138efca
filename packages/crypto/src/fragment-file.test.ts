import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { CryptoErrorCode } from "./errors.ts";
import { decodeArmour, encodeArmour } from "./fragment-armour.ts";
import { decodeFragmentFile, encodeFragmentFile, readFragmentHeader } from "./fragment-file.ts";
import { sealAt } from "./seal-layout.ts";
import {
  newPassphraseMethod,
  parseKeyText,
  parseSealMethod,
  passphraseKey,
  type SealMethod,
  sealMethodText,
} from "./seal-method.ts";
import { decodes, flipsOf, hex, isCode, refuses, vectors } from "./vectors.testing.ts";

const { fragment_file: file } = vectors;
const key = hex(file.keyfile);
const payload = JSON.parse(file.payload);
const withKeyFile = async () => key;
const begin = "-----BEGIN HALFKEY CUSTOMER FRAGMENT-----\n";

async function refusesFile(
  code: CryptoErrorCode,
  text: string,
  unseal: () => Promise<Uint8Array> = withKeyFile,
) {
  await assert.rejects(
    decodeFragmentFile(text, unseal),
    (error) => isCode(error, code) || assert.fail(`${error}`),
  );
}

/** A file whose author has computed the check sum again. */
function rechecked(
  change: (armour: { header: string; sealed: Buffer }) => void,
  text = file.text_keyfile,
): string {
  const armour = decodeArmour(text);
  change(armour);
  return encodeArmour(armour.header, armour.sealed);
}

describe("the fragment file agrees with the vectors", () => {
  test("sealed with a passphrase", async () => {
    const opened = await decodeFragmentFile(file.text, async (method) => {
      const derived = await passphraseKey(method, file.passphrase);
      assert.equal(derived.toString("hex"), file.argon2id_key);
      return derived;
    });
    assert.deepEqual(opened.payload, payload);
  });

  test("sealed with a key file", async () => {
    const { payload: opened, header } = await decodeFragmentFile(file.text_keyfile, withKeyFile);
    assert.deepEqual(opened, payload);
    assert.deepEqual(header, readFragmentHeader(file.text_keyfile));
    assert.deepEqual(header, {
      fragment: payload.fragment,
      account: payload.account,
      instance: payload.instance.id,
      epochs: [
        { e: 1, kcv: vectors.kcv.customer[1], created: "2026-11-24T05:31:13Z" },
        { e: 2, kcv: vectors.kcv.customer[2], created: "2026-11-24T06:00:00Z" },
      ],
      vaultEpochs: [
        { f: 1, kcv: vectors.kcv.vault[1] },
        { f: 2, kcv: vectors.kcv.vault[2] },
      ],
      written: "2026-11-24T06:00:00Z",
      seal: { kind: "keyfile" },
    });
  });

  test("what is written differs in salt, nonce and check sum alone", () => {
    const text = encodeFragmentFile(payload, { kind: "keyfile" }, key, new Date("2026-11-24T06:00:00.999Z"));
    const original = decodeArmour(file.text_keyfile);
    const made = decodeArmour(text);
    assert.equal(made.header, original.header);
    assert.equal(made.sealed.length, original.sealed.length);
    assert.equal(text.length, file.text_keyfile.length);
    assert.equal(encodeArmour(original.header, original.sealed), file.text_keyfile);
  });

  test("a header that contradicts the payload is E_FORMAT", () =>
    refusesFile("E_FORMAT", file.refused_header_differs));
});

test("every flipped bit of the text is E_CHECK, or E_FORMAT where it is no fragment file any more", async () => {
  for (const { at, bytes } of flipsOf(Buffer.from(file.text_keyfile))) {
    const code = at < begin.length ? "E_FORMAT" : "E_CHECK";
    const text = bytes.toString("latin1");
    refuses(code, () => readFragmentHeader(text), `byte ${at}`);
    await refusesFile(code, text);
  }
});

test("a file cut off anywhere is refused, but for its last line feed", async () => {
  const { text_keyfile: text } = file;
  for (let length = 0; length < text.length - 1; length += 1) {
    await refusesFile(length < begin.length - 1 ? "E_FORMAT" : "E_CHECK", text.slice(0, length));
  }
  assert.deepEqual((await decodeFragmentFile(text.slice(0, -1), withKeyFile)).payload, payload);
});

test("with the check sum computed again, flipped bits of the seal are E_FORMAT, E_KEY or E_TAG, by where they are", async () => {
  const { header, sealed } = decodeArmour(file.text_keyfile);
  for (const { at, bytes } of flipsOf(sealed)) {
    const code = at < sealAt.customerEpoch ? "E_FORMAT" : at < sealAt.nonce ? "E_KEY" : "E_TAG";
    await refusesFile(code, encodeArmour(header, bytes));
  }
});

test("with the check sum computed again, an edited header is E_KEY, one that is none E_FORMAT", async () => {
  const edit = (from: string | RegExp, to: string) =>
    rechecked((armour) => {
      const edited = armour.header.replace(from, to);
      assert.notEqual(edited, armour.header);
      armour.header = edited;
    });
  await refusesFile("E_KEY", edit("Written: 2026", "Written: 2027"));
  await refusesFile("E_KEY", edit(`kcv=${vectors.kcv.customer[1]}`, "kcv=00000000"));
  await refusesFile("E_KEY", edit("Account: 3", "Account: 4"));
  await refusesFile("E_KEY", edit("Seal: keyfile", "Seal: command"));
  const none: [string | RegExp, string][] = [
    ["Version: 1", "Version: 2"],
    ["Version: 1\n", ""],
    ["Fragment: cf-", "Fragment: cg-"],
    [/Account: .+/, `Account: ${"0".repeat(32)}`],
    ["Epoch: 1", "Epoch: 01"],
    ["Epoch: 1", "Epoch: 0"],
    ["Epoch: 1", "Epoch: 4294967296"],
    ["Written: ", "Written:  "],
    ["Seal: keyfile", "Seal: kms"],
    ["Seal: keyfile\n", "Seal: keyfile\nMore: x\n"],
    [/^/, "More: x\n"],
  ];
  for (const [from, to] of none) {
    await refusesFile("E_FORMAT", edit(from, to));
  }
  refuses("E_FORMAT", () => readFragmentHeader(edit(/(Instance: .+\n)(Epoch: 1.+\n)/, "$2$1")));
});

test("a wrong key is E_KEY, and the file is checked before anybody is asked for one", async () => {
  await refusesFile("E_KEY", file.text_keyfile, async () => Buffer.alloc(32));
  await refusesFile("E_KEY", file.text, async () => Buffer.alloc(32));
  const asked = () => assert.fail("asked for a key");
  await refusesFile("E_CHECK", file.text_keyfile.replace("Epoch: 1", "Epoch: 3"), asked);
  await refusesFile(
    "E_FORMAT",
    rechecked((armour) => {
      armour.header = armour.header.replace("keyfile", "tpm2");
    }),
    asked,
  );
});

test("CRLF and a BOM are tolerated, other white space is not", async () => {
  const crlf = `\ufeff${file.text_keyfile.replaceAll("\n", "\r\n")}`;
  assert.deepEqual((await decodeFragmentFile(crlf, withKeyFile)).payload, payload);
  await refusesFile("E_FORMAT", ` ${file.text_keyfile}`);
  await refusesFile("E_CHECK", `${file.text_keyfile}\n`);
  await refusesFile("E_CHECK", file.text_keyfile.replace("\n\n", "\n\n\n"));
});

test("payloads that are none are neither written nor read", () => {
  const broken: object[] = [
    { ...payload, v: 2 },
    { ...payload, account: "0".repeat(32) },
    { ...payload, fragment: "cf-x" },
    { ...payload, control: "AA" },
    { ...payload, genesis: "00" },
    { ...payload, epochs: payload.epochs.toReversed() },
    { ...payload, epochs: [{ ...payload.epochs[0], parts: {} }] },
    { ...payload, epochs: [{ ...payload.epochs[0], e: 0 }] },
    { ...payload, epochs: [{ ...payload.epochs[0], created: "today" }] },
    { ...payload, vaultEpochs: [{ f: 1, kcv: "0000000" }] },
    { ...payload, vaultEpochs: null },
    { ...payload, instance: null },
    { ...payload, instance: { ...payload.instance, sign: "" } },
    { ...payload, recovery: 7 },
  ];
  for (const one of broken) {
    refuses(
      "E_FORMAT",
      () => encodeFragmentFile(one as never, { kind: "keyfile" }, key, new Date(0)),
      JSON.stringify(one),
    );
  }
});

test("a file before the account's first journal entry, without recovery and vault epochs, opens", async () => {
  const { recovery: _, ...rest } = payload;
  const young = { ...rest, genesis: "0".repeat(64), vaultEpochs: [] };
  const text = encodeFragmentFile(young, { kind: "command" }, key, new Date(0));
  assert.deepEqual((await decodeFragmentFile(text, withKeyFile)).payload, young);
});

describe("seal methods", () => {
  test("a new passphrase method has the default cost and a salt of its own, and survives its text", () => {
    const method = newPassphraseMethod();
    assert.match(sealMethodText(method), /^argon2id m=65536 t=3 p=4 salt=[\w-]{22}$/);
    assert.deepEqual(parseSealMethod(sealMethodText(method)), method);
    assert.notDeepEqual(newPassphraseMethod(), method);
  });

  test("costs beyond what is accepted, and other spellings, are refused", () => {
    const salt = "lFLBgOSp-jhc6DVfhPJ96A";
    assert.equal(parseSealMethod(`argon2id m=19456 t=2 p=1 salt=${salt}`).kind, "argon2id");
    assert.equal(parseSealMethod(`argon2id m=1048576 t=10 p=16 salt=${salt}`).kind, "argon2id");
    for (const costs of [
      "m=19455 t=3 p=4",
      "m=1048577 t=3 p=4",
      "m=65536 t=1 p=4",
      "m=65536 t=11 p=4",
      "m=65536 t=3 p=0",
      "m=65536 t=3 p=17",
      "m=065536 t=3 p=4",
      "m=65536 t=3",
      "t=3 m=65536 p=4",
    ]) {
      refuses("E_FORMAT", () => parseSealMethod(`argon2id ${costs} salt=${salt}`), costs);
    }
    for (const text of [
      "",
      "kms",
      "argon2i m=65536 t=3 p=4 salt=AA",
      "argon2id m=65536 t=3 p=4 salt=AA",
      "keyfile ",
    ]) {
      refuses("E_FORMAT", () => parseSealMethod(text), text);
    }
  });

  test("one phrase spelled in two ways gives one key", async () => {
    const method: SealMethod = {
      kind: "argon2id",
      memoryKiB: 19_456,
      passes: 2,
      parallelism: 1,
      salt: Buffer.alloc(16),
    };
    const keys = [
      await passphraseKey(method, "caf\u00e9 \ufb01ne"),
      await passphraseKey(method, "cafe\u0301 fine"),
    ];
    assert.deepEqual(keys[0], keys[1]);
    await assert.rejects(passphraseKey({ kind: "keyfile" }, "x"), RangeError);
  });

  test("a key is 32 raw bytes or 64 hex digits, with or without a newline", () => {
    assert.deepEqual(parseKeyText(key), key);
    for (const text of [
      file.keyfile,
      `${file.keyfile}\n`,
      `${file.keyfile}\r\n`,
      file.keyfile.toUpperCase(),
    ]) {
      assert.deepEqual(parseKeyText(Buffer.from(text)), key);
    }
    for (const text of [
      "",
      "x",
      file.keyfile.slice(1),
      ` ${file.keyfile}`,
      `${file.keyfile}\n\n`,
      "g".repeat(64),
    ]) {
      refuses("E_FORMAT", () => parseKeyText(Buffer.from(text)));
    }
  });
});

test("random and mutated files are refused with a code", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(file.text.length), fc.boolean(), (text, at, isChecked) => {
      decodes(() => readFragmentHeader(text));
      decodes(() => readFragmentHeader(file.text.slice(0, at) + text + file.text.slice(at)));
      if (!isChecked) return;
      const { header, sealed } = decodeArmour(file.text);
      decodes(() => readFragmentHeader(encodeArmour(header.slice(0, at) + text + header.slice(at), sealed)));
    }),
  );
});
