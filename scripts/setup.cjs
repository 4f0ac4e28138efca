// Makes `npm start` and `npm test` work on a fresh machine: installs what package-lock.json names, once.
// Runs under Node 20 and without dependencies; with an unchanged lock it touches no network, because
// asking an unreachable registry can cost minutes (docs/decisions/0002-node-26-from-npm.md).
"use strict";
const { createHash } = require("node:crypto");
const { spawnSync } = require("node:child_process");
const { existsSync, readFileSync, readdirSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const stampFile = join(root, "node_modules", ".halfkey-setup");

function wanted() {
  const hash = createHash("sha256");
  const packages = readdirSync(join(root, "packages")).sort();
  const files = [
    "package-lock.json",
    "package.json",
    ...packages.map((name) => join("packages", name, "package.json")),
  ];
  for (const file of files) {
    if (existsSync(join(root, file)))
      hash
        .update(file)
        .update("\0")
        .update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

function installed() {
  return existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
}

if (installed() !== wanted()) {
  console.error("Installing dependencies (only when package-lock.json changes) …");
  const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    console.error(
      "npm install failed. Check that a package registry can be reached, then run the command again.",
    );
    process.exit(npm.status || 1);
  }
  // After the install: npm may have completed the lock.
  writeFileSync(stampFile, wanted());
}
