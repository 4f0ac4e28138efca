import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { describe, test } from "node:test";

/** Who may know whom, and why: docs/architecture.md. Change the page first, then this. */
const mayKnow: Record<string, string[]> = {
  crypto: [],
  model: [],
  wire: ["model"],
  manifests: ["model"],
  kubernetes: [],
  diagnosis: ["model"],
  runtime: ["crypto", "model", "diagnosis"],
  vault: ["crypto", "model", "wire", "runtime", "diagnosis"],
  gateway: ["crypto", "model", "wire", "runtime", "diagnosis", "manifests", "kubernetes"],
  cli: ["crypto", "model", "wire", "diagnosis", "manifests", "kubernetes"],
};

const root = join(import.meta.dirname, "..");
const packagesFolder = join(root, "packages");
const packages = readdirSync(packagesFolder).filter((name) =>
  existsSync(join(packagesFolder, name, "package.json")),
);

/** TypeScript files below a folder, without tests: tests may know more. */
function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What a file imports, by any form of import. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const forms = [
    /\bfrom\s+["']([^"']+)["']/g,
    /\bimport\s*\(\s*["']([^"']+)["']/g,
    /\bimport\s+["']([^"']+)["']/g,
  ];
  return forms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? ""));
}

for (const name of packages) {
  describe(`package ${name}`, () => {
    const allowed = mayKnow[name];

    test("has a place in the table", () =>
      assert(allowed !== undefined, `${name} is not in docs/architecture.md's table`));

    test("declares only packages it may know", () => {
      const manifest = JSON.parse(readFileSync(join(packagesFolder, name, "package.json"), "utf8"));
      const declared = Object.keys({
        ...manifest.dependencies,
        ...manifest.peerDependencies,
        ...manifest.optionalDependencies,
      });
      for (const dependency of declared) {
        const known = /^@halfkey\/(.+)/.exec(dependency)?.[1];
        if (known !== undefined) assert(allowed?.includes(known), `${name} may not know ${known}`);
      }
    });

    test("imports only packages it may know, and no inner files of others", () => {
      for (const file of sourcesBelow(join(packagesFolder, name, "src"))) {
        for (const wanted of importsOf(file)) {
          const where = relative(root, file);
          const known = /^@halfkey\/([^/]+)/.exec(wanted)?.[1];
          if (known !== undefined) assert(allowed?.includes(known), `${where} may not import ${wanted}`);
          assert(!wanted.startsWith("../../"), `${where} reaches out of its package: ${wanted}`);
        }
      }
    });
  });
}

test("one package owns the cryptography", () => {
  for (const name of packages.filter((one) => one !== "crypto")) {
    for (const file of sourcesBelow(join(packagesFolder, name, "src"))) {
      const where = relative(root, file);
      const forbidden = importsOf(file).filter((wanted) => /^(node:)?crypto$/.test(wanted));
      assert.deepEqual(forbidden, [], `${where} imports node:crypto: ask @halfkey/crypto instead`);
      // The private CA's certificates are made by a library over WebCrypto; random ids need no library.
      const isTls = where === join("packages", "runtime", "src", "tls.ts");
      if (!isTls)
        assert(!/\bcrypto\.subtle\b/.test(readFileSync(file, "utf8")), `${where} uses crypto.subtle`);
    }
  }
});

test("what runs in a browser imports nothing of Node", () => {
  for (const name of ["model", "manifests"]) {
    for (const file of sourcesBelow(join(packagesFolder, name, "src"))) {
      const forbidden = importsOf(file).filter(isBuiltin);
      assert.deepEqual(forbidden, [], `${relative(root, file)} does not run in a browser`);
    }
  }
});

test("the cryptography uses no algorithm that its specification does not name", () => {
  const forbidden = /\b(md5|sha1|sha-1|des|rc4|ecb|aes-\d+-cbc|aes-\d+-ctr|pbkdf2|scrypt|rsa|secp256k1)\b/i;
  for (const file of sourcesBelow(join(packagesFolder, "crypto", "src"))) {
    const found = forbidden.exec(readFileSync(file, "utf8"));
    assert.equal(found, null, `${relative(root, file)} names ${found?.[0]}`);
  }
});

describe("the halves stay apart", () => {
  // Each in a process of its own: what importing one half loads, by any road, is what a process of it holds.
  const loadedBy = (entry: string): string[] => {
    const script = `
      const { registerHooks } = await import("node:module");
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      await import(${JSON.stringify(join(packagesFolder, entry))});
      process.stdout.write(JSON.stringify(loaded));
    `;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    return (JSON.parse(out) as string[]).filter((url) => url.includes("/packages/"));
  };

  for (const [half, other] of [
    ["vault", "gateway"],
    ["gateway", "vault"],
  ] as const) {
    test(`${half} loads nothing of ${other}`, () => {
      const loaded = loadedBy(`${half}/src/program.ts`);
      assert(
        loaded.some((url) => url.includes(`/packages/${half}/`)),
        "the list is not empty",
      );
      assert.deepEqual(
        loaded.filter((url) => url.includes(`/packages/${other}/`)),
        [],
      );
    });
  }

  test("the launcher imports neither half", () => {
    for (const file of sourcesBelow(join(root, "dev"))) {
      assert.deepEqual(
        importsOf(file).filter((wanted) => /vault|gateway/.test(wanted) && !wanted.startsWith("./")),
        [],
      );
    }
  });
});
