import { CliError } from "./cli-error.ts";
import { fieldsOf, fieldText } from "./exact-json.ts";

/**
 * Variables that change what a shell or a loader runs. Whoever may write a secret must not be able to choose
 * them for whoever reads it.
 */
const dangerous =
  /^(_|PATH|IFS|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|PS4|PROMPT_COMMAND|CDPATH|HOME|SHELL|NODE_OPTIONS|NODE_PATH|PYTHON(PATH|STARTUP|HOME)|PERL5(OPT|LIB|DB)|PERLLIB|RUBY(OPT|LIB)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|GIT_.*|SSH_ASKPASS|EDITOR|VISUAL|PAGER|LD_.*|DYLD_.*|GCONV_PATH|HALFKEY_.*|AKEYLESS_.*)$/;

/**
 * A value as lines `NAME='value'` for a POSIX shell: the fields of a JSON object, or the whole value under the
 * path's last part.
 *
 * @throws {CliError} for a name that no variable may have, two fields with one name, or a NUL in a value.
 */
export function envLines(path: string, value: string): string {
  const fields = fieldsOf(value);
  const pairs = fields
    ? [...fields].map(([key, content]) => [key, fieldText(content)] as const)
    : [[path.split("/").at(-1) ?? "", value] as const];
  const taken = new Set<string>();
  return pairs
    .map(([key, content]) => {
      const name = variableName(key, path, fields !== undefined);
      if (taken.has(name))
        throw new CliError(`two fields would become the variable ${name}`, { where: path });
      taken.add(name);
      if (content.includes("\0")) {
        throw new CliError(`${name} has a NUL, which no variable can hold`, { where: path });
      }
      return `${name}='${content.replaceAll("'", "'\\''")}'\n`;
    })
    .join("");
}

/** A field's name is taken as it stands; a path's part is made into one: `tsig-secret-key`, TSIG_SECRET_KEY. */
function variableName(key: string, path: string, isField: boolean): string {
  const name = isField ? key : key.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  const shown = JSON.stringify(key.slice(0, 80));
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new CliError(`${shown} is no name for a variable`, {
      where: path,
      next: "take the value with `halfkey get`, or one field with --field",
    });
  }
  if (dangerous.test(name)) {
    throw new CliError(`a secret must not set ${shown}, which changes what a shell runs`, {
      where: path,
      next: "take it with `halfkey get --field`, if that is what you want",
    });
  }
  return name;
}
