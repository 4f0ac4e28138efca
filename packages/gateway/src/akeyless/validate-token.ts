import { HalfkeyError } from "@halfkey/model";
import Type from "typebox";
import { command } from "./command.ts";

export const validateToken = command({
  name: "validate-token",
  summary: "Tells whether a token is valid, and for how long.",
  open: true,
  request: Type.Object({ token: Type.Optional(Type.String()) }),
  async run({ authenticator }, { request, deadline }) {
    try {
      const { expires } = await authenticator.inspect(request.token ?? "", deadline);
      const ttl = Math.max(0, Math.floor((expires - Date.now()) / 1000));
      return { is_valid: true, expiration: new Date(expires).toISOString(), ttl, reason: "" };
    } catch (error) {
      // Only what is wrong with the token is an answer; a vault that is away says nothing about it.
      if (error instanceof HalfkeyError && (error.code === "E_TOKEN" || error.code === "E_EXPIRED")) {
        return { is_valid: false, expiration: "", ttl: 0, reason: error.message };
      }
      throw error;
    }
  },
});
