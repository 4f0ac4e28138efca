import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import type { Credentials } from "./cluster-access.ts";
import { type ExecPlugin, execCredentials } from "./exec-credential.ts";
import { rereadFile } from "./in-cluster.ts";
import { KubernetesError } from "./kubernetes-error.ts";

type Fields = Record<string, unknown>;

/** One named entry of a kubeconfig, and the file that relative paths in it are relative to. */
interface Entry {
  fields: Fields;
  file: string;
}

/** The files that count: the one that is named, else those of `KUBECONFIG` that are there, else `~/.kube/config`. */
export function kubeconfigFiles(named: string | undefined, environment: NodeJS.ProcessEnv): string[] {
  if (named !== undefined) return [named];
  const listed = (environment.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  const files = listed.length > 0 ? listed : [join(environment.HOME ?? homedir(), ".kube", "config")];
  return files.filter((file) => existsSync(file));
}

/**
 * What one context of some kubeconfigs says, read as kubectl does: of two entries with one name the first counts.
 *
 * @throws {KubernetesError} if a file cannot be read, or the context is not there or not complete.
 */
export async function kubeconfigCredentials(
  files: readonly string[],
  wanted: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Credentials> {
  const configs = files.map((file) => ({ file, config: readConfig(file) }));
  const where = files.join(delimiter);
  const find = (list: string, field: string, name: unknown): Entry => {
    for (const { file, config } of configs) {
      const entries = Array.isArray(config[list]) ? (config[list] as Fields[]) : [];
      const found = entries.find((entry) => entry.name === name)?.[field];
      if (typeof found === "object" && found !== null) return { fields: found as Fields, file };
    }
    const known = configs.flatMap(({ config }) => (config.contexts as Fields[] | undefined) ?? []);
    throw new KubernetesError(`the kubeconfig has no ${field} ${JSON.stringify(name)}`, {
      failure: "access",
      where,
      next: `name one of its contexts: ${known.map(({ name: one }) => String(one)).join(", ") || "there is none"}`,
    });
  };
  const context =
    wanted ??
    configs.map(({ config }) => config["current-context"]).find((name) => name !== undefined && name !== "");
  const { fields: names } = find("contexts", "context", context);
  const cluster = find("clusters", "cluster", names.cluster);
  const user = find("users", "user", names.user);
  return {
    ...clusterPart(cluster),
    ...(await userPart(cluster, user, environment)),
    context: String(context),
  };
}

function readConfig(file: string): Fields {
  try {
    const config = parse(readFileSync(file, "utf8"));
    if (typeof config === "object" && config !== null) return config as Fields;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES") {
      throw new KubernetesError(
        code === "ENOENT" ? "there is no such kubeconfig" : "the kubeconfig may not be read",
        {
          failure: "access",
          where: file,
          next: "name another with --kubeconfig or KUBECONFIG",
        },
      );
    }
  }
  // A parser's message quotes the file, and that holds keys.
  throw new KubernetesError("the kubeconfig is no YAML object", {
    failure: "access",
    where: file,
    next: "kubectl config view shows what is wrong with it",
  });
}

function clusterPart({ fields, file }: Entry): Pick<Credentials, "server" | "caPem" | "proxyUrl"> {
  return {
    server: String(fields.server).replace(/\/+$/, ""),
    caPem: content(fields, "certificate-authority", file),
    proxyUrl: text(fields["proxy-url"]),
  };
}

async function userPart(
  cluster: Entry,
  { fields, file }: Entry,
  environment: NodeJS.ProcessEnv,
): Promise<Pick<Credentials, "headers" | "renew" | "tls">> {
  if (fields["auth-provider"] !== undefined) {
    throw new KubernetesError(
      "the kubeconfig's user has an auth-provider, which kubectl gave up in 1.26 too",
      {
        failure: "access",
        where: file,
        next: "write the kubeconfig anew with your provider's credential plugin (exec), or use a token",
      },
    );
  }
  const exec =
    fields.exec === undefined ? undefined : execCredentials(fields.exec as ExecPlugin, file, environment);
  const tokenFile = text(fields.tokenFile);
  const reread = tokenFile === undefined ? undefined : rereadFile(beside(file, tokenFile));
  const given = await exec?.read();
  const cert = content(fields, "client-certificate", file) ?? given?.clientCertificateData;
  const key = content(fields, "client-key", file) ?? given?.clientKeyData;
  const servername = text(cluster.fields["tls-server-name"]);
  return {
    tls: {
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
      ...(cluster.fields["insecure-skip-tls-verify"] === true ? { rejectUnauthorized: false } : {}),
    },
    headers: async () => {
      const token = text(fields.token) ?? reread?.read() ?? (await exec?.read())?.token;
      const basic = Buffer.from(`${fields.username}:${fields.password}`).toString("base64");
      return {
        ...(token !== undefined
          ? { authorization: `Bearer ${token}` }
          : fields.username !== undefined
            ? { authorization: `Basic ${basic}` }
            : {}),
        ...(fields.as === undefined ? {} : { "impersonate-user": String(fields.as) }),
      };
    },
    renew: () => reread?.forget() ?? exec?.forget() ?? false,
  };
}

/** PEM that stands in the file as base64 under `<name>-data`, or in a file of its own. */
function content(fields: Fields, name: string, file: string): string | undefined {
  const inline = text(fields[`${name}-data`]);
  if (inline !== undefined) return Buffer.from(inline, "base64").toString("utf8");
  const path = text(fields[name]);
  if (path === undefined) return undefined;
  try {
    return readFileSync(beside(file, path), "utf8");
  } catch {
    throw new KubernetesError(`the kubeconfig's ${name} cannot be read`, {
      failure: "access",
      where: beside(file, path),
      next: "correct the path in the kubeconfig",
    });
  }
}

function beside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
