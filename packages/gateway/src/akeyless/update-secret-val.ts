import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { checkFormat, valueBytes } from "../items/item-input.ts";
import { updateValue } from "../items/update-value.ts";
import { command } from "./command.ts";
import { secretTextOf } from "./create-secret.ts";

export const updateSecretVal = command({
  name: "update-secret-val",
  summary: "Writes a new version of a static secret.",
  request: Type.Object({
    name: Type.String(),
    value: Type.Optional(Type.String()),
    username: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    format: Type.Optional(Type.Enum(["text", "json", "key-value"])),
    "keep-prev-version": Type.Optional(Type.Boolean()),
    "last-version": Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  async run({ writes, writeParts, access }, { caller, request, deadline, audit }) {
    const path = parseItemPath(request.name);
    const lastVersion = request["last-version"] ?? 0;
    const plan = () =>
      updateValue(writeParts, caller, path, {
        valueFor(item) {
          const value = secretTextOf(request, item.subType);
          const bytes = valueBytes(value);
          // Official clients send format "text" whether the user said so or not: the item's own promise counts.
          checkFormat(value, item.format, item.subType);
          return bytes;
        },
        keepPrevious: request["keep-prev-version"] ?? true,
        ...(lastVersion === 0 ? {} : { expectedVersion: lastVersion }),
      });
    const { version } = await writes.run(plan, deadline);
    await audit.wrote([{ path, v: version, grant: access.decide(caller, "update", path).grant }]);
    return { name: request.name, version };
  },
});
