import { recordKinds, toBase64Url } from "@halfkey/crypto";
import {
  type AuthMethodRecord,
  type Caller,
  CallerError,
  type KubernetesConfigRecord,
  parseRecordName,
  type RecordName,
} from "@halfkey/model";
import { requireAdminNow } from "../access/require-admin.ts";
import type { Services } from "../services.ts";
import type { GroupView, Unsealed } from "../state/group-view.ts";
import type { WritePlan } from "../state/pending-write.ts";
import type { ConfigFields } from "./kubernetes-config-input.ts";

type Config = Unsealed<KubernetesConfigRecord>;

const fresh = { issuer: "", checkIssuer: true, mode: "offline" } as const;

/** @throws {CallerError} `E_DENIED`, `E_EXISTS`, `E_INPUT` */
export function createConfig(
  services: Services,
  caller: Caller,
  name: RecordName,
  { accessId, host, ...fields }: ConfigFields & { accessId: string; host: string },
): WritePlan<void> {
  return plan(services, caller, [name], (view) => {
    requireFree(view, name);
    requireKubernetesMethod(view, accessId);
    const now = Date.now();
    view.put(
      changed({ t: "k8s-config", name, accessId, host, created: now, modified: now, ...fresh }, fields),
    );
  });
}

/** @throws {CallerError} `E_DENIED`, `E_NOT_FOUND`, `E_EXISTS`, `E_INPUT` */
export function updateConfig(
  services: Services,
  caller: Caller,
  name: RecordName,
  { name: newName = name, accessId, ...fields }: ConfigFields & { name?: RecordName; accessId?: string },
): WritePlan<void> {
  return plan(services, caller, [name, newName], (view) => {
    const config = requireConfig(view, name);
    if (newName !== name) requireFree(view, newName);
    if (accessId !== undefined) requireKubernetesMethod(view, accessId);
    requireOwnReviewer(config, fields);
    if (newName !== name) view.remove(config);
    const moved = { ...config, name: newName, accessId: accessId ?? config.accessId, modified: Date.now() };
    view.put(changed(moved, fields));
  });
}

/** @throws {CallerError} `E_DENIED`, `E_NOT_FOUND` */
export function deleteConfig(services: Services, caller: Caller, name: RecordName): WritePlan<void> {
  return plan(services, caller, [name], (view) => view.remove(requireConfig(view, name)));
}

/** @throws {CallerError} `E_NOT_FOUND` */
export function findConfig({ replica }: Services, name: string): KubernetesConfigRecord {
  const config = replica.index.kubernetesConfig(parseRecordName(name));
  if (config === undefined) throw notFound(name);
  return config;
}

function changed(config: Config, { caCert, reviewerToken, ...fields }: ConfigFields): Config {
  const { caCert: caBefore, reviewerToken: reviewerBefore, ...rest } = config;
  const ca = caCert ?? caBefore ?? "";
  const reviewer = reviewerToken ?? reviewerBefore ?? "";
  return {
    ...rest,
    ...fields,
    ...(ca === "" ? {} : { caCert: ca }),
    ...(reviewer === "" ? {} : { reviewerToken: reviewer }),
  };
}

/** The kept token, which nobody can read, would otherwise be sent to wherever the config points to next. */
function requireOwnReviewer(config: Config, { host, caCert, reviewerToken }: ConfigFields): void {
  const elsewhere =
    (host !== undefined && host !== config.host) ||
    (caCert !== undefined && caCert !== (config.caCert ?? ""));
  if (elsewhere && config.reviewerToken !== undefined && reviewerToken === undefined) {
    throw new CallerError(
      "E_INPUT",
      "InvalidParam: token-reviewer-jwt must be given again (or empty, for none) with another k8s-host or k8s-ca-cert",
    );
  }
}

function requireKubernetesMethod(view: GroupView, accessId: string): void {
  const method = view.get<AuthMethodRecord>(recordKinds.authMethod, accessId);
  if (method?.type !== "k8s")
    throw new CallerError("E_INPUT", "InvalidParam: access-id must be that of an auth method of type k8s");
}

function requireConfig(view: GroupView, name: RecordName): Config {
  const config = view.get<KubernetesConfigRecord>(recordKinds.kubernetesConfig, name);
  if (config === undefined) throw notFound(name);
  return config;
}

function requireFree(view: GroupView, name: RecordName): void {
  if (view.get<KubernetesConfigRecord>(recordKinds.kubernetesConfig, name) === undefined) return;
  throw new CallerError(
    "E_EXISTS",
    `Status 409 Conflict, Error: AlreadyExists. Message: k8s-auth-config ${name} already exists`,
  );
}

function notFound(name: string): CallerError {
  return new CallerError(
    "E_NOT_FOUND",
    `Status 404 Not Found, Error: NotFound. Message: failed to obtain k8s-auth-config ${name}`,
  );
}

function plan(
  { access, keyring }: Services,
  caller: Caller,
  names: readonly RecordName[],
  build: (view: GroupView) => void,
): WritePlan<void> {
  return {
    claims: names.map((name) => toBase64Url(keyring.recordId(recordKinds.kubernetesConfig, name))),
    async prepare() {
      requireAdminNow(access, caller);
    },
    build(view) {
      requireAdminNow(access, caller);
      build(view);
      return { result: undefined };
    },
  };
}
