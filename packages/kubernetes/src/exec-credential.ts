import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { KubernetesError } from "./kubernetes-error.ts";

/** The `exec` entry of a kubeconfig's user: a program that gives credentials, such as a cloud's. */
export interface ExecPlugin {
  apiVersion?: string;
  command: string;
  args?: string[];
  env?: { name: string; value: string }[];
  installHint?: string;
}

interface ExecCredential {
  token?: string;
  clientCertificateData?: string;
  clientKeyData?: string;
  expirationTimestamp?: string;
}

/** A program may ask a person in a browser. */
const timeoutMilliseconds = 120_000;
/** A token that ends within this time counts as over. */
const marginMilliseconds = 30_000;

/**
 * Runs a credential plugin and keeps what it gave until that expires.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function execCredentials(plugin: ExecPlugin, file: string, environment: NodeJS.ProcessEnv) {
  let held: ExecCredential | undefined;
  return {
    /** @throws {KubernetesError} if the program fails; what it printed is not repeated, it may hold a token. */
    async read(): Promise<ExecCredential> {
      const endsAt =
        held?.expirationTimestamp === undefined
          ? Number.POSITIVE_INFINITY
          : Date.parse(held.expirationTimestamp);
      if (held === undefined || endsAt - marginMilliseconds < Date.now()) {
        held = await runPlugin(plugin, file, environment);
      }
      return held;
    },
    forget(): boolean {
      held = undefined;
      return true;
    },
  };
}

async function runPlugin(
  plugin: ExecPlugin,
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<ExecCredential> {
  const apiVersion = plugin.apiVersion ?? "client.authentication.k8s.io/v1";
  const asked = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const env = {
    ...environment,
    ...Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify(asked),
  };
  const failed = (what: string, cause?: unknown) =>
    new KubernetesError(`the credential plugin ${plugin.command} ${what}`, {
      failure: "access",
      where: file,
      next: plugin.installHint?.split("\n")[0] ?? "run it by hand to see what it says",
      ...(cause === undefined ? {} : { cause }),
    });
  let printed: string;
  try {
    const options = { env, timeout: timeoutMilliseconds, encoding: "utf8" as const };
    printed = (await promisify(execFile)(plugin.command, plugin.args ?? [], options)).stdout;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw failed(code === "ENOENT" ? "is not installed" : `failed (${code ?? "killed"})`);
  }
  try {
    const { status } = JSON.parse(printed) as { status?: ExecCredential };
    if (status?.token !== undefined || status?.clientCertificateData !== undefined) return status;
  } catch {}
  throw failed("printed no credentials");
}
