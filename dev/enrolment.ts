import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { HalfError, tail } from "./half.ts";
import { layout, programs } from "./layout.ts";

/** The vault accepts a code again for 15 minutes; a pending one is used up to a little before that. */
const codeMilliseconds = 14 * 60_000;

/**
 * Makes the gateway ready to serve: its key file, on the first start an enrolment code of the vault, and
 * `init`, which repeats nothing that is done. A crash at any step is healed by the next start, which is why
 * the code is kept until `init` has succeeded: it may already have used it.
 *
 * @param stopped ends a command that still runs.
 * @throws {HalfError}
 */
export async function enrolGateway(dataDir: string, vaultUrl: string, stopped: AbortSignal): Promise<void> {
  const at = layout(dataDir);
  if (!existsSync(at.unsealKey)) {
    writeFileSync(at.unsealKey, crypto.getRandomValues(new Uint8Array(32)), {
      flag: "wx",
      mode: 0o600,
      flush: true,
    });
  }
  const code = existsSync(at.credentials) ? undefined : await enrolmentCode(dataDir, stopped);
  await run(
    stopped,
    programs.gateway,
    [
      ...["init", "--data", at.gatewayData, "--vault", vaultUrl],
      ...(vaultUrl.startsWith("https:") ? ["--vault-ca", at.vaultCa] : []),
      ...(code ? ["--code", "-"] : []),
      ...[
        "--no-make-shares",
        "--key-file",
        at.unsealKey,
        "--grant-all",
        "--credentials",
        at.credentials,
        "--json",
      ],
    ],
    code,
  );
  rmSync(at.enrolCode, { force: true });
}

async function enrolmentCode(dataDir: string, stopped: AbortSignal): Promise<string> {
  const { enrolCode, vaultData } = layout(dataDir);
  const pending = readPending(enrolCode);
  if (pending) return pending;
  const answer = await run(stopped, programs.vault, [
    "enrol-code",
    "--new-account",
    "--data",
    vaultData,
    "--json",
  ]);
  const { code } = JSON.parse(answer);
  writeFileSync(enrolCode, JSON.stringify({ code, made: Date.now() }), { mode: 0o600, flush: true });
  return code;
}

function readPending(file: string): string | undefined {
  try {
    const { code, made } = JSON.parse(readFileSync(file, "utf8"));
    return Date.now() - made < codeMilliseconds ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Runs one command of a half to its end. Its input may hold a secret; neither it nor the output is shown. */
function run(stopped: AbortSignal, program: string, args: string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { signal: stopped });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => complaints.push(chunk));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(output).toString());
      const how = signal ? `signal ${signal}` : `exit code ${code}`;
      const words = tail(Buffer.concat(complaints).toString());
      reject(new HalfError(`${program.split("/").at(-3)} ${args[0]} failed with ${how}.\n${words}`));
    });
    child.stdin.on("error", () => {}); // it ended without reading; its exit code tells why
    child.stdin.end(input === undefined ? undefined : `${input}\n`);
  });
}
