import type { ApiRequest } from "./api-server.ts";
import { KubernetesError, type KubernetesFailure } from "./kubernetes-error.ts";

/** What the API server sends in place of an object; see k8s.io/apimachinery, meta/v1 Status. */
interface Status {
  kind?: string;
  message?: string;
  reason?: string;
  details?: { name?: string; causes?: { field?: string; reason?: string }[] };
}

/** The API server answered, with anything but success. */
export function refusal(wanted: ApiRequest, server: string, status: number, text: string): KubernetesError {
  const said = parseStatus(text);
  const failure = failureOf(status, said);
  return new KubernetesError(`cannot ${wanted.what}: ${reasonOf(wanted, status, said)}`, {
    failure,
    where: server,
    next: nextOf(failure, wanted, said),
    status,
  });
}

/** Nothing came, or it broke off. */
export function noAnswer(wanted: ApiRequest, server: string, error: unknown): KubernetesError {
  const { code, name, cause } = error as { code?: string; name?: string; cause?: { code?: string } };
  const reason = code ?? cause?.code ?? name ?? "unknown";
  const isTime = /Timeout|TIMEOUT|TIMEDOUT|^23$/.test(`${String(reason)}`) || name === "TimeoutError";
  const isTls = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|ISSUER|ALTNAME|TLS|SSL/.test(String(reason));
  return new KubernetesError(
    `cannot ${wanted.what}: ${isTime ? "no answer in 10 s" : isTls ? `its certificate is not trusted (${reason})` : `no answer (${reason})`}`,
    {
      failure: "unreachable",
      where: server,
      next: isTls
        ? "compare certificate-authority in the kubeconfig with the server's CA"
        : "check that the API server runs and can be reached from here",
      cause: error,
    },
  );
}

function parseStatus(text: string): Status {
  try {
    const status = JSON.parse(text) as Status;
    return status?.kind === "Status" ? status : {};
  } catch {
    return {};
  }
}

function failureOf(status: number, { details, kind }: Status): KubernetesFailure {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  if (status === 404) return kind === "Status" && details?.name !== undefined ? "absent" : "unknown-kind";
  if (status === 409) return "conflict";
  if (status === 410) return "gone";
  if (status === 400 || status === 415 || status === 422) return "invalid";
  return status === 429 || status >= 500 ? "busy" : "other";
}

function reasonOf({ quotable }: ApiRequest, status: number, { message, reason, details }: Status): string {
  if (quotable && message) return `${status}, ${message}`;
  const fields = [...new Set((details?.causes ?? []).map(({ field }) => field).filter(Boolean))];
  return [status, reason, ...(fields.length > 0 ? [`at ${fields.join(", ")}`] : [])]
    .filter(Boolean)
    .join(" ");
}

function nextOf(failure: KubernetesFailure, { right }: ApiRequest, { message }: Status): string {
  if (message?.includes("denied request") || message?.includes("denied the request")) {
    return "do what the admission policy's message says";
  }
  switch (failure) {
    case "unauthenticated":
      return "the credentials are not or no longer valid: write the kubeconfig anew";
    case "forbidden":
      return `have a role that allows: ${right}`;
    case "absent":
      return "check the name and the namespace";
    case "unknown-kind":
      return "the cluster does not serve that kind: install External Secrets 0.17 or newer, or update the cluster";
    case "conflict":
      return "somebody else changed it, or manages these fields: look with kubectl get -o yaml --show-managed-fields";
    case "gone":
      return "list again";
    case "invalid":
      return "correct the named field";
    case "busy":
      return "try again: the API server is overloaded or starting";
    default:
      return "see the API server's log";
  }
}
