import {
  type Check,
  fail,
  lookAtCertificate,
  lookAtName,
  lookAtPort,
  type Outcome,
  ok,
  peerOf,
  skipped,
} from "@halfkey/diagnosis";
import { kinds } from "@halfkey/kubernetes";
import { readsOf, type StoreReference } from "@halfkey/manifests";
import { askCommand, findBase, isApi } from "../doctor/base-url.ts";
import { type ClusterPatient, nameOf } from "./cluster-patient.ts";
import { refused } from "./subjects.ts";

/** The store that the first subject names: there, and with the URL that the operator does not mend. */
export const store: Check<ClusterPatient> = {
  id: "store",
  title: "store",
  needs: ["external-secrets"],
  async look(patient): Promise<Outcome> {
    const { cluster, subjects: [subject] = [] } = patient;
    if (cluster === undefined || subject === undefined) return skipped("no ExternalSecret");
    const reference: StoreReference | undefined = readsOf(subject)[0]?.store;
    if (reference?.name === undefined) return fail("store-missing", `${nameOf(subject)} names no store`);
    const { kind, name } = reference;
    const ownNamespace = subject.metadata.namespace ?? "";
    // The others' items are another gateway's, if any's: asked here they would be called absent.
    patient.subjects = (patient.subjects ?? []).filter((one) => {
      const own = readsOf(one)[0]?.store;
      const isSame = own?.kind === kind && own.name === name;
      return isSame && (kind === "ClusterSecretStore" || one.metadata.namespace === ownNamespace);
    });
    try {
      const found =
        kind === "ClusterSecretStore"
          ? await cluster.get(kinds.clusterSecretStore, "", name)
          : await cluster.get(kinds.secretStore, ownNamespace, name);
      if (found === undefined) {
        const hint =
          kind === "SecretStore" &&
          (await cluster.get(kinds.clusterSecretStore, "", name).catch(() => undefined));
        return fail(
          "store-missing",
          `there is no ${kind} ${name}`,
          hint ? "write secretStoreRef with kind: ClusterSecretStore" : undefined,
        );
      }
      patient.store = found;
      patient.provider = found.spec?.provider?.akeyless;
    } catch (error) {
      return refused(error);
    }
    const url = patient.provider?.akeylessGWApiURL;
    if (patient.provider === undefined) return skipped(`${kind} ${name} is not of the akeyless provider`);
    if (url === undefined || !URL.canParse(url))
      return fail("store-url", `${kind} ${name} has no valid akeylessGWApiURL`);
    if (!url.endsWith("/v2"))
      return fail("store-url", `${url} does not end in /v2: the operator drops its path`);
    patient.base = url;
    return ok(`${kind} ${name}, ${url}`);
  },
};

/** What the store trusts the gateway by. */
export const storeCa: Check<ClusterPatient> = {
  id: "store-ca",
  title: "store's CA",
  needs: ["store"],
  async look(patient): Promise<Outcome> {
    const { cluster, provider, base, store: own } = patient;
    if (cluster === undefined || provider === undefined || base === undefined) return skipped("no store");
    const { caBundle, caProvider } = provider;
    let pem: string | undefined;
    if (caBundle !== undefined) pem = pemOf(caBundle);
    else if (caProvider !== undefined) {
      const { type, name = "", key = "" } = caProvider;
      // A namespaced store reads its own namespace only, whatever it names: who looks may see more than its author.
      const namespace = own?.metadata.namespace ?? caProvider.namespace ?? "";
      const kind = type === "ConfigMap" ? kinds.configMap : kinds.secret;
      const found = await cluster.get(kind, namespace, name).catch(() => undefined);
      const text: unknown = found?.data?.[key];
      if (typeof text !== "string")
        return fail(
          "store-credentials",
          `caProvider: ${type} ${namespace}/${name} has no key ${key}, or may not be read`,
        );
      pem = type === "ConfigMap" ? text : pemOf(text);
    }
    patient.ca = pem;
    patient.peer = peerOf("the gateway", new URL(base), pem);
    if (pem !== undefined && !pem.includes("-----BEGIN CERTIFICATE-----"))
      return fail("store-ca", "what the store trusts is no certificate in PEM");
    return ok(
      pem === undefined
        ? "none given: the public ones"
        : `from ${caBundle === undefined ? "caProvider" : "caBundle"}`,
    );
  },
};

/** PEM, or base64 of it: the operator takes both. */
function pemOf(text: string): string {
  return text.includes("-----BEGIN") ? text : Buffer.from(text, "base64").toString("utf8");
}

export const name: Check<ClusterPatient> = {
  id: "name",
  title: "gateway: name",
  needs: ["store-ca"],
  look: async ({ peer }) =>
    peer === undefined ? skipped("no store") : lookAtName(peer, "gateway-unreachable"),
};

export const port: Check<ClusterPatient> = {
  id: "port",
  title: "gateway: port",
  needs: ["name"],
  look: async ({ peer }) =>
    peer === undefined ? skipped("no store") : lookAtPort(peer, "gateway-unreachable"),
};

export const certificate: Check<ClusterPatient> = {
  id: "certificate",
  title: "gateway: certificate",
  needs: ["port"],
  look: async ({ peer }) =>
    peer === undefined
      ? skipped("no store")
      : lookAtCertificate(peer, {
          unreachable: "gateway-unreachable",
          untrusted: "store-ca",
          wrongName: "wrong-name",
          over: "certificate-over",
          notTls: "store-url",
        }),
};

export const baseUrl: Check<ClusterPatient> = {
  id: "base-url",
  title: "gateway: base URL",
  needs: ["certificate"],
  async look({ base, ca }) {
    if (base === undefined) return skipped("no store");
    if (isApi(await askCommand(base, ca))) return ok("commands are answered");
    const right = await findBase(new URL(base).origin, base, ca);
    return fail("store-url", `no gateway answers below ${base}`, right && `set akeylessGWApiURL to ${right}`);
  },
};
