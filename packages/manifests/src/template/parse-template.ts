import { cutActions, type Piece } from "./cut-actions.ts";
import { depthMax, type Node, TemplateError } from "./node.ts";
import { parsePipe, Tokens } from "./parse-pipe.ts";
import { tokensOf } from "./tokens-of.ts";

type Action = Extract<Piece, { kind: "action" }>;
type Branch = Extract<Node, { kind: "if" | "with" | "range" }>;

/**
 * Parses a template of ESO's engine v2: Go's `text/template` with the functions of ESO.
 *
 * @throws {TemplateError} where Go's parser refuses it
 * @see Go, text/template/parse/parse.go
 */
export function parseTemplate(text: string): Node[] {
  const reader = new Reader(cutActions(text));
  const nodes = reader.list(0);
  const stray = reader.next();
  if (stray) throw new TemplateError(`unexpected {{${firstWord(stray)}}}`, stray.at);
  return nodes;
}

class Reader {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  next(): Action | undefined {
    const piece = this.#pieces[this.#at];
    return piece?.kind === "action" ? piece : undefined;
  }

  /** Up to `end`, `else`, or the end of the text; that action is left for the caller. */
  list(depth: number): Node[] {
    if (depth > depthMax) throw new TemplateError("too deeply nested", this.#pieces[this.#at]?.at ?? 0);
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#at]; piece; piece = this.#pieces[this.#at]) {
      if (piece.kind === "text") {
        this.#at += 1;
        nodes.push(piece);
        continue;
      }
      const word = firstWord(piece);
      if (word === "end" || word === "else") break;
      this.#at += 1;
      nodes.push(this.#node(piece, word, depth));
    }
    return nodes;
  }

  #node(action: Action, word: string, depth: number): Node {
    const { at, end } = action;
    switch (word) {
      case "if":
      case "with":
      case "range":
        return this.#branch(action, word, word, depth);
      case "break":
      case "continue":
        return { kind: word, at, end };
      case "define":
      case "block": {
        const rest = afterWord(action, word);
        const pipe = afterName(rest, action);
        const body = this.list(depth + 1);
        const close = this.#close(action);
        return { kind: "define", at, end: close.end, pipe, body };
      }
      case "template":
        return { kind: "call", at, end, pipe: afterName(afterWord(action, word), action) };
      default: {
        const tokens = new Tokens(tokensOf(action.inside, action.from), end);
        return { kind: "output", at, end, pipe: parsePipe(tokens) };
      }
    }
  }

  /** `words` are what stands before the pipe: `if`, or `else if`. */
  #branch(action: Action, kind: Branch["kind"], words: string, depth: number): Branch {
    if (depth > depthMax) throw new TemplateError("too deeply nested", action.at);
    const { at } = action;
    const pipe = parsePipe(afterWord(action, words));
    const body = this.list(depth + 1);
    const stop = this.next();
    if (!stop || firstWord(stop) !== "else") {
      return { kind, at, end: this.#close(action).end, pipe, body, otherwise: [] };
    }
    this.#at += 1;
    const chained = /^\s*else\s+(if|with)\b/.exec(stop.inside);
    if (chained) {
      // The chain has one `end` for all.
      const inner = this.#branch(stop, chained[1] as "if" | "with", chained[0].trim(), depth + 1);
      return { kind, at, end: inner.end, pipe, body, otherwise: [inner] };
    }
    const otherwise = this.list(depth + 1);
    return { kind, at, end: this.#close(action).end, pipe, body, otherwise };
  }

  #close(opened: Action): Action {
    const action = this.next();
    if (!action || firstWord(action) !== "end") throw new TemplateError("unexpected EOF", opened.at);
    this.#at += 1;
    return action;
  }
}

function firstWord({ inside }: Action): string {
  return /^\s*([a-z]+)(?![\w.])/.exec(inside)?.[1] ?? "";
}

function afterWord({ inside, from, end }: Action, words: string): Tokens {
  const skipped = inside.indexOf(words) + words.length;
  return new Tokens(tokensOf(inside.slice(skipped), from + skipped), end);
}

function afterName(tokens: Tokens, action: Action) {
  const name = tokens.take();
  if (name?.kind !== "string") throw new TemplateError("a template's name is a quoted string", action.at);
  return tokens.peek() ? parsePipe(tokens) : undefined;
}
