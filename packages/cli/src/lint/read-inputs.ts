import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Source } from "@halfkey/manifests/lint";
import { CliError } from "../cli-error.ts";
import type { Context } from "../command.ts";
import { kustomizationIn, kustomized } from "./kustomized.ts";

export interface Inputs {
  sources: Source[];
  /** Those that are files, and can be written, by their absolute paths. */
  files: Map<string, Source>;
  /** What was not looked at as it will be applied, and why. */
  notes: string[];
}

/**
 * Reads what is to be linted: files, folders, `-` for stdin. A Kustomize folder is built if there is a program for
 * it; templates of a Helm chart are left out.
 *
 * @param toWrite Only files can be mended: nothing is built then.
 * @throws {CliError} for what cannot be read
 */
export async function readInputs(
  context: Context,
  paths: readonly string[],
  toWrite: boolean,
): Promise<Inputs> {
  const inputs: Inputs = { sources: [], files: new Map(), notes: [] };
  for (const path of paths) {
    if (path === "-") {
      inputs.sources.push({ file: "<stdin>", text: await text(context.terminal.input) });
      continue;
    }
    await readPath(resolve(context.workingDirectory, path), path, toWrite ? undefined : context, inputs);
  }
  return inputs;
}

async function readPath(
  absolute: string,
  shown: string,
  builder: Context | undefined,
  inputs: Inputs,
): Promise<void> {
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat) throw new CliError("no such file or folder", { where: shown });
  if (!stat.isDirectory()) return readOne(absolute, shown, inputs);
  const kustomization = builder && kustomizationIn(absolute);
  const built = kustomization && (await kustomized(absolute, builder));
  if (built) {
    inputs.sources.push({ file: join(shown, kustomization), text: built });
    return;
  }
  if (kustomization) {
    inputs.notes.push(
      `${shown} is a Kustomize folder, and neither kustomize nor kubectl is on the PATH: its files are linted as they are`,
    );
  }
  for (const file of manifestFiles(absolute, inputs.notes)) {
    readOne(file, join(shown, relative(absolute, file)), inputs);
  }
}

function readOne(absolute: string, shown: string, { sources, files }: Inputs): void {
  // `lint . a.yaml` names it twice, and no finding should come twice.
  if (files.has(absolute)) return;
  let content: string;
  try {
    content = readFileSync(absolute, "utf8");
  } catch (error) {
    throw new CliError(`cannot be read: ${(error as NodeJS.ErrnoException).code}`, { where: shown });
  }
  const source = { file: shown, text: content };
  sources.push(source);
  files.set(absolute, source);
}

/** `*.yaml`, `*.yml` and `*.json` below a folder, by name. Links to folders are not followed. */
function manifestFiles(folder: string, notes: string[]): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const isChart = existsSync(join(folder, "Chart.yaml"));
  return entries.flatMap((entry: Dirent) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name === "node_modules" || entry.name.startsWith(".")) return [];
      if (isChart && entry.name === "templates") {
        notes.push(`${path} holds templates of a chart: lint them with \`helm template … | halfkey lint -\``);
        return [];
      }
      return manifestFiles(path, notes);
    }
    const isFile =
      entry.isFile() ||
      (entry.isSymbolicLink() && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false));
    return isFile && /\.(ya?ml|json)$/i.test(entry.name) ? [path] : [];
  });
}
