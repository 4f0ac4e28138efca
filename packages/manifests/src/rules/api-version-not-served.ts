import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";

export const apiVersionNotServed: Rule = {
  id: "HK002",
  name: "api-version-not-served",
  severity: "error",
  fixable: true,
  kinds: ["ExternalSecret", "Store"],
  summary: "this version of the API is not served since ESO 0.17",
  effect:
    '`kubectl apply` says `no matches for kind "ExternalSecret" in version "external-secrets.io/v1beta1"`. For the `akeyless` provider `v1` differs from `v1beta1` in nothing that a manifest may hold, so `--fix` writes `v1`.',
  bad: externalSecret({ apiVersion: "external-secrets.io/v1beta1" }),
  good: externalSecret({ apiVersion: "external-secrets.io/v1" }),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36; served up to 0.16.",
  check: (manifest, report) => {
    const version = manifest.apiVersion.split("/")[1] ?? "";
    if (version !== "v1beta1" && version !== "v1alpha1") return;
    const range = manifest.rangeOf(["apiVersion"]);
    // v1alpha1 had another shape.
    const edits =
      version === "v1beta1" ? [{ ...range, text: manifest.textOf(range).replace("v1beta1", "v1") }] : [];
    report(
      ["apiVersion"],
      `${manifest.apiVersion} is not served since ESO 0.17: write external-secrets.io/v1`,
      { edits },
    );
  },
};
