import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { auditVerifierKey, openAuditCheckpoint, signAuditCheckpoint } from "./audit-checkpoint.ts";
import { auditLogId, auditOrigin, openAuditEntry, sealAuditEntry } from "./audit-entry.ts";
import {
  AuditTree,
  auditLeafHash,
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "./audit-tree.ts";
import { encodeContext, rootContext } from "./buffers.ts";
import { purposes } from "./context.ts";
import { CryptoError } from "./errors.ts";
import { randomBytes } from "./primitives.ts";
import { seal, sealedContext } from "./seal.ts";
import { sealAt } from "./seal-layout.ts";
import { customerShare, rootedKeys, rootKey, vaultShare } from "./share.ts";
import { signingKeyFromSeed } from "./signing.ts";
import {
  account,
  codeOfSealedByte,
  decodes,
  flipsOf,
  hex,
  refuses,
  truncationsOf,
  vectors,
} from "./vectors.testing.ts";

const { audit, keys, journal } = vectors;
const writer = journal.writers[0];
const logId = auditLogId(audit.origin);
const x0 = rootContext(account, purposes.audit, 1, 1);
const root = rootKey(customerShare(hex(keys.customer[1]), x0), vaultShare(hex(keys.vault[1]), x0), x0);
const rootOf = (e: number, f: number) => (e === 1 && f === 1 ? root : undefined);
const sealedOf = (index: number) => hex(audit.entries[index].sealed);
const leafHashes: Buffer[] = audit.entries.map(({ leaf }: { leaf: string }) => hex(leaf));
const publicKey = hex(writer.public);

function open(sealed: Uint8Array, index: number, id: Uint8Array = logId): Record<string, unknown> {
  return openAuditEntry({ account, logId: id, index, sealed, rootOf });
}

describe("entries agree with the vectors", () => {
  test("the log's name and id", () => {
    assert.equal(auditOrigin(keys.account, writer.instance, 1), audit.origin);
    assert.equal(logId.toString("hex"), audit.log_id);
  });

  for (const [index, { plaintext, sealed, leaf }] of audit.entries.entries()) {
    test(`entry ${index}`, () => {
      assert.deepEqual(open(hex(sealed), index), JSON.parse(hex(plaintext).toString()));
      assert.equal(auditLeafHash(hex(sealed)).toString("hex"), leaf);
      const context = sealedContext(hex(sealed), {
        account,
        purpose: purposes.audit,
        id: logId,
        version: index,
      });
      const x = encodeContext(context);
      const nonce = hex(sealed).subarray(sealAt.nonce, sealAt.ciphertext);
      assert.equal(seal(rootedKeys(root, x), x, hex(plaintext), nonce).toString("hex"), sealed);
    });
  }
});

test("every flipped bit of an entry is refused, by where it is", () => {
  for (const { at, bytes } of flipsOf(sealedOf(0)))
    refuses(codeOfSealedByte(at), () => open(bytes, 0), `byte ${at}`);
});

test("a truncated entry is refused", () => {
  for (const bytes of truncationsOf(sealedOf(0)))
    refuses(bytes.length < 102 ? "E_FORMAT" : "E_TAG", () => open(bytes, 0));
});

test("an entry opens in no other place and in no other log", () => {
  for (let index = 1; index < 7; index += 1) refuses("E_KEY", () => open(sealedOf(0), index));
  refuses("E_KEY", () => open(sealedOf(0), 0, auditLogId(`${audit.origin}0`)));
});

const anyText = fc.string({ unit: "binary", maxLength: 2000 });

test("what is sealed opens again, padded to a power of two, and never to the same bytes", () => {
  const place = { account, logId, customerEpoch: 1, vaultEpoch: 1, root, hedge: randomBytes(32) };
  fc.assert(
    fc.property(fc.maxSafeNat(), anyText, (index, path) => {
      const json = JSON.stringify({ path });
      const sealed = sealAuditEntry({ ...place, index, json });
      assert.deepEqual(open(sealed, index), JSON.parse(json));
      assert(Number.isInteger(Math.log2(sealed.length - 102)));
      assert.notDeepEqual(sealAuditEntry({ ...place, index, json }), sealed);
    }),
  );
});

describe("the tree agrees with the vectors", () => {
  test("roots of every size", () => {
    const tree = new AuditTree();
    for (const [size, expected] of audit.roots.entries()) {
      assert.equal(tree.root().toString("hex"), expected, `size ${size}`);
      if (size < leafHashes.length) tree.append(leafHashes[size] as Buffer);
    }
  });

  test("inclusion", () => {
    const { index, size, proof } = audit.inclusion;
    assert.deepEqual(inclusionProof(leafHashes.slice(0, size), index), proof.map(hex));
    assert(includes(leafHashes, index, proof.map(hex), hex(audit.roots[size])));
  });

  test("consistency", () => {
    const { from, to, proof } = audit.consistency;
    assert.deepEqual(consistencyProof(leafHashes.slice(0, to), from), proof.map(hex));
    const [fromRoot, toRoot] = [hex(audit.roots[from]), hex(audit.roots[to])];
    assert(verifyConsistency({ from, to, fromRoot, toRoot, proof: proof.map(hex) }));
  });
});

/** The definition of RFC 9162, word by word, to hold the incremental one against. */
function rootOf9162(hashes: readonly Uint8Array[]): Buffer {
  if (hashes.length === 0) return new AuditTree().root();
  if (hashes.length === 1) return Buffer.from(hashes[0] as Uint8Array);
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  const tree = new AuditTree();
  tree.append(rootOf9162(hashes.slice(0, split)));
  tree.append(rootOf9162(hashes.slice(split)));
  return tree.root();
}

function includes(
  hashes: readonly Uint8Array[],
  index: number,
  proof: Uint8Array[],
  root: Uint8Array,
): boolean {
  return verifyInclusion({ index, size: hashes.length, leafHash: hashes[index] as Uint8Array, proof, root });
}

const hashList = (minLength: number) =>
  fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength, maxLength: 70 });

