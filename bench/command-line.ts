import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "./comparison.ts";
import type { Stage } from "./scenarios.ts";
import { loadCore, secretPath } from "./sides.ts";
import { ratios, spreadOf, spreadText } from "./statistics.ts";

const halfkey = join(import.meta.dirname, "..", "packages", "cli", "bin", "halfkey.mjs");

/** One `get` as a person or script runs it: the whole process, from its start to its end. */
export async function commandLineTimes(stage: Stage, times: number): Promise<string> {
  const { product, bao } = stage;
  const home = mkdtempSync(join(tmpdir(), "halfkey-bench-home-"));
  const path = secretPath(7);
  const token = await product.logIn(stage.reader);
  const shared = { PATH: process.env.PATH ?? "", HOME: home };
  // A token on both sides: a login more would be another comparison.
  const ours = () =>
    wholeProcess(process.execPath, [halfkey, "get", path], {
      ...shared,
      HALFKEY_HOME: home,
      HALFKEY_URL: product.url,
      HALFKEY_CA: product.caFile,
      HALFKEY_TOKEN: token,
    });
  const baoToken = await bao.logIn(stage.bao1.tuned);
  const theirs = () =>
    wholeProcess(bao.program, ["kv", "get", "-mount=secret", "-field=value", path.slice(1)], {
      ...shared,
      BAO_ADDR: bao.url,
      BAO_CACERT: bao.caFile,
      BAO_TOKEN: baoToken,
    });
  try {
    // The first run fills the compile cache and the file system's.
    await ours();
    await theirs();
    const figures: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let n = 0; n < times; n += 1) {
      figures.ours.push(await ours());
      figures.theirs.push(await theirs());
    }
    return `## \`get\` on the command line, whole process\n\n${table(
      ["", "ms"],
      [
        ["halfkey get (from sources, with Node's compile cache)", spreadText(spreadOf(figures.ours))],
        ["bao kv get", spreadText(spreadOf(figures.theirs))],
        ["halfkey : bao", spreadText(ratios(figures.ours, figures.theirs), " ×")],
      ],
    )}`;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function wholeProcess(program: string, args: string[], env: Record<string, string>): Promise<number> {
  const started = performance.now();
  const child = spawn("taskset", ["-c", String(loadCore), program, ...args], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${complaint}`);
  return performance.now() - started;
}
