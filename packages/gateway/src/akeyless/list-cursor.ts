import { CallerError, itemPathBytesMax } from "@halfkey/model";

/** A name in JSON, at most six bytes for each of its own, in base64. */
const cursorLengthMax = 8 * itemPathBytesMax + 64;

/**
 * What a list's next page begins after: the last name of the one before it, so that what is created or deleted
 * meanwhile shifts nothing. It is no secret and gives no right: every page shows only what its caller may list.
 */
export function cursorAfter(path: string): string {
  return Buffer.from(JSON.stringify({ i: path })).toString("base64");
}

/** @param token `""` for the first page. @throws {CallerError} `E_INPUT` */
export function readCursor(token: string): string {
  if (token === "") return "";
  try {
    // Its text is JSON within JSON, which the bounds of the body do not see: a deep one would block the process.
    if (token.length > cursorLengthMax) throw new RangeError("longer than a name can make it");
    const parsed = JSON.parse(Buffer.from(token, "base64").toString("utf8")) as { i?: unknown };
    if (typeof parsed.i === "string") return parsed.i;
  } catch {
    // Falls through.
  }
  throw new CallerError("E_INPUT", "InvalidParam: pagination-token is not one that this gateway gave");
}
