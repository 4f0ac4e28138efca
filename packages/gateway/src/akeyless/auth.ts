import { CallerError } from "@halfkey/model";
import Type from "typebox";
import type { LoginAttempt } from "../auth/prover.ts";
import { command } from "./command.ts";

type Credentials = Readonly<Partial<Record<string, string>>>;

export const auth = command({
  name: "auth",
  summary: "Trades credentials for a token: an access key, a Kubernetes service account's token, or a JWT.",
  open: true,
  request: Type.Object({
    "access-id": Type.Optional(Type.String()),
    "access-key": Type.Optional(Type.String()),
    "access-type": Type.Optional(Type.String()),
    "k8s-auth-config-name": Type.Optional(Type.String()),
    "k8s-service-account-token": Type.Optional(Type.String()),
    jwt: Type.Optional(Type.String()),
  }),
  async run({ authenticator }, { request, address, deadline, audit }) {
    const attempt = attemptOf(request);
    const { token, expires, claims } = await authenticator.logIn(attempt, address, deadline);
    await audit.loggedIn(attempt.accessId, claims);
    return {
      token,
      expiration: new Date(expires).toISOString(),
      complete_auth_link: "",
      creds: { access_id: attempt.accessId, expiry: Math.floor(expires / 1000), token },
    };
  },
});

function attemptOf(request: Credentials): LoginAttempt {
  const type = request["access-type"] || "access_key";
  switch (type) {
    case "access_key":
    case "api_key":
      return {
        type: "api_key",
        accessId: given(request, "access-id"),
        accessKey: given(request, "access-key"),
      };
    case "k8s":
      return {
        type: "k8s",
        accessId: given(request, "access-id"),
        configName: request["k8s-auth-config-name"] ?? "",
        token: given(request, "k8s-service-account-token"),
      };
    case "jwt":
    case "oidc":
      return { type: "jwt", accessId: given(request, "access-id"), token: given(request, "jwt") };
    default:
      throw new CallerError(
        "E_UNSUPPORTED",
        `access-type ${JSON.stringify(type.slice(0, 40))} is not supported by this gateway`,
      );
  }
}

function given(request: Credentials, field: string): string {
  const value = request[field] ?? "";
  if (value === "") throw new CallerError("E_INPUT", `InvalidParam: missing required parameter - ${field}`);
  return value;
}
