import { fromBase64Url } from "@halfkey/crypto";
import { CallerError, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { type Command, command } from "../akeyless/command.ts";
import type { Services } from "../services.ts";

const Version = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));

/**
 * `POST /api/derived-key`: the key of one version of one path, for callers that decrypt by themselves. What it
 * opens was decided here, by the path in the request; a `credential` of another authority counts for nothing.
 */
export const derivedKey: Command = command({
  name: "derived-key",
  bearer: true,
  summary: "Gives the key of one version of an item, which opens its envelope and nothing else.",
  request: Type.Object({
    path: Type.Optional(Type.String()),
    version: Version,
    key_name: Type.Optional(Type.String()),
    derivation_creds: Type.Optional(Type.Object({})),
  }),
  async run({ reader }: Services, { caller, request, deadline, audit }) {
    const { path, version } = wantedOf(request);
    const read = await reader.deriveKey(caller, path, version, deadline);
    try {
      await audit.read([{ path, v: read.version, grant: read.grant }]);
      return { derived_key: read.key.toString("base64"), version: read.version };
    } finally {
      read.key.fill(0);
    }
  },
});

/** Our own shape, or the one that Akeyless clients send. @throws {CallerError} `E_INPUT`, `E_FORMAT`, `E_PATH` */
function wantedOf(request: {
  path?: string;
  version?: number;
  key_name?: string;
  derivation_creds?: object;
}) {
  if (request.path !== undefined) return { path: parseItemPath(request.path), version: request.version ?? 0 };
  const creds = (request.derivation_creds ?? {}) as { restricted_dd?: unknown; item_version?: unknown };
  const named = request.key_name ? parseItemPath(request.key_name) : undefined;
  const derived =
    typeof creds.restricted_dd === "string" && creds.restricted_dd !== ""
      ? parseItemPath(textOf(creds.restricted_dd))
      : undefined;
  if (named !== undefined && derived !== undefined && named !== derived) {
    throw new CallerError("E_FORMAT", "key_name and restricted_dd name two different paths");
  }
  const path = named ?? derived;
  if (path === undefined) throw new CallerError("E_INPUT", "missing required parameter - path");
  const version = creds.item_version ?? 0;
  if (!Number.isSafeInteger(version) || (version as number) < 0)
    throw new CallerError("E_INPUT", "InvalidParam: item_version must be a whole number");
  return { path, version: version as number };
}

/** UTF-8 of strict base64, either alphabet. */
function textOf(base64: string): string {
  try {
    const bytes = fromBase64Url(base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CallerError("E_FORMAT", "restricted_dd is not base64 of a path", { cause });
  }
}
