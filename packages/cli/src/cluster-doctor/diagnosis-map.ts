import type { FailureModeName } from "@halfkey/diagnosis";

/** What External Secrets says in an Event, the special before the general, and the failure mode behind it. */
const sayings: readonly [RegExp, FailureModeName][] = [
  [/denied by spec\.condition|is not allowed from namespace/, "store-condition"],
  [/could not get (Cluster)?SecretStore|SecretStore "[^"]*" not found/, "store-missing"],
  [/SecretStore "[^"]*" is not ready/, "store-not-ready"],
  [
    /cannot request Kubernetes service account token|serviceaccounts? "[^"]*" not found|can't determine k8s service account jwt/,
    "token-request",
  ],
  [
    /could not fetch .* secret|cannot find secret data for key|unable to create client|cluster scope requires namespace/,
    "store-credentials",
  ],
  [/could not apply template/, "template"],
  [/target is owned by another/, "target-owned"],
  [/x509: certificate is valid for|x509: cannot validate certificate/, "wrong-name"],
  [/x509: certificate has expired or is not yet valid/, "certificate-over"],
  [/x509:/, "store-ca"],
  [
    /connection refused|context deadline exceeded|no such host|no route to host|i\/o timeout|network is unreachable/,
    "gateway-unreachable",
  ],
  [/is for another audience/, "wrong-audience"],
  [/has another issuer/, "wrong-issuer"],
  [/the keys that prove the token cannot be had|cannot review the token/, "issuer-unreachable"],
  [/found no value string|can't convert secret value to string/, "empty-value"],
  [/key .* does not exist in value/, "property-missing"],
  [/is disabled/, "item-disabled"],
  [/unauthorized access for access id/, "policy-denied"],
  [
    /(authentication failed|can't describe item|can't get secret value).*(<html|<!doctype|unknown command|404 page)/i,
    "store-url",
  ],
  [/does not know this gateway/, "vault-refuses"],
  [
    /vault \S+ (refuses connections|did not answer in time|cannot be reached)|the vault did not/,
    "vault-unreachable",
  ],
  [/vault \S+ has a certificate that is not trusted/, "vault-wrong-ca"],
  [/holds another fragment/, "wrong-fragment"],
  [/the gateway is starting/, "gateway-sealed"],
  [/internal error: see the gateway's log/, "defect"],
  [/authentication failed/, "login-refused"],
  [/item does not exist|can't get secret: |failed to obtain item/, "item-absent"],
  [/admission webhook|denied the request|no matches for kind/, "admission"],
];

/**
 * The failure mode that an Event's text stands for. It is a suspicion: before 2.9 External Secrets says "item does
 * not exist" of many a refusal, so what can be tried is tried too.
 */
export function modeOfEvent(message: string): FailureModeName {
  return sayings.find(([saying]) => saying.test(message))?.[1] ?? "secret-synced-error";
}
