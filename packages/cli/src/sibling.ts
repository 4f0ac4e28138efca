import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** Words that another program answers, where it is installed: this one speaks HTTP only and opens no data. */
const siblings: Record<string, { program: string; keepsWord: boolean }> = {
  gateway: { program: "halfkey-gateway", keepsWord: false },
  vault: { program: "halfkey-vault", keepsWord: false },
  backup: { program: "halfkey-gateway", keepsWord: true },
  restore: { program: "halfkey-gateway", keepsWord: true },
  shares: { program: "halfkey-gateway", keepsWord: true },
};

export interface SiblingCall {
  program: string;
  arguments: string[];
}

/** The sibling's command line that these words mean; nothing where they are this program's own. */
export function siblingCall(words: readonly string[]): SiblingCall | undefined {
  const [first = "", ...rest] = words;
  if (!Object.hasOwn(siblings, first)) return undefined;
  const { program, keepsWord } = siblings[first] as { program: string; keepsWord: boolean };
  return { program, arguments: keepsWord ? [first, ...rest] : rest };
}

/**
 * Runs the sibling in this program's place: its streams are ours, and so is its exit code.
 *
 * @returns the exit code; nothing where the sibling is not installed.
 */
export async function runSibling(
  { program, arguments: args }: SiblingCall,
  environment: NodeJS.ProcessEnv,
): Promise<number | undefined> {
  const file = findProgram(program, environment);
  if (file === undefined) return undefined;
  // The Node that runs this program: the one in PATH may be older.
  const child = spawn(process.execPath, [file, ...args], { stdio: "inherit", env: environment });
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}

function findProgram(program: string, environment: NodeJS.ProcessEnv): string | undefined {
  // Beside this package, in the project and in node_modules/@halfkey alike; else wherever it is installed.
  const beside = join(
    import.meta.dirname,
    "..",
    "..",
    program.replace("halfkey-", ""),
    "bin",
    `${program}.mjs`,
  );
  const folders = [dirname(process.argv[1] ?? ""), ...(environment.PATH ?? "").split(delimiter)];
  return [beside, ...folders.filter(Boolean).map((folder) => join(folder, program))].find((file) =>
    existsSync(file),
  );
}
