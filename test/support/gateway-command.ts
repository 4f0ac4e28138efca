import { join } from "node:path";
import { type HalfResult, runHalf } from "./run-half.ts";

/** Generous: a busy machine is no failure. */
const endMilliseconds = 120_000;

/** A command of `halfkey-gateway` that must succeed, with `--json`. */
export async function gatewayJson(
  args: readonly string[],
  options: { input?: string; endMilliseconds?: number } = {},
): Promise<Record<string, unknown>> {
  const result = await runHalf("gateway", [...args, "--json"], { endMilliseconds, ...options });
  if (result.exitCode !== 0)
    throw new Error(`halfkey-gateway ${args.slice(0, 2).join(" ")}: ${result.exitCode} ${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

export function gatewayCommand(
  args: readonly string[],
  options: { input?: string } = {},
): Promise<HalfResult> {
  return runHalf("gateway", args, { endMilliseconds, ...options });
}

/** The sheets of an account, as text files. */
export function sheetFiles(folder: string, count = 3): string[] {
  return Array.from({ length: count }, (_, at) => join(folder, `share-${at + 1}-of-${count}.txt`));
}
