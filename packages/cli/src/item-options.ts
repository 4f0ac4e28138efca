import { CliError } from "./cli-error.ts";

/** The options that the Akeyless verbs share, spelled as in the `akeyless` program. */
export const nameOption = {
  kind: "text",
  short: "n",
  placeholder: "NAME",
  required: true,
  completes: "path",
  summary: "the item's path",
} as const;

export const valueOption = {
  kind: "text",
  short: "v",
  placeholder: "VALUE",
  summary: "the value itself; others can see it in the process list",
} as const;

export const valueFileOption = {
  kind: "text",
  placeholder: "FILE",
  completes: "file",
  summary: "read the value from a file, or - for stdin, which is also where it comes from without any option",
} as const;

export const usernameOption = {
  kind: "text",
  short: "u",
  placeholder: "NAME",
  summary: "the user name of a secret of type password",
} as const;

export const passwordOption = {
  kind: "text",
  short: "p",
  placeholder: "PASSWORD",
  summary: "its password; others can see it in the process list",
} as const;

export const booleanValues = ["true", "false"] as const;

/** Options of `akeyless` that a static secret has no use for. */
export const withoutEffect = {
  accessibility: {
    kind: "text",
    placeholder: "KIND",
    values: ["regular"],
    hidden: true,
    summary: "there are no personal folders",
  },
} as const;

export const gatewayUrlOption = {
  kind: "text",
  placeholder: "URL",
  hidden: true,
  summary: "the same as --url",
} as const;

/** A version on the command line. @throws {CliError} */
export function versionNumber(text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (number >= 1) return number;
  throw new CliError("a version is a whole number from 1", { next: "halfkey history PATH shows them" });
}
