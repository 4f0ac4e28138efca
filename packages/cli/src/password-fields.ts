import type { Context } from "./command.ts";
import { readValue } from "./read-value.ts";
import { write } from "./terminal.ts";

export interface ValueOptions {
  value: string | undefined;
  "value-file": string | undefined;
  username: string | undefined;
  password: string | undefined;
}

/** What a request to store says of the value: `value`, or `username` and `password`. @throws {CliError} */
export async function passwordFields(context: Context, options: ValueOptions): Promise<object> {
  const { value, username, password } = options;
  if (password === undefined) {
    return { value: await readValue(context, { literal: value, file: options["value-file"] }) };
  }
  if (!context.globals["output-curl"]) {
    const warning =
      "halfkey: warning: other users can see the password in the process list; pipe the value instead\n";
    await write(context.terminal.error, warning);
  }
  // The API wants a value in every case, and prefers these two to it.
  return { value: "", username: username ?? "", password };
}
