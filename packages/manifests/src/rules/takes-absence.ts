import { callsOf, type Site } from "../template/walk.ts";

const taking = /^(?:default|coalesce|ternary|empty|not|and|or|hasKey|kindIs|typeIs|kindOf|typeOf|eq|ne)$/;

/** Whether a pipe counts on a value that may not be there: then nothing in it is a mistake for certain. */
export function takesAbsence({ node, pipe }: Site): boolean {
  return (
    node.kind === "if" || node.kind === "with" || [...callsOf(pipe)].some(({ name }) => taking.test(name))
  );
}
