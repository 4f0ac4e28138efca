import { CallerError } from "@halfkey/model";
import {
  IsArray,
  IsBoolean,
  IsEnum,
  IsInteger,
  IsObject,
  IsString,
  type Static,
  type TObject,
  type TSchema,
} from "typebox";

/**
 * Reads a request body by its schema, as leniently as official clients need and no more: unknown fields are
 * ignored, `null` is absent, booleans and numbers may be strings and the reverse, a list may be one string.
 *
 * @throws {CallerError} `E_INPUT` naming the field and what it wants; never quoting its content.
 */
export function readRequest<S extends TObject>(
  schema: S,
  body: Readonly<Record<string, unknown>>,
): Static<S> {
  const required = new Set<string>(schema.required ?? []);
  // No prototype: a field may have any name.
  const request: Record<string, unknown> = Object.create(null);
  for (const [field, wanted] of Object.entries(schema.properties)) {
    const given = Object.hasOwn(body, field) ? body[field] : undefined;
    if (given === undefined || given === null) {
      if (required.has(field)) throw new CallerError("E_INPUT", `missing required parameter - ${field}`);
      continue;
    }
    request[field] = readField(field, wanted as TSchema, given);
  }
  return request as Static<S>;
}

function readField(field: string, schema: TSchema, given: unknown): unknown {
  if (IsString(schema) || IsEnum(schema))
    return readString(field, schema as unknown as { enum?: string[] }, given);
  if (IsBoolean(schema)) return readBoolean(field, given);
  if (IsInteger(schema)) return readInteger(field, schema as { minimum?: number; maximum?: number }, given);
  if (IsArray(schema)) {
    const list = Array.isArray(given) ? given : [given];
    return list.map((one) => readField(field, schema.items as TSchema, one));
  }
  if (IsObject(schema)) {
    if (typeof given !== "object" || given === null || Array.isArray(given)) throw wants(field, "an object");
    return given;
  }
  throw new RangeError(`field ${field} has a schema that requests do not use`);
}

function readString(field: string, schema: { enum?: string[] }, given: unknown): string {
  if (typeof given !== "string" && typeof given !== "number" && typeof given !== "boolean")
    throw wants(field, "a string");
  // JSON's numbers are not their digits: 1.10, 1e3 or twenty digits would silently become another text.
  if (typeof given === "number" && (!Number.isSafeInteger(given) || Object.is(given, -0)))
    throw wants(field, "a string: a number this long or with a fraction is not kept as it was written");
  const text = String(given);
  if (!text.isWellFormed()) throw wants(field, "well-formed Unicode");
  if (schema.enum !== undefined && text !== "" && !schema.enum.includes(text)) {
    throw wants(field, `one of ${schema.enum.join(", ")}`);
  }
  return text;
}

function readBoolean(field: string, given: unknown): boolean {
  if (typeof given === "boolean") return given;
  if (given === "true" || given === 1) return true;
  if (given === "false" || given === 0 || given === "") return false;
  throw wants(field, "true or false");
}

function readInteger(field: string, schema: { minimum?: number; maximum?: number }, given: unknown): number {
  const number = typeof given === "string" && /^-?\d{1,16}$/.test(given) ? Number(given) : given;
  if (typeof number !== "number" || !Number.isSafeInteger(number)) throw wants(field, "a whole number");
  if (number < (schema.minimum ?? number) || number > (schema.maximum ?? number)) {
    throw wants(field, `a number from ${schema.minimum} to ${schema.maximum}`);
  }
  // -0 is a number of JSON, but no version.
  return number === 0 ? 0 : number;
}

function wants(field: string, what: string): CallerError {
  return new CallerError("E_INPUT", `InvalidParam: ${field} must be ${what}`);
}
