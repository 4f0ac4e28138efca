import { isFunction } from "./functions.ts";
import { type Command, depthMax, type Operand, type Pipe, TemplateError } from "./node.ts";
import type { Token } from "./tokens-of.ts";

/** The tokens of one action, read from the left. */
export class Tokens {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #next = 0;

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  /** The next that is no space, not taken yet. */
  peek(): Token | undefined {
    while (this.#tokens[this.#next]?.kind === "space") this.#next += 1;
    return this.#tokens[this.#next];
  }

  /** The very next one: a field directly behind an operand belongs to it. */
  peekTight(): Token | undefined {
    return this.#tokens[this.#next];
  }

  take(): Token | undefined {
    const token = this.peek();
    this.#next += 1;
    return token;
  }

  takeTight(): void {
    this.#next += 1;
  }

  /** Whether these kinds come next, spaces aside. */
  startsWith(...kinds: Token["kind"][]): boolean {
    let at = this.#next;
    return kinds.every((kind) => {
      while (this.#tokens[at]?.kind === "space") at += 1;
      at += 1;
      return this.#tokens[at - 1]?.kind === kind;
    });
  }

  get at(): number {
    return this.peek()?.at ?? this.#end;
  }
}

/** @throws {TemplateError} */
export function parsePipe(tokens: Tokens, depth = 0): Pipe {
  const at = tokens.at;
  if (depth > depthMax) throw new TemplateError("too deeply nested", at);
  const sets = takeVariables(tokens);
  const commands: Command[] = [];
  for (;;) {
    commands.push(parseCommand(tokens, depth));
    const next = tokens.peek();
    if (next?.kind === "pipe") {
      tokens.take();
      continue;
    }
    if (next?.kind === "close" && depth > 0) {
      tokens.take();
      return { at, sets, commands };
    }
    if (next) throw new TemplateError(`unexpected "${next.text}" in operand`, next.at);
    if (depth > 0) throw new TemplateError("unclosed left paren", at);
    return { at, sets, commands };
  }
}

function takeVariables(tokens: Tokens): string[] {
  const pair = tokens.startsWith("variable", "comma", "variable");
  const count = pair ? 2 : 1;
  const isSet = pair
    ? tokens.startsWith("variable", "comma", "variable", "declare") ||
      tokens.startsWith("variable", "comma", "variable", "assign")
    : tokens.startsWith("variable", "declare") || tokens.startsWith("variable", "assign");
  if (!isSet) return [];
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    names.push(tokens.take()?.text ?? "");
    tokens.take();
  }
  return names;
}

function parseCommand(tokens: Tokens, depth: number): Command {
  const operands: Operand[] = [];
  for (
    let next = tokens.peek();
    next && next.kind !== "pipe" && next.kind !== "close";
    next = tokens.peek()
  ) {
    operands.push(parseOperand(tokens, depth));
    const tight = tokens.peekTight();
    if (tight && !["space", "pipe", "close"].includes(tight.kind)) {
      throw new TemplateError(`unexpected "${tight.text}" in operand`, tight.at);
    }
  }
  if (operands.length === 0) throw new TemplateError("missing value for command", tokens.at);
  return { operands };
}

function parseOperand(tokens: Tokens, depth: number): Operand {
  const token = tokens.take();
  if (!token) throw new TemplateError("missing value for command", tokens.at);
  const { at, text } = token;
  switch (token.kind) {
    case "dot":
      return { kind: "dot", at };
    case "string":
      return refuseFields(tokens, { kind: "string", at, value: text });
    case "number":
      return { kind: "number", at, text };
    case "field":
      return { kind: "field", at, names: [text.slice(1), ...takeFields(tokens)] };
    case "variable":
      return { kind: "variable", at, name: text, names: takeFields(tokens) };
    case "open": {
      const pipe = parsePipe(tokens, depth + 1);
      return { kind: "group", at, pipe, names: takeFields(tokens) };
    }
    case "word":
      return parseWord(tokens, text, at);
    default:
      throw new TemplateError(`unexpected "${text}" in command`, at);
  }
}

function parseWord(tokens: Tokens, text: string, at: number): Operand {
  if (text === "true" || text === "false") return { kind: "bool", at, text };
  if (text === "nil") return { kind: "nil", at, text };
  if (!isFunction(text)) throw new TemplateError(`function "${text}" not defined`, at);
  const found: Operand = { kind: "function", at, name: text };
  // `now.Year`: a method of what the function gives.
  const names = takeFields(tokens);
  if (names.length === 0) return found;
  return { kind: "group", at, pipe: { at, sets: [], commands: [{ operands: [found] }] }, names };
}

function refuseFields(tokens: Tokens, operand: Operand): Operand {
  const next = tokens.peekTight();
  if (next?.kind === "field") throw new TemplateError(`unexpected . after term`, next.at);
  return operand;
}

function takeFields(tokens: Tokens): string[] {
  const names: string[] = [];
  for (let next = tokens.peekTight(); next?.kind === "field"; next = tokens.peekTight()) {
    names.push(next.text.slice(1));
    tokens.takeTight();
  }
  return names;
}
