import type { ApiRequest } from "./api-server.ts";
import { type ResourceKind, resourceOf } from "./kinds.ts";

/** What an error says of a request. */
export function about(
  verb: string,
  kind: ResourceKind,
  namespace: string,
  name: string | undefined,
  verbs = verb,
): Pick<ApiRequest, "what" | "right" | "quotable"> {
  const place = [namespace, name].filter(Boolean).join("/");
  const within =
    namespace === "" ? (kind.namespaced ? " in all namespaces" : "") : ` in namespace ${namespace}`;
  return {
    what: `${verb} ${kind.kind}${name === undefined ? "s" : ""}${name === undefined ? within : ` ${place}`}`,
    right: `${verbs} on ${resourceOf(kind)}${within}`,
    quotable: kind.plural !== "secrets",
  };
}
