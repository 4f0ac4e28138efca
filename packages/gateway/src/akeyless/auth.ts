import { CallerError } from "@halfkey/model";
import Type from "typebox";
import { command } from "./command.ts";

export const auth = command({
  name: "auth",
  summary: "Trades credentials for a token.",
  open: true,
  request: Type.Object({
    "access-id": Type.Optional(Type.String()),
    "access-key": Type.Optional(Type.String()),
    "access-type": Type.Optional(Type.String()),
  }),
  async run({ authenticator }, { request, address, deadline, audit }) {
    const type = request["access-type"] || "access_key";
    if (type !== "access_key" && type !== "api_key") {
      throw new CallerError(
        "E_UNSUPPORTED",
        `access-type ${JSON.stringify(type.slice(0, 40))} is not supported by this gateway`,
      );
    }
    const accessId = request["access-id"] ?? "";
    const accessKey = request["access-key"] ?? "";
    if (accessId === "")
      throw new CallerError("E_INPUT", "InvalidParam: missing required parameter - access-id");
    if (accessKey === "")
      throw new CallerError("E_INPUT", "InvalidParam: missing required parameter - access-key");
    const { token, expires } = await authenticator.logIn(
      { type: "api_key", accessId, accessKey },
      address,
      deadline,
    );
    await audit.loggedIn(accessId);
    return {
      token,
      expiration: new Date(expires).toISOString(),
      complete_auth_link: "",
      creds: { access_id: accessId, expiry: Math.floor(expires / 1000), token },
    };
  },
});
