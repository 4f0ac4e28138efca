import type { OptionSpec } from "./command.ts";

/** The options that every command takes, before or after its name. */
export const globalOptions = {
  profile: {
    kind: "text",
    placeholder: "NAME",
    completes: "profile",
    summary: "the profile to use, instead of `default`",
  },
  url: { kind: "text", placeholder: "URL", summary: "the gateway, such as https://gateway.example:8443" },
  ca: {
    kind: "text",
    placeholder: "FILE",
    completes: "file",
    summary: "the CA that signed the gateway's certificate, PEM",
  },
  token: {
    kind: "text",
    placeholder: "TOKEN",
    summary:
      "a token instead of credentials; others can see it in the process list, HALFKEY_TOKEN they cannot",
  },
  output: { kind: "text", short: "o", placeholder: "FORMAT", summary: "how to print the result" },
  json: { kind: "flag", summary: "the same as --output json" },
  verbose: { kind: "flag", summary: "say on stderr which gateway and which credentials are used" },
  debug: { kind: "flag", summary: "say on stderr what is asked and answered, without tokens and values" },
  "output-curl": {
    kind: "flag",
    summary: "print the first request as a curl command, with variables for token and value; send nothing",
  },
  "output-policy": {
    kind: "flag",
    summary: "where a call is refused, print the rule it lacked, as a policy file",
  },
  "jq-expression": { kind: "text", placeholder: "EXPRESSION", hidden: true, summary: "not supported" },
  "uid-token": { kind: "text", placeholder: "TOKEN", hidden: true, summary: "not supported" },
  "no-creds-cleanup": {
    kind: "flag",
    hidden: true,
    summary: "without effect: no credentials are left behind",
  },
} as const satisfies Record<string, OptionSpec>;

export interface Globals {
  profile: string | undefined;
  url: string | undefined;
  ca: string | undefined;
  token: string | undefined;
  output: string | undefined;
  json: boolean;
  verbose: boolean;
  debug: boolean;
  "output-curl": boolean;
  "output-policy": boolean;
  "jq-expression": string | undefined;
  "uid-token": string | undefined;
  "no-creds-cleanup": boolean;
}
