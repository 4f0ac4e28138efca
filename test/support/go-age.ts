import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

/** The first versions with post-quantum recipients are 1.3; Debian's is older. */
const version = "v1.3.1";

/** Says in one line why the reference implementation of age cannot be had on this machine; `undefined` if it can. */
export function goAgeMissing(): string | undefined {
  return spawnSync("go", ["version"]).status === 0 || existsSync(programIn(folder()))
    ? undefined
    : "the reference implementation of age needs go";
}

/** The standard `age` program, built once per machine. @throws {Error} where the Go module proxy cannot be reached. */
export async function goAge(): Promise<string> {
  const program = programIn(folder());
  if (existsSync(program)) return program;
  const building = `${folder()}.${process.pid}`;
  try {
    mkdirSync(building, { recursive: true });
    await runCommand("env", [`GOBIN=${building}`, "go", "install", `filippo.io/age/cmd/age@${version}`]);
    rmSync(folder(), { recursive: true, force: true });
    // By rename: a suite that was killed in between leaves nothing that looks finished.
    renameSync(building, folder());
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return program;
}

function folder(): string {
  const cache =
    process.env.HALFKEY_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "halfkey");
  return join(cache, `age-${version}`);
}

function programIn(at: string): string {
  return join(at, "age");
}
