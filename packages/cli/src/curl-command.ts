import type { Connection } from "./connection.ts";
import { printableJson } from "./printable.ts";
import { shellQuoted } from "./shell-quoted.ts";

/** Thrown in place of sending a request when --output-curl was given; the text goes to stdout. */
export class CurlCommand extends Error {
  readonly text: string;

  constructor(text: string) {
    super("a curl command instead of a request");
    this.text = text;
  }
}

/** Fields whose content is never printed, and the variable that stands for it. */
const variables: Record<string, string> = {
  token: "HALFKEY_TOKEN",
  value: "HALFKEY_VALUE",
  password: "HALFKEY_PASSWORD",
  "access-key": "HALFKEY_ACCESS_KEY",
};

/**
 * A request as a command for a POSIX shell. The body is a here-document, so that neither the token nor a value
 * stands in curl's arguments, where every user of the machine could read it.
 */
export function curlCommand(url: URL, body: object, { ca, caFile }: Connection): CurlCommand {
  const used: string[] = [];
  const fields = Object.entries(body).map(([field, content]) => {
    const variable = Object.hasOwn(variables, field) ? variables[field] : undefined;
    if (!variable) return `${inHereDocument(field)}:${inHereDocument(content)}`;
    used.push(variable);
    return `${inHereDocument(field)}:"$${variable}"`;
  });
  // A profile keeps the CA itself, so there is no file to name.
  const trust = ca === undefined ? [] : ["--cacert", caFile ? shellQuoted(caFile) : '"$HALFKEY_CA"'];
  const words = [
    "curl",
    "--silent",
    "--show-error",
    ...trust,
    "--header",
    "'content-type: application/json'",
  ];
  if (ca !== undefined && !caFile) used.push("HALFKEY_CA");
  const notes = used.map((name) => `# ${name}: ${meaning(name)}\n`).join("");
  return new CurlCommand(
    `${notes}${words.join(" ")} \\\n  --data @- ${shellQuoted(url.href)} <<JSON\n{${fields.join(",")}}\nJSON\n`,
  );
}

/** JSON on one line, of which the shell expands nothing. */
function inHereDocument(content: unknown): string {
  // The line breaks of the layout are the only ones: those of a text are escapes.
  return printableJson(content)
    .replace(/\n\s*/g, "")
    .replace(/[\\$`]/g, "\\$&");
}

function meaning(variable: string): string {
  if (variable === "HALFKEY_TOKEN") return "what `halfkey auth` prints";
  if (variable === "HALFKEY_CA") return "a file with the gateway's CA";
  return "as it stands in JSON, without the quotes around it";
}
