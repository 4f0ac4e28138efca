import type { KubernetesObject } from "@halfkey/kubernetes";
import { parseItemPath, segmentsOf } from "@halfkey/model";
import { CliError } from "../cli-error.ts";
import { type SecretTemplate, type SecretTemplateName, secretTemplates } from "./secret-templates.ts";

export interface ExternalSecretWish {
  /** Each `[KEY=]PATH[#PROPERTY]`. */
  sources: readonly string[];
  template: SecretTemplateName;
  /** Default: the one that the first path names. */
  namespace: string | undefined;
  /** Of the ExternalSecret and the Secret. Default: the path's part behind the namespace. */
  name: string | undefined;
  store: string;
  refreshInterval: string;
  /** Paths of other namespaces are meant, since this one has a grant for them. */
  shared: boolean;
}

interface Source {
  /** As given before the `=`. */
  key: string | undefined;
  path: string;
  property: string | undefined;
  segments: readonly string[];
}

/**
 * An ExternalSecret that does what its writer means: v1, a store of the right kind, only names that templates can
 * speak of, and nothing that the admission policy or the gateway would refuse.
 *
 * @throws {CliError} that names the path and what to write instead.
 */
export function externalSecret(wish: ExternalSecretWish): KubernetesObject {
  const sources = wish.sources.map(sourceOf);
  const [first] = sources;
  if (first === undefined) throw new CliError("no path was given");
  const namespace = wish.namespace ?? first.segments[1] ?? "";
  for (const { path, segments } of sources) {
    if (segments[0] === "mdapi" && segments[1] === namespace && segments.length > 2) continue;
    if (wish.shared) continue;
    throw new CliError(
      `${path} is not below /mdapi/${namespace}/, so namespace ${namespace} may not read it`,
      {
        next: "--namespace NAME if the ExternalSecret is for another namespace; --shared if that path is granted to it",
      },
    );
  }
  const template: SecretTemplate = secretTemplates[wish.template];
  const named = template.parts === undefined ? ownNames(sources, template) : partNames(sources, template);
  const name = wish.name ?? objectName(first);
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace },
    spec: {
      refreshInterval: wish.refreshInterval,
      secretStoreRef: { kind: "ClusterSecretStore", name: wish.store },
      target: {
        name,
        ...(template.type === undefined && template.data === undefined
          ? {}
          : {
              template: {
                ...(template.type === undefined ? {} : { type: template.type }),
                data: template.data?.([...named.keys()]),
              },
            }),
      },
      data: [...named].map(([secretKey, { path, property }]) => ({
        secretKey,
        remoteRef: { key: path, ...(property === undefined ? {} : { property }) },
      })),
    },
  };
}

function sourceOf(text: string): Source {
  const [, key, path = "", property] = /^(?:([^=/]+)=)?([^#]*)(?:#(.+))?$/s.exec(text) ?? [];
  try {
    const parsed = parseItemPath(path);
    return { key, path: parsed, property, segments: segmentsOf(parsed) };
  } catch (error) {
    throw new CliError((error as Error).message, { next: "write it as /mdapi/<namespace>/<secret>/<key>" });
  }
}

/** Each value under the name that it was given, or its path's last part; variables where a template speaks of them. */
function ownNames(sources: readonly Source[], template: SecretTemplate): Map<string, Source> {
  const named = new Map<string, Source>();
  for (const source of sources) {
    const given = source.key ?? source.property ?? source.segments.at(-1) ?? "";
    const name = template.data === undefined ? given : given.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
    const isFine = template.data === undefined ? /^[A-Za-z0-9._-]{1,253}$/ : /^[A-Z_][A-Z0-9_]*$/;
    if (!isFine.test(name))
      throw new CliError(`${name} cannot be a key`, { next: `write KEY=${source.path}` });
    if (named.has(name))
      throw new CliError(`two values are called ${name}`, { next: `write KEY=${source.path}` });
    named.set(name, source);
  }
  return named;
}

/** Which path is for which part: as given before the `=`, else by how the path ends. */
function partNames(sources: readonly Source[], { parts = {} }: SecretTemplate): Map<string, Source> {
  const names = Object.keys(parts);
  if (sources.length !== names.length) {
    const wanted = names.map((name) => `${name}=PATH`).join(" ");
    throw new CliError(`this template takes ${names.length} of them: ${wanted}`, { next: `write ${wanted}` });
  }
  const left = new Set(sources);
  const named = new Map<string, Source>();
  for (const [name, pattern] of Object.entries(parts)) {
    const found =
      [...left].find(({ key }) => key === name) ??
      [...left].find(({ key, property, segments }) =>
        key === undefined ? pattern.test(property ?? segments.at(-1) ?? "") : false,
      );
    if (found === undefined) {
      throw new CliError(`none of the paths is known to be the ${name}`, { next: `write ${name}=PATH` });
    }
    left.delete(found);
    named.set(name, found);
  }
  return named;
}

/** The part behind the namespace, as Kubernetes takes names. */
function objectName({ segments }: Source): string {
  const name = (segments[2] ?? segments.at(-1) ?? "").toLowerCase().replace(/[^a-z0-9.-]+/g, "-");
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return name;
  throw new CliError(`${name} cannot be the name of a Secret`, { next: "--name NAME" });
}
