import { isUtf8 } from "node:buffer";
import { CallerError } from "@halfkey/model";

/** The shape a JSON text may have before memory and time are spent on it. */
export interface JsonShape {
  depth: number;
  /** Members and elements together. */
  parts: number;
}

/**
 * No request nests deeper than a list in an object; above so many parts a body of the greatest size becomes hundreds
 * of megabytes of objects.
 */
const requestShape: JsonShape = { depth: 32, parts: 100_000 };

/**
 * Reads a request's body. It is looked at before anybody is authenticated, so its shape is bounded before memory is
 * spent on it. Of keys that are given twice the last one counts.
 *
 * @throws {CallerError} `E_INPUT`; the message never quotes the body, which may hold a secret.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  // Replacement characters would be stored in place of what was sent.
  if (!isUtf8(body)) throw new CallerError("E_INPUT", "the request body is not UTF-8");
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf)
    throw new CallerError("E_INPUT", "the request body begins with a byte order mark");
  checkJsonShape(body, "the request body", requestShape);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new CallerError("E_INPUT", "the request body is not JSON");
  }
}

/** @param what Begins the refusal's text. @throws {CallerError} `E_INPUT` */
export function checkJsonShape(body: Uint8Array, what: string, most: JsonShape): void {
  let depth = 0;
  let parts = 0;
  let inString = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
      continue;
    }
    if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      parts += 1;
      if (depth > most.depth) throw new CallerError("E_INPUT", `${what} nests deeper than ${most.depth}`);
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === 0x2c) parts += 1;
    if (parts > most.parts)
      throw new CallerError("E_INPUT", `${what} has more than ${most.parts} members and elements`);
  }
}
