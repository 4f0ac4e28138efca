import type { Node, Operand, Pipe } from "./node.ts";

/** One use of a function, with what it is given; a piped value is the last of them. */
export interface Call {
  name: string;
  at: number;
  /** A piped value stands as the group of all commands before. */
  given: Operand[];
}

/** Where a pipe stands. */
export interface Site {
  node: Exclude<Node, { kind: "text" }>;
  pipe: Pipe;
  /** Whether `.` is what the template was given; false where it may be anything. */
  dotIsRoot: boolean;
  /** Pipes of the conditions around it, on which it depends whether it runs. */
  conditions: readonly Pipe[];
}

/** Every pipe of a template, top-down. */
export function* sitesOf(
  nodes: readonly Node[],
  dotIsRoot = true,
  conditions: readonly Pipe[] = [],
): Generator<Site> {
  for (const node of nodes) {
    if (node.kind === "output" || node.kind === "call") {
      if (node.pipe) yield { node, pipe: node.pipe, dotIsRoot, conditions };
    } else if (node.kind === "define") {
      if (node.pipe) yield { node, pipe: node.pipe, dotIsRoot, conditions };
      yield* sitesOf(node.body, false, conditions);
    } else if (node.kind === "if" || node.kind === "with" || node.kind === "range") {
      yield { node, pipe: node.pipe, dotIsRoot, conditions };
      const inside = [...conditions, node.pipe];
      yield* sitesOf(node.body, dotIsRoot && node.kind === "if", inside);
      yield* sitesOf(node.otherwise, dotIsRoot, inside);
    }
  }
}

/** Every operand of a pipe, those in parentheses too. */
export function* operandsOf(pipe: Pipe): Generator<Operand> {
  for (const { operands } of pipe.commands) {
    for (const operand of operands) {
      yield operand;
      if (operand.kind === "group") yield* operandsOf(operand.pipe);
    }
  }
}

/** Every call of a function in a pipe, those in parentheses too. */
export function* callsOf(pipe: Pipe): Generator<Call> {
  for (const [index, { operands }] of pipe.commands.entries()) {
    const [first, ...rest] = operands;
    if (first?.kind === "function") {
      const before = pipe.commands.slice(0, index);
      const piped: Operand[] =
        before.length === 0
          ? []
          : [{ kind: "group", at: pipe.at, pipe: { at: pipe.at, sets: [], commands: before }, names: [] }];
      yield { name: first.name, at: first.at, given: [...rest, ...piped] };
    }
    for (const operand of operands) if (operand.kind === "group") yield* callsOf(operand.pipe);
  }
}

/** An operand without needless parentheses: `((.A))` is `.A`. */
export function bare(operand: Operand): Operand {
  if (operand.kind !== "group" || operand.names.length > 0) return operand;
  const [command, ...more] = operand.pipe.commands;
  const [only, ...others] = command?.operands ?? [];
  return only && more.length === 0 && others.length === 0 && only.kind !== "function" ? bare(only) : operand;
}

/** Whether an operand is the whole of what the template was given. */
export function isRoot(operand: Operand, dotIsRoot: boolean): boolean {
  if (operand.kind === "dot") return dotIsRoot;
  return operand.kind === "variable" && operand.name === "$" && operand.names.length === 0;
}

/** The fields that an operand takes from what the template was given: `["a", "b"]` of `.a.b` or `$.a.b`. */
export function fieldsOfRoot(operand: Operand, dotIsRoot: boolean): string[] | undefined {
  if (operand.kind === "field") return dotIsRoot ? operand.names : undefined;
  if (operand.kind === "variable" && operand.name === "$" && operand.names.length > 0) return operand.names;
  return undefined;
}
