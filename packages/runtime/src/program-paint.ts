import { styleText } from "node:util";
import type { Paint } from "@halfkey/diagnosis";

/** Colours for this process's standard output: on a terminal that shows them, and not if `NO_COLOR` is set. */
export function programPaint(): Paint {
  const paint = (colour: "red" | "green" | "yellow") => (text: string) =>
    styleText(colour, text, { stream: process.stdout });
  return { red: paint("red"), green: paint("green"), yellow: paint("yellow") };
}
