import { CallerError } from "@halfkey/model";

/**
 * The parameters of a query, each at most once and none unknown. Their values are text: what is a number is read
 * by {@link integerOf}, as the server converts nothing.
 */
export function queryOf<K extends string>(query: unknown, known: readonly K[]): Partial<Record<K, string>> {
  const values: Partial<Record<K, string>> = {};
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    const key = known.find((one) => one === name);
    if (key === undefined)
      throw new CallerError("E_INPUT", `a query parameter is unknown; known are ${known.join(", ")}`);
    if (typeof value !== "string") throw new CallerError("E_INPUT", `query parameter ${key} is given twice`);
    values[key] = value;
  }
  return values;
}

/** @returns `fallback` for an absent parameter. @throws {CallerError} E_INPUT, also when there is no fallback. */
export function integerOf(
  name: string,
  text: string | undefined,
  limits: { minimum: number; maximum: number; fallback?: number },
): number {
  const { minimum, maximum, fallback } = limits;
  if (text === undefined && fallback !== undefined) return fallback;
  const number = /^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (number >= minimum && number <= maximum) return number;
  throw new CallerError(
    "E_INPUT",
    `query parameter ${name} must be a whole number from ${minimum} to ${maximum}`,
  );
}
