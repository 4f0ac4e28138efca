import { type Check, type FailureModeName, fail, type Outcome, ok, skipped, warn } from "@halfkey/diagnosis";
import { conditionOf, isReady, type KubernetesEvent, kinds } from "@halfkey/kubernetes";
import { type ClusterPatient, nameOf } from "./cluster-patient.ts";
import { modeOfEvent } from "./diagnosis-map.ts";

/** What has been tried from here by now: if it works and the operator says it does not, it is the operator's back-off. */
const triedByAsking: readonly FailureModeName[] = [
  "store-not-ready",
  "gateway-unreachable",
  "store-ca",
  "wrong-name",
  "certificate-over",
  "store-url",
  "vault-unreachable",
  "vault-refuses",
  "vault-wrong-ca",
  "gateway-sealed",
  "wrong-fragment",
];

/** The same, where this machine may make a token of the namespace's service account. */
const triedByLogin: readonly FailureModeName[] = [
  "login-refused",
  "wrong-audience",
  "wrong-issuer",
  "issuer-unreachable",
  "policy-denied",
  "item-absent",
  "item-disabled",
  "secret-synced-error",
];

/** Conditions and Events: the condition says only that it fails, the Event says why. */
export const events: Check<ClusterPatient> = {
  id: "events",
  title: "events",
  needs: ["external-secrets"],
  async look({ cluster, subjects = [], tokens }): Promise<Outcome | Outcome[]> {
    const late = subjects.filter((one) => !isReady(one));
    if (cluster === undefined || late.length === 0) return ok("no ExternalSecret that was looked at fails");
    const outcomes: Outcome[] = [];
    for (const one of late) {
      const { namespace = "", name } = one.metadata;
      const all = await cluster.events(namespace, name, kinds.externalSecret);
      const last = all.findLast(({ type }: KubernetesEvent) => type === "Warning");
      const condition = conditionOf(one, "Ready");
      const message = last?.message ?? condition?.message ?? "no event within the last hour";
      const mode = modeOfEvent(message);
      const seen = `${nameOf(one)}: ${message}`;
      const isLoggedIn = tokens?.has(namespace) ?? false;
      const isTried = triedByAsking.includes(mode) || (isLoggedIn && triedByLogin.includes(mode));
      outcomes.push(isTried ? warn(seen) : fail(mode, seen));
    }
    return outcomes;
  },
};

/** Asked last: what was tried works, and the operator has not noticed yet. */
export const backOff: Check<ClusterPatient> = {
  id: "back-off",
  title: "back-off",
  needs: ["items", "events"],
  async look({ store, subjects = [], tokens }) {
    if (store !== undefined && !isReady(store))
      return fail(
        "store-not-ready",
        `${store.kind} ${nameOf(store)} is not ready, though the gateway answers: it is checked every 5 minutes`,
      );
    const all = subjects.filter((one) => !isReady(one));
    if (all.length === 0) return ok("nothing waits");
    const late = all.filter(({ metadata }) => tokens?.has(metadata.namespace ?? ""));
    if (late.length === 0) return skipped("nothing was read as the operator reads");
    return fail("back-off", `${late.map(nameOf).join(", ")}: works now, and is tried again within 7 minutes`);
  },
};

/** Ready, and yet wrong: mistakes that no cluster tells of. */
export const lint: Check<ClusterPatient> = {
  id: "lint",
  title: "lint",
  needs: ["external-secrets"],
  async look({ subjects = [], store }): Promise<Outcome | Outcome[]> {
    if (subjects.length === 0) return skipped("no ExternalSecret");
    const [{ lint: lintSources }, { stringify }] = await Promise.all([
      import("@halfkey/manifests/lint"),
      import("yaml"),
    ]);
    const sources = [...subjects, ...(store === undefined ? [] : [store])].map((one) => {
      const { apiVersion, kind, metadata, spec } = one;
      const { name, namespace } = metadata;
      const own = { name, ...(namespace === undefined ? {} : { namespace }) };
      return { file: nameOf(one), text: stringify({ apiVersion, kind, metadata: own, spec }) };
    });
    const found = lintSources(sources, {}).filter(
      // Which paths may be read is the gateway's to say, and it was asked.
      ({ severity, place }) => severity === "error" && place.at(-1) !== "key",
    );
    if (found.length === 0) return ok("no mistakes");
    return found.map(({ file, message, rule }) => {
      const seen = `${file}: ${message} (${rule})`;
      const next = `halfkey lint --explain ${rule}`;
      const subject = subjects.find((one) => nameOf(one) === file);
      return subject && isReady(subject) ? fail("wrong-content", seen, next) : warn(seen, next);
    });
  },
};