test("property: the incremental root is the recursive one, also after a pause anywhere", () => {
  fc.assert(
    fc.property(hashList(0), fc.nat(70), (hashes, pause) => {
      let tree = new AuditTree();
      for (const [index, hash] of hashes.entries()) {
        if (index === pause) tree = AuditTree.resume(tree.size, tree.frontier);
        tree.append(hash);
      }
      assert.deepEqual(tree.root(), rootOf9162(hashes));
      assert.deepEqual(tree.copy().root(), tree.root());
    }),
  );
});

test("property: every leaf has its proof, and no other leaf, place or root passes with it", () => {
  fc.assert(
    fc.property(hashList(1), fc.nat(), fc.nat(), (hashes, anyIndex, anyOther) => {
      const index = anyIndex % hashes.length;
      const other = anyOther % hashes.length;
      const proof = inclusionProof(hashes, index);
      const root = rootOf9162(hashes);
      assert(includes(hashes, index, proof, root));
      if (other !== index) {
        const claim = {
          index: other,
          size: hashes.length,
          leafHash: hashes[index] as Uint8Array,
          proof,
          root,
        };
        assert(!verifyInclusion(claim));
      }
      assert(!includes(hashes, index, [...proof, root], root));
      assert(!includes(hashes, index, proof, randomBytes(32)));
      if (proof.length > 0) assert(!includes(hashes, index, proof.slice(1), root));
    }),
  );
});

test("property: every size is consistent with every later one, and a changed leaf breaks it", () => {
  fc.assert(
    fc.property(hashList(2), fc.nat(), fc.nat(), (hashes, anyFrom, anyLeaf) => {
      const from = anyFrom % (hashes.length + 1);
      const proof = consistencyProof(hashes, from);
      const claim = {
        from,
        to: hashes.length,
        fromRoot: rootOf9162(hashes.slice(0, from)),
        toRoot: rootOf9162(hashes),
        proof,
      };
      assert(verifyConsistency(claim));
      assert(!verifyConsistency({ ...claim, proof: [...proof, randomBytes(32)] }));
      assert(!verifyConsistency({ ...claim, toRoot: randomBytes(32) }) || from === 0);
      if (from === 0) return;
      const forked: Uint8Array[] = hashes.slice(0, from);
      forked[anyLeaf % from] = randomBytes(32);
      assert(!verifyConsistency({ ...claim, fromRoot: rootOf9162(forked) }));
    }),
  );
});

test("hashes that do not fit their size are refused", () => {
  for (const size of [1, 2, 3, 7, -1, 0.5, 2 ** 53]) {
    refuses("E_FORMAT", () => AuditTree.resume(size, []));
    refuses("E_FORMAT", () => AuditTree.resume(size, [Buffer.alloc(32), Buffer.alloc(31)]));
  }
  assert.equal(AuditTree.resume(2 ** 52, [Buffer.alloc(32)]).size, 2 ** 52);
});

describe("checkpoints", () => {
  test("agree with the vectors", () => {
    const checkpoint = { size: 7, root: hex(audit.roots[7]) };
    const key = signingKeyFromSeed(hex(writer.seed));
    assert.equal(signAuditCheckpoint(audit.origin, checkpoint, key), audit.checkpoint);
    assert.deepEqual(openAuditCheckpoint(audit.checkpoint, audit.origin, publicKey), checkpoint);
    assert.equal(auditVerifierKey(audit.origin, publicKey), audit.vkey);
  });

  const refused = (note: string, origin = audit.origin, key = publicKey) =>
    assert.throws(
      () => openAuditCheckpoint(note, origin, key),
      (error) => error instanceof CryptoError && ["E_FORMAT", "E_CHECK"].includes(error.code),
      JSON.stringify(note),
    );

  test("every flipped bit is refused", () => {
    for (const { bytes } of flipsOf(Buffer.from(audit.checkpoint))) refused(bytes.toString());
  });

  test("truncation, additions, another log and another key are refused", () => {
    const note: string = audit.checkpoint;
    for (let length = 0; length < note.length; length += 1) refused(note.slice(0, length));
    for (const more of ["\n", " ", "x", note, "\u2014 other abcd\n"]) refused(note + more);
    refused(note.replace("\n7\n", "\n07\n"));
    refused(note.replaceAll("\n", "\r\n"));
    refused(note, `${audit.origin}0`);
    refused(note, audit.origin, hex(journal.writers[1].public));
  });

  test("random text is refused with a code", () => {
    fc.assert(
      fc.property(anyText, (text) => decodes(() => openAuditCheckpoint(text, audit.origin, publicKey))),
    );
  });
});
