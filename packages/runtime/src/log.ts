import { type DestinationStream, pino } from "pino";
import { errorFields } from "./error-fields.ts";

/** JSON lines. Field values are plain: strings, numbers, booleans, errors; whatever else is passed is left out. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const textMax = 500;
/** Of lines that wait for room on a full disk; what comes above it is lost. */
const waitingBytesMax = 1024 * 1024;

/**
 * A log on stderr, or on `destination`.
 *
 * What may be logged is decided by type and not by name: an object could be a request and a buffer a key, so
 * neither is ever written, whatever the caller meant.
 */
export function createLog(options: { name: string; level?: string; destination?: DestinationStream }): Log {
  const { name, level = "info", destination = standardError() } = options;
  const logger = pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](plainFields(fields), message);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function standardError(): DestinationStream {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: waitingBytesMax });
  // A log's disk that is full, or a reader that has gone, must not end the process: the next line tries again.
  destination.on("error", () => {});
  return destination;
}

function plainFields(fields: object): Record<string, unknown> {
  const plain: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    const kept = plainValue(value);
    if (kept !== undefined) plain[name] = kept;
  }
  return plain;
}

function plainValue(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return value.length > textMax ? `${value.slice(0, textMax)}…` : value;
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return value.toString();
    case "object":
      if (value === null) return null;
      return value instanceof Error ? errorFields(value) : undefined;
    default:
      return undefined;
  }
}
