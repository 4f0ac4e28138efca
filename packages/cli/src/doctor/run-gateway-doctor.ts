import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CliError, DiagnosedFailure, type ExitCode } from "../cli-error.ts";
import type { Context } from "../command.ts";

/** Only the gateway's own program opens its data: this one starts it, where it is installed beside. */
export async function runGatewayDoctor(context: Context, data: string): Promise<void> {
  const program = siblingProgram();
  if (program === undefined) {
    throw new CliError("halfkey-gateway is not installed beside this program", {
      next: `on the gateway's machine: halfkey-gateway doctor --data ${data}`,
    });
  }
  const json = context.format === "json" ? ["--json"] : [];
  const child = spawn(process.execPath, [program, "doctor", "--data", data, ...json], {
    stdio: "inherit",
    env: context.environment,
  });
  const [exitCode] = await once(child, "exit");
  if (exitCode !== 0) throw new DiagnosedFailure(exitCode === 2 ? 2 : (1 as ExitCode));
}

/** As the packages lie side by side, in this project and below one `node_modules/@halfkey`. */
function siblingProgram(): string | undefined {
  const file = join(import.meta.dirname, "..", "..", "..", "gateway", "src", "main.ts");
  return existsSync(file) ? file : undefined;
}
