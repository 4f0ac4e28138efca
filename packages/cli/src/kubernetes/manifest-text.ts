import { stringify } from "yaml";
import { printable } from "../printable.ts";

/** Objects as kubectl reads them, one document each; whatever YAML 1.1 takes for something else is quoted. */
export function manifestText(objects: readonly object[]): string {
  return objects
    .map((one) => stringify(one, { version: "1.1", lineWidth: 0 }))
    .join("---\n")
    .split("\n")
    .map(printable)
    .join("\n");
}
