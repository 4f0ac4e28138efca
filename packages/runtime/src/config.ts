import { readFileSync } from "node:fs";
import { OperatorError } from "@halfkey/model";
import { parse } from "yaml";

/** One key of a program's configuration, declared once: flags, environment, file and documentation follow from it. */
export interface Setting {
  type: "string" | "integer" | "boolean" | "list";
  default?: string | number | boolean | string[];
  /** One sentence, with the unit. */
  doc: string;
  minimum?: number;
  maximum?: number;
}

interface ValueOf {
  string: string;
  integer: number;
  boolean: boolean;
  list: string[];
}
/** What loadConfig gives: `undefined` only for a key without default. */
export type Config<S extends Record<string, Setting>> = {
  [K in keyof S]: S[K] extends { default: unknown }
    ? ValueOf[S[K]["type"]]
    : ValueOf[S[K]["type"]] | undefined;
};

/**
 * The configuration of one program: flags, over `HALFKEY_…` variables, over a YAML file, over defaults.
 *
 * Keys are kebab-case: with prefix `vault`, `port` is the flag `--port`, the variable `HALFKEY_VAULT_PORT` and the
 * YAML key `port`. Flags may be given in camelCase, as commander does; `undefined` stands for absent. A list is
 * comma-separated in flags and variables.
 *
 * @throws {OperatorError} E_INPUT naming key, source and expected form; the value only where it is no text.
 */
export function loadConfig<const S extends Record<string, Setting>>(input: {
  settings: S;
  flags: Record<string, unknown>;
  environment: NodeJS.ProcessEnv;
  prefix: string;
  file?: string | undefined;
}): Config<S> {
  const { settings, flags, environment, prefix, file } = input;
  const fromFile = file === undefined ? {} : readYaml(file);
  const known = new Set(Object.keys(settings));
  for (const key of Object.keys(fromFile)) {
    if (!known.has(key))
      throw new OperatorError(
        "E_INPUT",
        `${file}: unknown key ${JSON.stringify(key)}; known are ${[...known].join(", ")}`,
      );
  }
  const byKebab = new Map(Object.entries(flags).map(([key, value]) => [kebab(key), value]));
  for (const [key, value] of byKebab) {
    if (value !== undefined && !known.has(key)) throw new OperatorError("E_INPUT", `unknown flag --${key}`);
  }
  const config: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const variable = variableOf(prefix, key);
    if (byKebab.get(key) !== undefined) config[key] = read(setting, byKebab.get(key), `flag --${key}`);
    else if (environment[variable] !== undefined)
      config[key] = read(setting, environment[variable], `variable ${variable}`);
    else if (Object.hasOwn(fromFile, key)) config[key] = read(setting, fromFile[key], `${file}: key ${key}`);
    else config[key] = setting.default;
  }
  return config as Config<S>;
}

/** The settings as a Markdown table, for the program's page in docs. */
export function settingsTable(settings: Record<string, Setting>, prefix: string): string {
  const rows = Object.entries(settings).map(([key, setting]) => {
    const text = Array.isArray(setting.default) ? setting.default.join(",") : String(setting.default ?? "");
    const fallback = text === "" ? "" : `\`${text}\``;
    return `| \`--${key}\` | \`${variableOf(prefix, key)}\` | ${setting.type} | ${fallback} | ${setting.doc} |`;
  });
  return [
    "| Flag (YAML key without `--`) | Variable | Type | Default | Meaning |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function variableOf(prefix: string, key: string): string {
  const parts = ["HALFKEY", prefix.replace(/_$/, ""), key].filter((part) => part !== "");
  return parts.join("_").replaceAll("-", "_").toUpperCase();
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function readYaml(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new OperatorError(
      "E_INPUT",
      `configuration file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      { cause },
    );
  }
  let parsed: unknown;
  try {
    // No aliases: a short file could otherwise stand for a very long one.
    parsed = parse(text, { maxAliasCount: 0, uniqueKeys: true }) ?? {};
  } catch (cause) {
    const line = (cause as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw new OperatorError(
      "E_INPUT",
      `configuration file ${file} is no YAML${line === undefined ? "" : ` (line ${line})`}`,
    );
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new OperatorError("E_INPUT", `configuration file ${file} must hold keys and values`);
  }
  return parsed as Record<string, unknown>;
}

function read(setting: Setting, value: unknown, where: string): unknown {
  const refuse = (expected: string) => new OperatorError("E_INPUT", `${where}: expected ${expected}`);
  switch (setting.type) {
    case "string":
      if (typeof value !== "string") throw refuse("a text");
      return value;
    case "boolean":
      if (typeof value === "boolean") return value;
      if (value === "true" || value === "1") return true;
      if (value === "false" || value === "0") return false;
      throw refuse("true or false");
    case "integer": {
      const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = setting;
      const number = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
      if (
        typeof number !== "number" ||
        !Number.isSafeInteger(number) ||
        number < minimum ||
        number > maximum
      ) {
        throw refuse(
          setting.minimum === undefined && setting.maximum === undefined
            ? "a whole number"
            : `a whole number from ${minimum} to ${maximum}`,
        );
      }
      return number;
    }
    case "list": {
      const parts = typeof value === "string" ? value.split(",") : value;
      if (!Array.isArray(parts) || parts.some((part) => typeof part !== "string"))
        throw refuse("a comma-separated list of texts");
      return parts
        .flatMap((part: string) => part.split(","))
        .map((part) => part.trim())
        .filter((part) => part !== "");
    }
  }
}
