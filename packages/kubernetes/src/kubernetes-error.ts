/** What kind of failure it is, for programs. */
export type KubernetesFailure =
  /** No kubeconfig, no such context, a broken file, a credential plugin that fails. */
  | "access"
  /** No answer: refused, unknown host, untrusted certificate, time limit. */
  | "unreachable"
  /** 401: the server does not know us. */
  | "unauthenticated"
  /** 403: it knows us and refuses: a role, or an admission policy. */
  | "forbidden"
  /** 404. */
  | "absent"
  /** The server does not serve the kind at all: External Secrets is not installed, or is too old. */
  | "unknown-kind"
  /** 409. */
  | "conflict"
  /** 410: a list or a watch that has become too old. */
  | "gone"
  /** 400 and 422: it does not take the object. */
  | "invalid"
  /** 429 and 5xx: later it may. */
  | "busy"
  | "other";

/**
 * A failure as an operator reads it: what was asked, of which server, what it said, and what to do next. It never
 * holds a token, a key or the content of a Secret.
 */
export class KubernetesError extends Error {
  readonly failure: KubernetesFailure;
  /** The API server's address, or the file that is at fault. */
  readonly where: string;
  readonly next: string;
  /** The HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;

  constructor(
    message: string,
    details: {
      failure: KubernetesFailure;
      where: string;
      next: string;
      status?: number;
      cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "KubernetesError";
    this.failure = details.failure;
    this.where = details.where;
    this.next = details.next;
    this.status = details.status;
  }
}
