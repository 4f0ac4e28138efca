import type { OptionSpec } from "./command.ts";

/** The options that every command takes, before or after its name. */
export const globalOptions = {
  profile: { kind: "text", placeholder: "NAME", summary: "the profile to use, instead of `default`" },
  url: { kind: "text", placeholder: "URL", summary: "the gateway, such as https://gateway.example:8443" },
  ca: { kind: "text", placeholder: "FILE", summary: "the CA that signed the gateway's certificate, PEM" },
  output: {
    kind: "text",
    short: "o",
    placeholder: "FORMAT",
    values: ["table", "json", "raw"],
    summary: "how to print the result",
  },
  json: { kind: "flag", summary: "the same as --output json" },
  verbose: { kind: "flag", summary: "say on stderr which gateway and which credentials are used" },
} as const satisfies Record<string, OptionSpec>;

export interface Globals {
  profile: string | undefined;
  url: string | undefined;
  ca: string | undefined;
  output: string | undefined;
  json: boolean;
  verbose: boolean;
}
