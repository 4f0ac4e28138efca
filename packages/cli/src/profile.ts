import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { CliError } from "./cli-error.ts";

/** A gateway and how to log in to it, kept by `halfkey configure`. */
export interface Profile {
  url: string;
  accessId: string;
  accessKey: string;
  /** The CA itself, PEM: the file it came from may go. */
  ca?: string;
}

/** @throws {CliError} for a name that would leave the folder. */
export function profileFile(name: string, environment: NodeJS.ProcessEnv): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name)) {
    throw new CliError(`${JSON.stringify(name.slice(0, 40))} is no name for a profile`, {
      next: "use letters, digits, '-', '_' and '.'",
    });
  }
  return join(profileFolder(environment), `${name}.json`);
}

/** The names of the profiles that are there, in order. */
export function profileNames(environment: NodeJS.ProcessEnv): string[] {
  try {
    return readdirSync(profileFolder(environment))
      .flatMap((file) => /^([\w][\w.-]*)\.json$/.exec(file)?.[1] ?? [])
      .sort();
  } catch {
    return [];
  }
}

function profileFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment.HALFKEY_HOME || join(homedir(), ".halfkey"), "profiles");
}

/** @returns undefined if there is no such profile. @throws {CliError} if others can read it, or it is damaged. */
export function readProfile(name: string, environment: NodeJS.ProcessEnv): Profile | undefined {
  const file = profileFile(name, environment);
  const text = readPrivate(file);
  if (text === undefined) return undefined;
  const profile = parseObject(text);
  const { url, accessId, accessKey, ca } = profile ?? {};
  if (typeof url !== "string" || typeof accessId !== "string" || typeof accessKey !== "string") {
    throw new CliError("the profile is damaged", { where: file, next: "halfkey configure" });
  }
  return { url, accessId, accessKey, ...(typeof ca === "string" ? { ca } : {}) };
}

/** Replaces the file in one step, readable by its owner only. */
export function writeProfile(name: string, profile: Profile, environment: NodeJS.ProcessEnv): string {
  const file = profileFile(name, environment);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(temporary, file);
  return file;
}

/** A file that holds a key. @returns undefined if it is absent. @throws {CliError} if others may read it. */
export function readPrivate(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    throw new CliError("other users may read this file, and it holds a key", {
      where: file,
      next: `chmod 600 ${file}, and change the key if they might have`,
    });
  }
  return readFileSync(file, "utf8");
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
