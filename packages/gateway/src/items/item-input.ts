import { valueBytesMax } from "@halfkey/crypto";
import { CallerError, type ItemFormat, type ItemRecord } from "@halfkey/model";
import { checkJsonShape } from "../json-body.ts";

/** Of a value that promises to be JSON; its size bounds the number of its parts. */
const valueShape = { depth: 256, parts: valueBytesMax };

export const tagsMax = 64;
const tagBytesMax = 256;
const descriptionBytesMax = 16_384;
export const maxVersionsMax = 100;

/** @throws {CallerError} `E_TOO_LARGE` */
export function valueBytes(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  if (bytes.length > valueBytesMax) {
    throw new CallerError(
      "E_TOO_LARGE",
      `the value has ${bytes.length} bytes, more than the ${valueBytesMax} it may have`,
    );
  }
  return bytes;
}

/** A value must be what its item's format promises to its readers. @throws {CallerError} `E_INPUT`, never quoting the value */
export function checkFormat(value: string, format: ItemFormat, subType: ItemRecord["subType"]): void {
  if (!value.isWellFormed()) throw new CallerError("E_INPUT", "value has half of a surrogate pair");
  if (format === "text" && subType === "generic") return;
  // A megabyte of brackets takes a fifth of a second to be parsed, in which nobody else is served.
  checkJsonShape(Buffer.from(value), "value", valueShape);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw new CallerError(
      "E_INPUT",
      `value is not JSON, as format ${subType === "password" ? "password" : format} wants`,
    );
  }
  const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  if (format === "key-value" && !isObject)
    throw new CallerError("E_INPUT", "value is not a JSON object, as format key-value wants");
}

/** @throws {CallerError} `E_INPUT` */
export function checkTags(tags: readonly string[]): string[] {
  if (tags.length > tagsMax) throw new CallerError("E_INPUT", `tags has more than ${tagsMax} entries`);
  for (const tag of tags) {
    const length = Buffer.byteLength(tag);
    if (length === 0 || length > tagBytesMax || /\p{Cc}/u.test(tag) || !tag.isWellFormed()) {
      throw new CallerError("E_INPUT", `tags: a tag has 1 to ${tagBytesMax} bytes and no control characters`);
    }
  }
  return [...new Set(tags)];
}

/** @throws {CallerError} `E_INPUT` */
export function checkDescription(text: string): string {
  if (Buffer.byteLength(text) > descriptionBytesMax || !text.isWellFormed()) {
    throw new CallerError(
      "E_INPUT",
      `description is longer than ${descriptionBytesMax} bytes or not well-formed`,
    );
  }
  return text;
}
