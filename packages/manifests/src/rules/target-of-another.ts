import type { Manifest } from "../lint/manifest.ts";
import type { LintContext, Rule } from "../lint/rule.ts";
import { asRecord, asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";

export const targetOfAnother: Rule = {
  id: "HK036",
  name: "target-of-another",
  severity: "error",
  kinds: ["ExternalSecret"],
  summary: "two ExternalSecrets make one Secret",
  effect:
    "The second one fails with `target is owned by another ExternalSecret`, and ESO does not try again.",
  bad: `${externalSecret({ target: "name: shared" })}---\n${externalSecret({ target: "name: shared" }).replace("name: app\n", "name: other\n")}`,
  good: `${externalSecret({ target: "name: one" })}---\n${externalSecret({ target: "name: two" }).replace("name: app\n", "name: other\n")}`,
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, context) => {
    const own = targetOf(manifest, context);
    if (own === undefined) return;
    const earlier = firstWith(own, context);
    if (!earlier || earlier === manifest || earlier.name === manifest.name) return;
    const { namespace } = manifest;
    // Without a namespace two files may well be meant for two.
    if (
      context.namespaceOf(manifest) === undefined &&
      namespace === undefined &&
      earlier.source !== manifest.source
    )
      return;
    const isNamed = asText(asRecord(manifest.spec.target).name) !== undefined;
    report(
      isNamed ? [...manifest.specPlace, "target", "name"] : ["metadata", "name"],
      `${earlier.name} makes the same Secret`,
    );
  },
};

/** Where the Secret will be: `namespace/name`. Undefined where it is not made or owned by this manifest. */
function targetOf(manifest: Manifest, { namespaceOf }: LintContext): string | undefined {
  const { name, creationPolicy, manifest: other } = asRecord(manifest.spec.target);
  if (manifest.kindName !== "ExternalSecret" || other !== undefined) return undefined;
  if (creationPolicy === "Merge" || creationPolicy === "None") return undefined;
  const text = asText(name) ?? manifest.name;
  return text === undefined ? undefined : `${namespaceOf(manifest) ?? ""}/${text}`;
}

/** Built once a run: comparing each with each takes too long for thousands. */
const firsts = new WeakMap<LintContext, ReadonlyMap<string, Manifest>>();

function firstWith(target: string, context: LintContext): Manifest | undefined {
  const known = firsts.get(context) ?? index(context);
  firsts.set(context, known);
  return known.get(target);
}

function index(context: LintContext): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  for (const manifest of context.manifests) {
    const target = manifest.kind === "ExternalSecret" ? targetOf(manifest, context) : undefined;
    if (target !== undefined && !found.has(target)) found.set(target, manifest);
  }
  return found;
}
