import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { apiBase, readCa } from "../connection.ts";
import { credentialOptions, readCredentials } from "../credential-options.ts";
import { companyOf, Gateway } from "../gateway.ts";
import { gatewayUrlOption } from "../item-options.ts";
import { printable } from "../printable.ts";
import { profileFile, writeProfile } from "../profile.ts";
import { show } from "../show.ts";

export const configure = defineCommand({
  name: "configure",
  section: "setup",
  summary: "log in to a gateway once and keep it as a profile",
  description:
    "The credentials are tried before anything is written. The access key comes from a file, from stdin, or is asked for without echo; it is kept in a file that only you can read.",
  arguments: {},
  options: { ...credentialOptions, "gateway-url": gatewayUrlOption },
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "halfkey configure --url https://gateway.example:8443 --ca ca.pem --access-id p-abc123",
      summary: "asks for the access key",
    },
    {
      command:
        "halfkey configure --profile ci --url https://gateway.example:8443 --access-id p-abc123 --access-key-file -",
      summary: "another profile, with the key from stdin",
    },
  ],
  async run(context, { options }) {
    const { globals, environment } = context;
    const url =
      globals.url ?? options["gateway-url"] ?? (environment.HALFKEY_URL || environment.AKEYLESS_GATEWAY_URL);
    if (!url) throw new CliError("no gateway was named", { next: "--url https://gateway.example:8443" });
    const name = globals.profile ?? "default";
    // A name that cannot be kept is no reason to ask for a key.
    profileFile(name, environment);
    const base = apiBase(url);
    const caFile =
      globals.ca ?? (environment.HALFKEY_CA || environment.AKEYLESS_TRUSTED_TLS_CERTIFICATE_FILE);
    const ca = caFile ? readCa(caFile) : undefined;
    const credentials = await readCredentials(context, options);

    const connection = { base, ca, caFile, credentials, source: "the command line" };
    const gateway = new Gateway(connection, companyOf(context));
    try {
      await gateway.logIn();
    } finally {
      gateway.close();
    }
    const { accessId, accessKey } = credentials;
    const file = writeProfile(name, { url, accessId, accessKey, ...(ca ? { ca } : {}) }, environment);
    await show(context, {
      data: { profile: name, file, url, accessId },
      text: `Profile ${name} successfully configured\n- logged in as ${printable(accessId)}\n- kept in ${printable(file)}\n`,
    });
  },
});
