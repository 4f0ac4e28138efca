import { CallerError, parseRecordName } from "@halfkey/model";
import Type from "typebox";
import { requireAdmin } from "../access/require-admin.ts";
import { jwtTrustOf } from "../auth/jwt-trust-input.ts";
import { createMethod, findMethod } from "../auth/method-writes.ts";
import { updateTrust } from "../auth/trust-writes.ts";
import { MethodRequestFields, methodFieldsOf } from "./auth-method-commands.ts";
import { type Command, command } from "./command.ts";

/** Both kinds end as the same record: a JWT that some issuer has signed. Logging in through a browser is not built. */
const fields = {
  ...MethodRequestFields,
  issuer: Type.Optional(Type.String()),
  audience: Type.Optional(Type.String()),
  "unique-identifier": Type.Optional(Type.String()),
  "subclaims-delimiters": Type.Optional(Type.Array(Type.String())),
  "jwks-uri": Type.Optional(Type.String()),
  "jwks-json-data": Type.Optional(Type.String()),
  "bound-client-ids": Type.Optional(Type.Array(Type.String())),
  cert: Type.Optional(Type.String()),
  "cert-file-data": Type.Optional(Type.String()),
  /** Ours: claims that must have one of some values, and the algorithms that are allowed. */
  "bound-claims": Type.Optional(Type.Object({})),
  algorithms: Type.Optional(Type.Array(Type.String())),
};
/** An OIDC method's client is whom its tokens are for. */
const oidcFields = { ...fields, "client-id": Type.Optional(Type.String()) };

const create = (name: string, status: number, kind: typeof fields): Command =>
  command({
    name,
    summary: "Creates an auth method for JWTs of an identity provider, a CI system or the like.",
    status,
    request: Type.Object({ name: Type.String(), ...kind }),
    async run(services, { caller, request, deadline, audit }) {
      await requireAdmin(services, caller, deadline);
      const methodName = parseRecordName(request.name);
      const input = { type: "jwt" as const, ...methodFieldsOf(request), jwt: jwtTrustOf(request) };
      const { accessId } = await services.writes.run(
        () => createMethod(services, caller, methodName, input),
        deadline,
      );
      await audit.wrote([{ path: methodName, to: accessId }]);
      return { access_id: accessId, access_key: "", name: request.name, prv_key: "", scim_base_url: "" };
    },
  });

const update = (name: string, status: number, kind: typeof fields): Command =>
  command({
    name,
    summary: "Changes an auth method for JWTs. What is left out stays; tokens end if its trust changes.",
    status,
    request: Type.Object({ name: Type.String(), "new-name": Type.Optional(Type.String()), ...kind }),
    async run(services, { caller, request, deadline, audit }) {
      await requireAdmin(services, caller, deadline);
      const method = findMethod(services, request.name);
      if (method.jwt === undefined)
        throw new CallerError("E_INPUT", `auth method ${method.name} is of type ${method.type}`);
      const newName = request["new-name"] ? parseRecordName(request["new-name"]) : undefined;
      const input = {
        ...methodFieldsOf(request),
        jwt: jwtTrustOf(request, method.jwt),
        ...(newName === undefined ? {} : { name: newName }),
      };
      await services.writes.run(() => updateTrust(services, caller, method, input), deadline);
      await audit.wrote([{ path: method.name, to: method.accessId }]);
      return { name: newName ?? method.name, updated: true, prv_key: "", scim_base_url: "" };
    },
  });

/** Newer and older spelling of each. */
export const jwtMethodCommands: readonly Command[] = [
  create("auth-method-create-oauth2", 201, fields),
  create("create-auth-method-oauth2", 200, fields),
  create("auth-method-create-oidc", 201, oidcFields),
  create("create-auth-method-oidc", 200, oidcFields),
  update("auth-method-update-oauth2", 201, fields),
  update("update-auth-method-oauth2", 200, fields),
  update("auth-method-update-oidc", 201, oidcFields),
  update("update-auth-method-oidc", 200, oidcFields),
];
