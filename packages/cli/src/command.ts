import type { ConnectionOverrides } from "./connection.ts";
import type { Gateway } from "./gateway.ts";
import type { Globals } from "./globals.ts";
import type { Terminal } from "./terminal.ts";

/** What a command may use of the world. */
export interface Context {
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  workingDirectory: string;
  globals: Globals;
  /** One of the command's own {@link Command.formats}. */
  format: Format;
  /** The gateway of this invocation, found on first use. */
  gateway(overrides?: ConnectionOverrides): Promise<Gateway>;
}

/**
 * `table` is for people, `json` and `yaml` for programs (the shape is stable), `raw` for a shell: the bare thing;
 * `env` are lines `NAME='value'`; `sarif` is what code scanning reads.
 */
export const formats = ["table", "json", "yaml", "raw", "env", "sarif"] as const;
export type Format = (typeof formats)[number];

/** What a shell may complete a word to, beyond the `values` of an option. */
export type Completes = "path" | "folder" | "file" | "profile" | "command";

export interface ArgumentSpec {
  summary: string;
  optional?: true;
  /** Takes all words that are left; only the last argument may. */
  many?: true;
  completes?: Completes;
  values?: readonly string[];
}

interface OptionBase {
  summary: string;
  /** One letter, without its dash. A command's own letter stands over a global option's. */
  short?: string;
  /** Understood, but in no help: for words that scripts written for `akeyless` may contain. */
  hidden?: true;
  completes?: Completes;
}

export interface FlagSpec extends OptionBase {
  kind: "flag";
}

export interface TextSpec extends OptionBase {
  kind: "text";
  placeholder: string;
  required?: true;
  values?: readonly string[];
}

export interface IntegerSpec extends OptionBase {
  kind: "integer";
  placeholder: string;
  required?: true;
  minimum?: number;
}

/** May be given several times. */
export interface ListSpec extends OptionBase {
  kind: "list";
  placeholder: string;
}

export type OptionSpec = FlagSpec | TextSpec | IntegerSpec | ListSpec;

type OptionValue<S extends OptionSpec> = S extends FlagSpec
  ? boolean
  : S extends ListSpec
    ? string[]
    : (S extends IntegerSpec ? number : string) | (S extends { required: true } ? never : undefined);

type ArgumentValue<S extends ArgumentSpec> = S extends { many: true }
  ? string[]
  : S extends { optional: true }
    ? string | undefined
    : string;

/** Where the overview and the documentation list a command. */
export type Section = "everyday" | "cluster" | "akeyless" | "setup";

export interface Example {
  command: string;
  summary: string;
}

/**
 * One command, wholly declared: the parser, the help, the documentation and the completion are made from it.
 * Keys of `arguments` are in order; keys of `options` are the long flags without their dashes.
 */
export interface CommandSpec<
  A extends Record<string, ArgumentSpec> = Record<string, ArgumentSpec>,
  O extends Record<string, OptionSpec> = Record<string, OptionSpec>,
> {
  /** One word, or two: `tag add`. */
  name: string;
  /** Default: everyday. */
  section?: Section;
  /** In no list: for programs, not for people. */
  hidden?: true;
  /** One line for the list of commands, without a full stop. */
  summary: string;
  /** What the summary leaves out. */
  description?: string;
  arguments: A;
  options: O;
  /** The formats that make sense here; the first is the default. */
  formats: readonly Format[];
  examples: readonly Example[];
  run(
    context: Context,
    input: {
      arguments: { [K in keyof A]: ArgumentValue<A[K]> };
      options: { [K in keyof O]: OptionValue<O[K]> };
    },
  ): Promise<void>;
}

/** A command whose input types were checked where it was declared. */
export interface Command extends Omit<CommandSpec, "run"> {
  run(
    context: Context,
    input: { arguments: Record<string, unknown>; options: Record<string, unknown> },
  ): Promise<void>;
}

/** Ties the types of `run`'s input to the declaration. */
export function defineCommand<
  const A extends Record<string, ArgumentSpec>,
  const O extends Record<string, OptionSpec>,
>(spec: CommandSpec<A, O>): Command {
  return spec as unknown as Command;
}
