import { isScalar, parseDocument, visit } from "yaml";
import type { Node } from "../template/node.ts";
import type { Template } from "./templates-of.ts";

type Output = Extract<Node, { kind: "output" }>;

const safe = new Set([
  "toJson",
  "mustToJson",
  "toRawJson",
  "mustToRawJson",
  "toPrettyJson",
  "quote",
  "squote",
]);

/**
 * The actions of a `literal` that are a whole plain value of its YAML. Only of literals without conditions, loops and
 * trim markers: what those come to is not to be seen from here.
 */
export function unquotedActions({ text, nodes, error }: Template): Output[] {
  const outputs = nodes.filter((node) => node.kind === "output");
  if (error || outputs.length === 0 || nodes.some(({ kind }) => kind !== "text" && kind !== "output"))
    return [];
  if (/\{\{-\s|\s-\}\}/.test(text)) return [];
  const found = new Set<number>();
  const document = parseDocument(masked(text, outputs), {
    logLevel: "silent",
    prettyErrors: false,
    strict: false,
  });
  if (document.errors.length > 0) return [];
  visit(document, {
    Scalar(key, scalar) {
      if (key === "key" || !isScalar(scalar) || scalar.type !== "PLAIN") return;
      const at = /^HKACTION(\d+)X$/.exec(String(scalar.source ?? scalar.value))?.[1];
      if (at !== undefined) found.add(Number(at));
    },
  });
  return outputs.filter((node, at) => {
    const last = node.pipe.commands.at(-1)?.operands[0];
    return (
      found.has(at) && node.pipe.sets.length === 0 && !(last?.kind === "function" && safe.has(last.name))
    );
  });
}

function masked(text: string, outputs: readonly Output[]): string {
  let result = "";
  let at = 0;
  for (const [index, node] of outputs.entries()) {
    result += `${text.slice(at, node.at)}HKACTION${index}X`;
    at = node.end;
  }
  return result + text.slice(at);
}
