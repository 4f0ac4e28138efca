import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadConfig, type Setting, settingsTable } from "./config.ts";

const settings = {
  "vault-port": { type: "integer", default: 9443, minimum: 0, maximum: 65_535, doc: "A port." },
  host: { type: "string", default: "127.0.0.1", doc: "A host." },
  hosts: { type: "list", default: [], doc: "Hosts." },
  tls: { type: "boolean", default: true, doc: "TLS." },
  key: { type: "string", doc: "A key." },
} as const satisfies Record<string, Setting>;

describe("a configuration", () => {
  const folder = mkdtempSync(join(tmpdir(), "halfkey-config-"));
  after(() => rmSync(folder, { recursive: true }));
  const yaml = (text: string) => {
    const file = join(folder, "config.yaml");
    writeFileSync(file, text);
    return file;
  };
  const load = (flags: Record<string, unknown> = {}, environment: NodeJS.ProcessEnv = {}, file?: string) =>
    loadConfig({ settings, flags, environment, prefix: "x", file });

  it("has the defaults", () => {
    assert.deepEqual(load(), { "vault-port": 9443, host: "127.0.0.1", hosts: [], tls: true, key: undefined });
  });

  it("takes flags over variables over the file", () => {
    const file = yaml("vault-port: 1\nhost: from-file\nkey: from-file\nhosts: [a, b]\ntls: false\n");
    const environment = { HALFKEY_X_VAULT_PORT: "2", HALFKEY_X_HOST: "from-variable" };
    assert.deepEqual(load({ vaultPort: "3" }, environment, file), {
      "vault-port": 3,
      host: "from-variable",
      key: "from-file",
      hosts: ["a", "b"],
      tls: false,
    });
  });

  it("takes a list with commas, and flags in either spelling", () => {
    assert.deepEqual(load({ hosts: "a, b,,c", "vault-port": 7 }).hosts, ["a", "b", "c"]);
    assert.equal(load({ "vault-port": 7 })["vault-port"], 7);
  });

  it("refuses what is unknown, by name", () => {
    assert.throws(() => load({}, {}, yaml("prot: 1\n")), {
      code: "E_INPUT",
      message: /unknown key "prot".*vault-port/,
    });
    assert.throws(() => load({ vaultPrt: 1 }), { code: "E_INPUT", message: /--vault-prt/ });
  });

  it("names key, source and expected form", () => {
    const cases: [() => unknown, RegExp][] = [
      [() => load({ vaultPort: "65536" }), /flag --vault-port: expected a whole number from 0 to 65535/],
      [() => load({}, { HALFKEY_X_VAULT_PORT: "1e3" }), /variable HALFKEY_X_VAULT_PORT: expected/],
      [() => load({}, { HALFKEY_X_TLS: "yes" }), /true or false/],
      [() => load({}, {}, yaml("host: 5\n")), /config\.yaml: key host: expected a text/],
      [() => load({}, {}, yaml("hosts: [5]\n")), /comma-separated list/],
      [() => load({}, {}, yaml("- a\n")), /must hold keys and values/],
      [() => load({}, {}, yaml("a: [\n")), /is no YAML/],
      [() => load({}, {}, join(folder, "none.yaml")), /cannot be read \(ENOENT\)/],
    ];
    for (const [run, message] of cases) assert.throws(run, { code: "E_INPUT", message });
  });

  it("refuses a file that repeats keys or unfolds aliases", () => {
    assert.throws(() => load({}, {}, yaml("host: a\nhost: b\n")), { code: "E_INPUT" });
    assert.throws(() => load({}, {}, yaml("host: &a x\nkey: *a\n")), { code: "E_INPUT" });
  });

  it("does not quote a value in its errors, which may be a secret in the wrong place", () => {
    assert.throws(
      () => load({ vaultPort: "hunter2" }),
      (error: Error) => !error.message.includes("hunter2"),
    );
  });

  it("documents itself", () => {
    const table = settingsTable(settings, "x");
    assert.match(table, /\| `--vault-port` \| `HALFKEY_X_VAULT_PORT` \| integer \| `9443` \| A port\. \|/);
    assert.match(settingsTable(settings, ""), /`HALFKEY_VAULT_PORT`/);
  });
});
