import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CliError } from "../cli-error.ts";
import type { Context } from "../command.ts";

const execute = promisify(execFile);
const timeoutMs = 60_000;
const bytesMax = 256 * 1024 * 1024;

/** The name of a folder's kustomization, if it has one. */
export function kustomizationIn(folder: string): string | undefined {
  return ["kustomization.yaml", "kustomization.yml", "Kustomization"].find((name) =>
    existsSync(join(folder, name)),
  );
}

/**
 * What Kustomize makes of a folder.
 *
 * @returns undefined if there is neither `kustomize` nor `kubectl`
 * @throws {CliError} if it fails
 */
export async function kustomized(folder: string, { environment }: Context): Promise<string | undefined> {
  for (const [program, ...words] of [
    ["kustomize", "build"],
    ["kubectl", "kustomize"],
  ] as const) {
    try {
      const { stdout } = await execute(program, [...words, folder], {
        env: environment,
        timeout: timeoutMs,
        maxBuffer: bytesMax,
      });
      return stdout;
    } catch (error) {
      const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === "ENOENT") continue;
      const why = stderr?.trim().split("\n").at(-1);
      throw new CliError(`${program} ${words[0]} failed${why ? `: ${why}` : ""}`, {
        where: folder,
        next: "correct the kustomization, or name its files",
      });
    }
  }
  return undefined;
}
