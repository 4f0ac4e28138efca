import assert from "node:assert/strict";
import { test } from "node:test";
import { modeOfEvent } from "./diagnosis-map.ts";

const data = "error processing spec.data[0] (key: /mdapi/joplin/a), err: ";

/** Events as External Secrets 0.20.4 and 2.9.0 wrote them, the gateway's answers quoted. */
const seen: [string, string][] = [
  ['ClusterSecretStore "cm-akeyless" is not ready', "store-not-ready"],
  [
    'could not get SecretStore "cm-akeyless": SecretStore.external-secrets.io "cm-akeyless" not found',
    "store-missing",
  ],
  [
    'using cluster store "cm-akeyless" is not allowed from namespace "gitlab": denied by spec.condition',
    "store-condition",
  ],
  [
    `${data}authentication failed: Post "https://gw/akeyless-api/v2/auth": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    "store-ca",
  ],
  [
    `${data}authentication failed: Post "https://gw/akeyless-api/v2/auth": tls: failed to verify certificate: x509: certificate is valid for localhost, not gw`,
    "wrong-name",
  ],
  [
    `${data}authentication failed: Post "https://gw/auth": dial tcp 10.0.0.5:8443: connect: connection refused`,
    "gateway-unreachable",
  ],
  [
    `${data}can't describe item: Post "https://gw/describe-item": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    "gateway-unreachable",
  ],
  [
    `${data}authentication failed: {"error":"k8s-service-account-token is for another audience than halfkey-gateway (in External Secrets: serviceAccountRef.audiences)"}`,
    "wrong-audience",
  ],
  [
    `${data}authentication failed: {"error":"k8s-service-account-token has another issuer than k8s-auth-config harvester wants (k8s-issuer)"}`,
    "wrong-issuer",
  ],
  [
    `${data}authentication failed: {"error":"no k8s auth method has this access id and k8s-auth-config-name, or that cluster does not accept the token"}`,
    "login-refused",
  ],
  [
    `${data}authentication failed: {"error":"vault https://v:9443 refuses connections: is it running?"}`,
    "vault-unreachable",
  ],
  [
    `${data}can't describe item: /mdapi/gitlab/a, error: {"error":"Status 401 Unauthorized, Error: UnauthorizedAccess. Message: unauthorized access for access id p-1","item_name":false}`,
    "policy-denied",
  ],
  [
    `${data}can't describe item: /mdapi/joplin/a, error: {"error":"vault https://v:9443 did not answer in time","item_name":false}`,
    "vault-unreachable",
  ],
  [`${data}can't get secret value: {"error":"item /mdapi/joplin/a is disabled"}`, "item-disabled"],
  [`${data}item does not exist: /mdapi/joplin/a`, "item-absent"],
  [`${data}can't get secret: /mdapi/joplin/a`, "item-absent"],
  [`${data}invalid value received, found no value string : /mdapi/joplin/a`, "empty-value"],
  [`${data}can't convert secret value to string: map[a:b]`, "empty-value"],
  [`${data}key user does not exist in value /mdapi/joplin/a`, "property-missing"],
  [
    `${data}cannot request Kubernetes service account token for service account "reader": serviceaccounts "reader" not found`,
    "token-request",
  ],
  [
    `${data}could not fetch AccessTypeParam secret: cannot find secret data for key: "absent"`,
    "store-credentials",
  ],
  [
    'could not apply template: could not execute template: unable to execute template at key A: map has no entry for key "nope"',
    "template",
  ],
  ["target is owned by another ExternalSecret", "target-owned"],
  [
    'admission webhook "validate.externalsecret.external-secrets.io" denied the request: duplicate secretKey found: a',
    "admission",
  ],
  ["something new", "secret-synced-error"],
];

for (const [message, mode] of seen) {
  test(`${mode}: ${message.replace(data, "").slice(0, 60)}`, () => assert.equal(modeOfEvent(message), mode));
}
