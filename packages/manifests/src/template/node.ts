/** What stands for a value in an action. Offsets are in the template's text. */
export type Operand =
  | { kind: "dot"; at: number }
  | { kind: "nil" | "bool" | "number"; at: number; text: string }
  | { kind: "string"; at: number; value: string }
  /** `.a.b`: a chain of fields of the dot. */
  | { kind: "field"; at: number; names: string[] }
  /** `$x.a`; the name has its dollar, and `$` alone is what the template was given. */
  | { kind: "variable"; at: number; name: string; names: string[] }
  | { kind: "function"; at: number; name: string }
  /** `(…)`, and `(…).a`. */
  | { kind: "group"; at: number; pipe: Pipe; names: string[] };

export interface Command {
  operands: Operand[];
}

export interface Pipe {
  at: number;
  /** Names of variables that it sets. */
  sets: string[];
  commands: Command[];
}

export type Node =
  | { kind: "text"; at: number; end: number }
  | { kind: "output"; at: number; end: number; pipe: Pipe }
  | {
      kind: "if" | "with" | "range";
      at: number;
      end: number;
      pipe: Pipe;
      body: Node[];
      otherwise: Node[];
    }
  | { kind: "call"; at: number; end: number; pipe: Pipe | undefined }
  /** The body of `define` or `block`: nobody knows its dot. */
  | { kind: "define"; at: number; end: number; pipe: Pipe | undefined; body: Node[] }
  | { kind: "break" | "continue"; at: number; end: number };

/** A template that Go would not take. */
export class TemplateError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Real templates nest a handful; a limit keeps a hostile one from exhausting the stack. */
export const depthMax = 100;
