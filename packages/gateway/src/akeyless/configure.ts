import { auth } from "./auth.ts";
import type { Command } from "./command.ts";

/** Over HTTP there is no profile to write: it proves the credentials, as `auth` does. */
export const configure: Command = {
  ...auth,
  name: "configure",
  summary: "Proves credentials, as auth does.",
  async run(services, call) {
    const { token } = (await auth.run(services, call)) as { token: string };
    return { token, profile: "" };
  },
};
