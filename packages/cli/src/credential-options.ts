import { CliError } from "./cli-error.ts";
import type { Context } from "./command.ts";
import { readKey } from "./read-value.ts";
import { askSecret, askText, write } from "./terminal.ts";

/** The options that say as whom to log in. */
export const credentialOptions = {
  "access-id": { kind: "text", placeholder: "ID", summary: "who you are, such as p-abc123" },
  "access-key-file": {
    kind: "text",
    placeholder: "FILE",
    completes: "file",
    summary: "a file with the access key, or - for stdin",
  },
  "access-key": {
    kind: "text",
    placeholder: "KEY",
    summary: "the access key itself; others can see it in the process list",
  },
  "access-type": {
    kind: "text",
    placeholder: "TYPE",
    values: ["access_key", "api_key"],
    summary: "how to log in; both words mean an access key",
  },
} as const;

interface CredentialInput {
  "access-id": string | undefined;
  "access-key-file": string | undefined;
  "access-key": string | undefined;
}

/**
 * The credentials that the options name; what they leave open comes from HALFKEY_ACCESS_ID and
 * HALFKEY_ACCESS_KEY, or is asked for on a terminal, the key without echo.
 *
 * @throws {CliError}
 */
export async function readCredentials(
  context: Context,
  options: CredentialInput,
): Promise<{ accessId: string; accessKey: string }> {
  const { environment } = context;
  const accessId = options["access-id"] ?? (environment.HALFKEY_ACCESS_ID || (await askId(context)));
  return { accessId, accessKey: await readAccessKey(context, options, accessId) };
}

async function askId({ terminal }: Context): Promise<string> {
  const id = terminal.input.isTTY ? (await askText(terminal, "Access id: ")).trim() : "";
  if (id !== "") return id;
  throw new CliError("no access id was given", { next: "--access-id p-…" });
}

async function readAccessKey(context: Context, options: CredentialInput, accessId: string): Promise<string> {
  const { terminal, environment, globals } = context;
  const literal = options["access-key"];
  const file = options["access-key-file"];
  if (globals["output-curl"]) return "";
  if (literal !== undefined) {
    if (file !== undefined) throw new CliError("give --access-key or --access-key-file, not both");
    const warning =
      "halfkey: warning: other users can see the access key in the process list; --access-key-file hides it\n";
    await write(terminal.error, warning);
    return literal;
  }
  if (file !== undefined) return readKey(context, file);
  // Only the key that belongs to this id: the variables are a pair.
  const { HALFKEY_ACCESS_ID, HALFKEY_ACCESS_KEY } = environment;
  if (HALFKEY_ACCESS_KEY && HALFKEY_ACCESS_ID === accessId) return HALFKEY_ACCESS_KEY;
  if (terminal.input.isTTY) {
    const key = (await askSecret(terminal, "Access key (not shown): ")).trim();
    if (key === "") throw new CliError("no access key was given");
    return key;
  }
  throw new CliError("nobody is there to ask for the access key", {
    next: "--access-key-file FILE, or - for stdin",
  });
}
