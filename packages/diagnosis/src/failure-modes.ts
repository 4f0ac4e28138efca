import type { Runbook } from "@halfkey/model";

/** Whose trouble it is. `here` is the machine on which the doctor runs. */
export type Side = "here" | "network" | "gateway" | "vault" | "cluster";

export interface FailureMode {
  /** What the verdict calls it. */
  title: string;
  side: Side;
  runbook: Runbook;
  /** For a check that has nothing better to say. */
  next: string;
}

/** What can be wrong, told apart. Scripts match on the names: never rename one. */
export const failureModes = {
  "not-configured": {
    title: "no gateway is configured",
    side: "here",
    runbook: "gateway-unreachable",
    next: "halfkey configure --url https://… --access-id p-… --ca FILE",
  },
  settings: {
    title: "the settings are not valid",
    side: "here",
    runbook: "gateway-unreachable",
    next: "correct the named setting (docs/gateway-settings.md, docs/vault.md)",
  },
  "file-modes": {
    title: "others may read or change the files",
    side: "here",
    runbook: "damaged-file",
    next: "chmod as told, and change the keys if others might have read them",
  },
  "fragment-missing": {
    title: "the customer fragment is missing",
    side: "here",
    runbook: "restore",
    next: "put customer-fragment.pem back from its backup, or give the right folder with --data",
  },
  "fragment-damaged": {
    title: "the customer fragment's file is damaged",
    side: "here",
    runbook: "damaged-file",
    next: "put customer-fragment.pem back from its backup, or customer-fragment.pem.1 in its place",
  },
  sealed: {
    title: "the customer fragment does not unseal",
    side: "here",
    runbook: "sealed",
    next: "give the passphrase, key file or command that it was sealed with",
  },
  "gateway-stopped": {
    title: "the gateway does not run",
    side: "here",
    runbook: "gateway-unreachable",
    next: "halfkey-gateway serve with the same options",
  },
  "vault-stopped": {
    title: "the vault does not run",
    side: "here",
    runbook: "vault-unreachable",
    next: "halfkey-vault serve with the same options",
  },
  "file-damaged": {
    title: "a file is damaged",
    side: "here",
    runbook: "damaged-file",
    next: "restore it from a backup",
  },
  "root-key": {
    title: "the root key is not the database's",
    side: "here",
    runbook: "sealed",
    next: "put the right root key back from its backup, or name its place with --root-key-file",
  },
  "audit-damaged": {
    title: "the audit log is not what was written",
    side: "here",
    runbook: "damaged-file",
    next: "keep a copy of the audit folder, and see docs/audit.md",
  },
  "disk-full": {
    title: "the disk is full, or cannot be written",
    side: "here",
    runbook: "disk-full",
    next: "free space; service resumes by itself",
  },
  "gateway-unreachable": {
    title: "the gateway is unreachable",
    side: "gateway",
    runbook: "gateway-unreachable",
    next: "on the gateway's machine: halfkey-gateway doctor --data DIR",
  },
  "wrong-ca": {
    title: "the gateway's certificate is not trusted",
    side: "here",
    runbook: "wrong-ca",
    next: "fetch the gateway's CA again: its tls/ca.pem",
  },
  "wrong-name": {
    title: "the gateway's certificate names other hosts",
    side: "gateway",
    runbook: "wrong-ca",
    next: "use a name that it has, or add this one: halfkey-gateway serve --hosts NAME",
  },
  "certificate-over": {
    title: "the gateway's certificate is not valid now",
    side: "gateway",
    runbook: "wrong-ca",
    next: "check this machine's clock, then restart the gateway: it renews its certificate at the start",
  },
  "not-tls": {
    title: "what answers there does not speak TLS",
    side: "gateway",
    runbook: "derived-key-404",
    next: "check the port in the address",
  },
  clock: {
    title: "the clocks differ",
    side: "here",
    runbook: "clock",
    next: "set this machine's clock (timedatectl set-ntp true)",
  },
  "wrong-base-url": {
    title: "the base URL is not the gateway's",
    side: "here",
    runbook: "derived-key-404",
    next: "halfkey configure --url https://<host>:<port>",
  },
  "route-missing": {
    title: "the fragment's endpoint is missing at that address",
    side: "gateway",
    runbook: "derived-key-404",
    next: "have the proxy pass /api/ on, or bring the gateway up to date",
  },
  defect: {
    title: "the gateway failed for a defect",
    side: "gateway",
    runbook: "derived-key-500",
    next: "report it with the request id; the gateway's log has the cause",
  },
  "gateway-sealed": {
    title: "the gateway is not ready: fragment sealed, or self-test not passed",
    side: "gateway",
    runbook: "sealed",
    next: "wait some seconds; if it stays, on the gateway's machine: halfkey-gateway doctor --data DIR",
  },
  "vault-unreachable": {
    title: "the vault is unreachable",
    side: "vault",
    runbook: "vault-unreachable",
    next: "start the vault, or mend the way to it; the gateway recovers by itself",
  },
  "vault-wrong-ca": {
    title: "the vault's certificate is not trusted by the gateway",
    side: "vault",
    runbook: "wrong-ca",
    next: "put the vault's CA (its tls/ca.pem) into the gateway's folder as vault-ca.pem, and restart the gateway",
  },
  "vault-refuses": {
    title: "the vault refuses this gateway",
    side: "vault",
    runbook: "revoked",
    next: "at the vault: halfkey-vault instances; then restore INSTANCE, or enrol-code --rekey INSTANCE",
  },
  "wrong-fragment": {
    title: "customer fragment and vault fragment do not belong together",
    side: "vault",
    runbook: "wrong-fragment",
    next: "point the gateway to its own vault, or restore the fragment file of this account",
  },
  "missing-epoch": {
    title: "the gateway lacks an epoch of the customer fragment",
    side: "gateway",
    runbook: "missing-epoch",
    next: "bring the newest customer-fragment.pem from another gateway of the account",
  },
  frozen: {
    title: "writes are frozen by an alarm",
    side: "vault",
    runbook: "frozen",
    next: "halfkey head show",
  },
  clone: {
    title: "another process runs with this gateway's identity",
    side: "gateway",
    runbook: "clone",
    next: "stop one of the two",
  },
  "credentials-refused": {
    title: "the credentials are refused",
    side: "here",
    runbook: "login-refused",
    next: "halfkey configure with the right access id and key, or ask an admin for new ones",
  },
  "issuer-unreachable": {
    title: "the gateway cannot ask who vouches for the token",
    side: "gateway",
    runbook: "issuer-unreachable",
    next: "let the gateway reach the cluster's API server: docs/kubernetes-auth.md",
  },
  "wrong-audience": {
    title: "the workload's token is for another audience",
    side: "cluster",
    runbook: "wrong-audience",
    next: "set the store's serviceAccountRef.audiences to what the auth method wants",
  },
  "wrong-issuer": {
    title: "the workload's token has another issuer",
    side: "gateway",
    runbook: "wrong-audience",
    next: "at the gateway: correct k8s-issuer of the k8s-auth-config, or switch its check off",
  },
  "login-refused": {
    title: "the workload's login is refused",
    side: "cluster",
    runbook: "wrong-audience",
    next: "compare the store's accessID and k8sConfName with the gateway's: docs/kubernetes-auth.md",
  },
  "token-request": {
    title: "no token of the service account can be had",
    side: "cluster",
    runbook: "wrong-audience",
    next: "check that the service account exists, and that the operator may create its tokens",
  },
  "store-credentials": {
    title: "the store's own credentials or CA cannot be read",
    side: "cluster",
    runbook: "store-not-ready",
    next: "correct the Secret or ConfigMap that the store refers to",
  },
  "policy-denied": {
    title: "the policy denies it",
    side: "gateway",
    runbook: "policy-denied",
    next: "halfkey explain PATH",
  },
  "item-absent": {
    title: "the item does not exist",
    side: "gateway",
    runbook: "item-absent",
    next: "halfkey list FOLDER shows what there is; halfkey put PATH makes it",
  },
  "item-disabled": {
    title: "the item is disabled",
    side: "gateway",
    runbook: "item-absent",
    next: "halfkey enable PATH",
  },
  "property-missing": {
    title: "the item's value has no such property",
    side: "cluster",
    runbook: "item-absent",
    next: "halfkey get PATH --field NAME shows which fields there are",
  },
  "empty-value": {
    title: "the item's value is empty, or no text",
    side: "gateway",
    runbook: "empty-secret",
    next: "halfkey put PATH",
  },
  template: {
    title: "the ExternalSecret's template fails",
    side: "cluster",
    runbook: "empty-secret",
    next: "correct target.template: kubectl describe externalsecret NAME",
  },
  "wrong-content": {
    title: "the ExternalSecret syncs, and its content is wrong",
    side: "cluster",
    runbook: "empty-secret",
    next: "correct the ExternalSecret as told",
  },
  "target-owned": {
    title: "the Secret belongs to somebody else",
    side: "cluster",
    runbook: "secret-synced-error",
    next: "give one of the two ExternalSecrets another target.name",
  },
  admission: {
    title: "Kubernetes refuses the object, or does not know it",
    side: "cluster",
    runbook: "admission-denied",
    next: "correct the object as the message says",
  },
  "store-url": {
    title: "the store's URL is not the gateway's",
    side: "cluster",
    runbook: "derived-key-404",
    next: "set akeylessGWApiURL to https://<gateway>/akeyless-api/v2, without a slash at its end",
  },
  "store-ca": {
    title: "the store does not trust the gateway's certificate",
    side: "cluster",
    runbook: "wrong-ca",
    next: "put the gateway's CA (its tls/ca.pem), as base64, into the store's caBundle",
  },
  "store-missing": {
    title: "the store does not exist",
    side: "cluster",
    runbook: "store-not-ready",
    next: "correct secretStoreRef (kind: ClusterSecretStore), or apply the store",
  },
  "store-not-ready": {
    title: "the store is not ready",
    side: "cluster",
    runbook: "store-not-ready",
    next: "halfkey k8s kick",
  },
  "store-condition": {
    title: "the store does not serve this namespace",
    side: "cluster",
    runbook: "admission-denied",
    next: "label the namespace as the store's conditions want",
  },
  "back-off": {
    title: "all is well again, and the operator waits in its back-off",
    side: "cluster",
    runbook: "secret-synced-error",
    next: "halfkey k8s kick",
  },
  "operator-stopped": {
    title: "the External Secrets Operator does not work",
    side: "cluster",
    runbook: "secret-synced-error",
    next: "kubectl get pods -A -l app.kubernetes.io/name=external-secrets",
  },
  "cluster-unreachable": {
    title: "the cluster cannot be asked",
    side: "cluster",
    runbook: "secret-synced-error",
    next: "check --context, the kubeconfig, and what you may read there",
  },
  "secret-synced-error": {
    title: "the operator reports an error that this doctor does not know",
    side: "cluster",
    runbook: "secret-synced-error",
    next: "kubectl describe externalsecret NAME",
  },
} as const satisfies Record<string, FailureMode>;

export type FailureModeName = keyof typeof failureModes;
