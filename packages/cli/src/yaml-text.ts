import { printableJson } from "./printable.ts";

/**
 * JSON-like data as YAML 1.2 in block style. Every text is quoted as in JSON, which YAML reads the same: a value
 * such as `no`, `1e3` or `~` must not become something else. Keys are bare only where no reader can misread them.
 */
export function yamlText(data: unknown): string {
  return `${blockOf(data, "")}\n`;
}

function blockOf(data: unknown, indent: string): string {
  if (Array.isArray(data) && data.length > 0) {
    return data.map((entry) => `${indent}- ${nested(entry, `${indent}  `)}`).join("\n");
  }
  const fields = isObject(data) ? Object.entries(data).filter(([, content]) => content !== undefined) : [];
  if (fields.length === 0) return indent + scalar(data);
  return fields
    .map(([key, content]) => {
      const start = `${indent}${keyOf(key)}:`;
      const isBlock = (isObject(content) || Array.isArray(content)) && Object.keys(content).length > 0;
      return isBlock ? `${start}\n${blockOf(content, `${indent}  `)}` : `${start} ${scalar(content)}`;
    })
    .join("\n");
}

/** Behind a dash the first line stands on the dash's own. */
function nested(data: unknown, indent: string): string {
  return blockOf(data, indent).trimStart();
}

function scalar(data: unknown): string {
  return printableJson(data ?? null).replaceAll("\n", "");
}

const readAsSomethingElse = /^(y|n|yes|no|on|off|true|false|null)$/i;

function keyOf(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) && !readAsSomethingElse.test(key) ? key : scalar(key);
}

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
