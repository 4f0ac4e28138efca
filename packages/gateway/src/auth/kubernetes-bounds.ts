import type { KubernetesBounds } from "@halfkey/model";
import { refusedToken } from "./refused-token.ts";
import type { ServiceAccount } from "./service-account.ts";

/**
 * Names are compared as they are: Kubernetes has one spelling for each.
 *
 * @throws {CallerError} `E_TOKEN`
 */
export function requireWithinBounds(
  { namespace, name, pod }: ServiceAccount,
  { namespaces, serviceAccounts, pods }: KubernetesBounds,
): void {
  if (namespaces.length > 0 && !namespaces.includes(namespace))
    throw refusedToken("the token's namespace is not among the bound-namespaces of the auth method");
  if (serviceAccounts.length > 0 && !serviceAccounts.includes(name))
    throw refusedToken("the token's service account is not among the bound-sa-names of the auth method");
  if (pods.length === 0) return;
  if (pod === undefined)
    throw refusedToken("the token is bound to no pod, and the auth method has bound-pod-names");
  if (!pods.includes(pod.name))
    throw refusedToken("the token's pod is not among the bound-pod-names of the auth method");
}
