import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

const version = "5.0.40";

/** Says in one line why the official SDK from PyPI cannot be used on this machine; `undefined` if it can. */
export function pythonMissing(): string | undefined {
  const { status } = spawnSync("python3", ["-c", "import venv, ensurepip"]);
  return status === 0 ? undefined : "the SDK from PyPI needs python3 with its module venv (python3-venv)";
}

/**
 * The interpreter of an environment that holds exactly that SDK. It is made once per machine, in about 15 s, and
 * found again by every clone.
 *
 * @throws {Error} Where PyPI cannot be reached, with pip's words.
 */
export async function pythonWithSdk(): Promise<string> {
  const cache =
    process.env.HALFKEY_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "halfkey");
  const environment = join(cache, `python-akeyless-${version}`);
  const python = join(environment, "bin", "python");
  const stamp = join(environment, "complete");
  // An environment leads to the interpreter it was made with, which an update of the system may have replaced.
  const made = (
    await runCommand("python3", ["-c", "import sys; print(sys.version, sys.base_prefix)"])
  ).trim();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === made) return python;

  mkdirSync(cache, { recursive: true });
  const building = `${environment}.${process.pid}`;
  try {
    await runCommand("python3", ["-m", "venv", building]);
    await runCommand(join(building, "bin", "python"), [
      ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `akeyless==${version}`],
    ]);
    writeFileSync(join(building, "complete"), made);
    rmSync(environment, { recursive: true, force: true });
    // By rename: a suite that was killed in between leaves nothing that looks finished.
    renameSync(building, environment);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return python;
}
