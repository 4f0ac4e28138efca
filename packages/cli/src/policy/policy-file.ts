import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { CliError } from "../cli-error.ts";

export interface PolicyRule {
  path: string;
  capabilities: string[];
}

export interface PolicyAssociation {
  "auth-method": string;
  "sub-claims": Record<string, string[]>;
}

export interface PolicyRole {
  description: string;
  rules: PolicyRule[];
  associations: PolicyAssociation[];
}

export interface Expectation {
  as: string;
  claims: Record<string, string>;
  path: string;
  /** Operation to whether it must be allowed. */
  operations: Record<string, boolean>;
}

/** What an account's policy shall be, as far as it is named here; roles that are not named are left alone. */
export interface PolicyFile {
  "auth-methods": string[];
  roles: Record<string, PolicyRole>;
  expect: Expectation[];
}

const operations = ["read", "list", "create", "update", "delete"];

/** @throws {CliError} that names the place in the file */
export function readPolicyFile(file: string): PolicyFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`the policy file cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      where: file,
    });
  }
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 0, uniqueKeys: true });
  } catch (error) {
    const line = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw new CliError("the policy file is no YAML", {
      where: line === undefined ? file : `${file}, line ${line}`,
    });
  }
  const reader = new Reader(file);
  const top = reader.object(content, "", ["auth-methods", "roles", "expect"]);
  const roles = Object.entries(reader.object(top.roles ?? {}, "roles")).map(
    ([name, role]): [string, PolicyRole] => [name, readRole(reader, role, `roles.${name}`)],
  );
  return {
    "auth-methods": reader.texts(top["auth-methods"] ?? [], "auth-methods"),
    roles: Object.fromEntries(roles),
    expect: reader
      .list(top.expect ?? [], "expect")
      .map((one, at) => readExpectation(reader, one, `expect[${at}]`)),
  };
}

function readRole(reader: Reader, given: unknown, where: string): PolicyRole {
  const role = reader.object(given, where, ["description", "rules", "associations"]);
  return {
    description: reader.text(role.description ?? "", `${where}.description`),
    rules: reader.list(role.rules ?? [], `${where}.rules`).map((one, at) => {
      const place = `${where}.rules[${at}]`;
      const rule = reader.object(one, place, ["path", "capabilities"]);
      return {
        path: reader.text(rule.path, `${place}.path`),
        capabilities: reader.texts(rule.capabilities, `${place}.capabilities`),
      };
    }),
    associations: reader.list(role.associations ?? [], `${where}.associations`).map((one, at) => {
      const place = `${where}.associations[${at}]`;
      const association = reader.object(one, place, ["auth-method", "sub-claims"]);
      const claims = Object.entries(reader.object(association["sub-claims"] ?? {}, `${place}.sub-claims`));
      return {
        "auth-method": reader.text(association["auth-method"], `${place}.auth-method`),
        "sub-claims": Object.fromEntries(
          claims.map(([name, values]) => [name, reader.texts(values, `${place}.sub-claims.${name}`)]),
        ),
      };
    }),
  };
}

function readExpectation(reader: Reader, given: unknown, where: string): Expectation {
  const { as, claims, path, ...rest } = reader.object(given, where, ["as", "claims", "path", ...operations]);
  const wanted = Object.entries(rest).map(([operation, allowed]): [string, boolean] => {
    if (typeof allowed !== "boolean") throw reader.wrong(`${where}.${operation}`, "true or false");
    return [operation, allowed];
  });
  if (wanted.length === 0) throw reader.wrong(where, `at least one of ${operations.join(", ")}`);
  const named = Object.entries(reader.object(claims ?? {}, `${where}.claims`));
  return {
    as: reader.text(as, `${where}.as`),
    claims: Object.fromEntries(
      named.map(([name, value]) => [name, reader.text(value, `${where}.claims.${name}`)]),
    ),
    path: reader.text(path, `${where}.path`),
    operations: Object.fromEntries(wanted),
  };
}

/** Takes apart what YAML gave, and names the place that is wrong. */
class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  object(value: unknown, where: string, known?: readonly string[]): Record<string, unknown> {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.wrong(where, "keys and values");
    for (const key of Object.keys(value)) {
      if (known !== undefined && !known.includes(key))
        throw this.wrong(where === "" ? key : `${where}.${key}`, `one of ${known.join(", ")}`);
    }
    return value as Record<string, unknown>;
  }

  list(value: unknown, where: string): unknown[] {
    if (!Array.isArray(value)) throw this.wrong(where, "a list");
    return value;
  }

  text(value: unknown, where: string): string {
    if (typeof value !== "string") throw this.wrong(where, "a text");
    return value;
  }

  texts(value: unknown, where: string): string[] {
    const list = typeof value === "string" ? [value] : this.list(value, where);
    return list.map((one, at) => this.text(one, `${where}[${at}]`));
  }

  wrong(where: string, expected: string): CliError {
    return new CliError(`${where || "the file"}: expected ${expected}`, { where: this.#file });
  }
}
