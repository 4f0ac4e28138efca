import { CallerError, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { createItem } from "../items/create-item.ts";
import { checkDescription, checkFormat, checkTags, maxVersionsMax, valueBytes } from "../items/item-input.ts";
import { command } from "./command.ts";
import { protectionKeyName } from "./item-reply.ts";

export const createSecret = command({
  name: "create-secret",
  summary: "Creates a static secret.",
  request: Type.Object({
    name: Type.String(),
    value: Type.Optional(Type.String()),
    type: Type.Optional(Type.Enum(["generic", "password"])),
    username: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    format: Type.Optional(Type.Enum(["text", "json", "key-value"])),
    description: Type.Optional(Type.String()),
    metadata: Type.Optional(Type.String()),
    tags: Type.Optional(Type.Array(Type.String())),
    protection_key: Type.Optional(Type.String()),
    "max-versions": Type.Optional(Type.Integer({ minimum: 1, maximum: maxVersionsMax })),
    delete_protection: Type.Optional(Type.Boolean()),
  }),
  async run({ writes, writeParts, access }, { caller, request, deadline, audit }) {
    const path = parseItemPath(request.name);
    const subType = request.type || "generic";
    const format = request.format || "text";
    const value = secretTextOf(request, subType);
    checkProtectionKey(request.protection_key);
    // Its size first: a format's check builds objects of whatever it is given.
    const bytes = valueBytes(value);
    checkFormat(value, format, subType);
    const input = {
      value: bytes,
      subType,
      format,
      description: checkDescription(request.description || request.metadata || ""),
      tags: checkTags(request.tags ?? []),
      ...(request["max-versions"] === undefined ? {} : { maxVersions: request["max-versions"] }),
      deleteProtection: request.delete_protection === true,
    };
    const { version } = await writes.run(() => createItem(writeParts, caller, path, input), deadline);
    await audit.wrote([{ path, v: version, grant: access.decide(caller, "create", path).grant }]);
    return { name: request.name, version };
  },
});

/** A password may come in two fields; it is kept as one JSON text, which is what readers get. */
export function secretTextOf(
  request: { value?: string; username?: string; password?: string },
  subType: string,
): string {
  if (subType === "password" && request.password !== undefined) {
    return JSON.stringify({ username: request.username ?? "", password: request.password });
  }
  if (request.value === undefined) throw new CallerError("E_INPUT", "missing required parameter - value");
  return request.value;
}

function checkProtectionKey(name: string | undefined): void {
  if (name === undefined || name === "" || name === protectionKeyName) return;
  throw new CallerError(
    "E_INPUT",
    `InvalidType: there is one protection key, ${protectionKeyName}: leave protection_key out`,
  );
}
