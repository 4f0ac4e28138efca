// How long `halfkey lint` takes over many manifests, as a process: files by themselves, and among the rest of a cluster
// as `helm template` prints it. Not part of `npm test`: run it with `node bench/lint.ts [manifests]`.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const count = Number(process.argv[2] ?? 5000);
const program = join(import.meta.dirname, "..", "packages", "cli", "bin", "halfkey.mjs");
const folder = mkdtempSync(join(tmpdir(), "halfkey-bench-lint-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

function externalSecret(at: number): string {
  const namespace = `team-${at % 40}`;
  return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: app-${at}
  namespace: ${namespace}
  labels: {app.kubernetes.io/name: app-${at}}
spec:
  refreshInterval: 1m
  secretStoreRef:
    kind: ClusterSecretStore
    name: cm-akeyless
  target:
    name: app-${at}
    template:
      type: Opaque
      data:
        NAME: app-${at}
        URL: "postgres://{{ .username }}:{{ .password }}@db.${namespace}:5432/app"
        AUTH: '{{ printf "%s:%s" .username .password | b64enc }}'
${at % 100 === 0 ? "        MISTAKE: '{{ index . \"absent\" }}'\n" : ""}  data:
  - secretKey: username
    remoteRef:
      key: /mdapi/${namespace}/app-${at}/username
  - secretKey: password
    remoteRef:
      key: /mdapi/${namespace}/app-${at}/password
`;
}

function other(at: number): string {
  const container = `      - name: app\n        image: registry/app:${at}\n        env:\n`;
  const variables = Array.from(
    { length: 20 },
    (_, index) => `        - {name: VARIABLE_${index}, value: "${at}"}\n`,
  );
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app-${at}}\nspec:\n  template:\n    spec:\n      containers:\n${container}${variables.join("")}`;
}

function measure(what: string, input: string, words: string[]): void {
  const began = performance.now();
  const { stdout, status } = spawnSync(process.execPath, [program, "lint", "--json", ...words], {
    env: { PATH: "/nonexistent", HALFKEY_HOME: join(folder, "home") },
    input,
    maxBuffer: 1 << 28,
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  const found = JSON.parse(stdout.toString()).length;
  console.log(`${what}: ${seconds} s, ${found} findings, exit code ${status}`);
}

const all = Array.from({ length: count }, (_, at) => externalSecret(at));
mkdirSync(join(folder, "files"));
for (const [at, text] of all.entries()) writeFileSync(join(folder, "files", `${at}.yaml`), text);
const stream = all
  .map((text, at) => `---\n# Source: chart/templates/${at}.yaml\n${text}---\n${other(at)}`)
  .join("");
const bytes = (text: string) => `${(text.length / 1024 / 1024).toFixed(1)} MiB`;

measure("nothing", "", ["-"]);
measure(`${count} files, ${bytes(all.join(""))}`, "", [join(folder, "files")]);
measure(`one stream with ${count} of ${2 * count} documents, ${bytes(stream)}`, stream, ["-"]);
