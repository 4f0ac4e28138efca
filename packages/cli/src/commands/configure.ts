import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { apiBase, readCa } from "../connection.ts";
import { Gateway } from "../gateway.ts";
import { printable, printableJson } from "../printable.ts";
import { writeProfile } from "../profile.ts";
import { readKey } from "../read-value.ts";
import { askSecret, write } from "../terminal.ts";

export const configure = defineCommand({
  name: "configure",
  summary: "log in to a gateway once and keep it as a profile",
  description:
    "The credentials are tried before anything is written. The access key comes from a file, from stdin, or is asked for without echo; it is kept in a file that only you can read.",
  arguments: {},
  options: {
    "access-id": {
      kind: "text",
      placeholder: "ID",
      required: true,
      summary: "who you are, such as p-abc123",
    },
    "access-key-file": {
      kind: "text",
      placeholder: "FILE",
      summary: "a file with the access key, or - for stdin",
    },
  },
  formats: ["table", "json"],
  examples: [
    {
      command: "halfkey configure --url https://gateway.example:8443 --ca ca.pem --access-id p-abc123",
      summary: "asks for the access key",
    },
  ],
  async run(context, { options }) {
    const { globals, terminal, environment } = context;
    const url = globals.url ?? environment.HALFKEY_URL;
    if (!url) throw new CliError("no gateway was named", { next: "--url https://gateway.example:8443" });
    const base = apiBase(url);
    const caFile = globals.ca ?? environment.HALFKEY_CA;
    const ca = caFile ? readCa(caFile) : undefined;
    const accessId = options["access-id"];
    const accessKey = await accessKeyFrom(context, options["access-key-file"]);

    const gateway = new Gateway({
      base,
      ca,
      credentials: { accessId, accessKey },
      source: "the command line",
    });
    try {
      await gateway.logIn();
    } finally {
      gateway.close();
    }
    const name = globals.profile ?? "default";
    const file = writeProfile(name, { url, accessId, accessKey, ...(ca ? { ca } : {}) }, environment);
    const said =
      context.format === "json"
        ? printableJson({ profile: name, file, url, accessId })
        : `logged in as ${printable(accessId)}; profile ${name} is in ${printable(file)}`;
    await write(terminal.output, `${said}\n`);
  },
});

async function accessKeyFrom(context: Context, file: string | undefined): Promise<string> {
  if (file !== undefined) return readKey(context, file);
  if (context.terminal.input.isTTY) {
    const key = (await askSecret(context.terminal, "Access key (not shown): ")).trim();
    if (key === "") throw new CliError("no access key was given");
    return key;
  }
  throw new CliError("nobody is there to ask for the access key", {
    next: "--access-key-file FILE, or - for stdin",
  });
}
