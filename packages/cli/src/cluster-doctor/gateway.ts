import { ask, type Check, fail, type Outcome, objectOf, ok, skipped, warn } from "@halfkey/diagnosis";
import { KubernetesError, type KubernetesObject, kinds } from "@halfkey/kubernetes";
import { readsOf } from "@halfkey/manifests";
import { codeHeader } from "@halfkey/wire";
import { ownBase } from "../connection.ts";
import { modeOfCode } from "../doctor/mode-of-code.ts";
import { shellQuoted } from "../shell-quoted.ts";
import { type AkeylessProvider, type ClusterPatient, nameOf, type SecretKey } from "./cluster-patient.ts";
import { modeOfEvent } from "./diagnosis-map.ts";

/** `GET /ready` of the gateway that the store names: which half is missing. */
export const ready: Check<ClusterPatient> = {
  id: "ready",
  title: "gateway: ready",
  needs: ["base-url"],
  async look({ base, ca }) {
    if (base === undefined) return skipped("no store");
    const root = ownBase(base).replace(/\/halfkey\/v1$/, "");
    const reply = await ask({ url: new URL(`${root}/ready`), ca });
    const said = objectOf(reply);
    if ("failed" in reply || typeof said?.ready !== "boolean")
      return warn("/ready is not to be had from here");
    const reason = String(said.reason ?? "no reason given");
    if (!said.ready) {
      const code = String(reply.headers[codeHeader] ?? "E_SEALED");
      return fail(modeOfCode(code, reason) ?? "gateway-sealed", `${reason} (${code})`);
    }
    if (said.vault !== "ok")
      return fail("vault-unreachable", "the gateway is unsealed, and its vault does not answer");
    return ok(said.alarm === null ? "both halves" : `values are read; alarm ${said.alarm} freezes writes`);
  },
};

/** The operator's log-in, done as it does: a token of the namespace's service account for the store's audience. */
export const login: Check<ClusterPatient> = {
  id: "login",
  title: "log-in",
  needs: ["ready"],
  async look(patient): Promise<Outcome | Outcome[]> {
    const { subjects = [], base, ca, provider } = patient;
    if (base === undefined || provider === undefined) return skipped("no store");
    patient.tokens = new Map();
    const outcomes: Outcome[] = [];
    for (const namespace of new Set(subjects.map(({ metadata }) => metadata.namespace ?? ""))) {
      const fields = await credentialsOf(patient, provider, namespace);
      if ("status" in fields) {
        outcomes.push(fields);
        continue;
      }
      const reply = await ask({ url: new URL(`${base}/auth`), ca, method: "POST", body: fields.body });
      const said = objectOf(reply);
      if (typeof said?.token === "string") {
        patient.tokens.set(namespace, said.token);
        outcomes.push(ok(`${namespace}: as ${fields.whose}`));
        continue;
      }
      const text =
        "failed" in reply ? `no answer (${reply.failed})` : String(said?.error ?? `status ${reply.status}`);
      const code = "failed" in reply ? undefined : String(reply.headers[codeHeader]);
      const own = code === "E_TOKEN" ? modeOfEvent(`authentication failed: ${text}`) : modeOfCode(code, text);
      outcomes.push(fail(own ?? "login-refused", `${namespace}: ${text}`));
    }
    return outcomes;
  },
};

async function credentialsOf(
  { cluster, store }: ClusterPatient,
  { authSecretRef = {} }: AkeylessProvider,
  namespace: string,
): Promise<{ body: object; whose: string } | Outcome> {
  const { kubernetesAuth, secretRef } = authSecretRef;
  if (cluster === undefined) return skipped("no cluster");
  if (kubernetesAuth?.serviceAccountRef !== undefined) {
    const { accessID, k8sConfName, serviceAccountRef } = kubernetesAuth;
    const isShared = store?.kind === "ClusterSecretStore" && serviceAccountRef.namespace !== undefined;
    const place = (isShared ? serviceAccountRef.namespace : namespace) ?? namespace;
    try {
      const { name, audiences = [] } = serviceAccountRef;
      const token = await cluster.createToken(place, name, { audiences, expirationSeconds: 600 });
      const body = {
        "access-type": "k8s",
        "access-id": accessID,
        "k8s-auth-config-name": k8sConfName,
        "k8s-service-account-token": token,
      };
      return { body, whose: `service account ${place}/${name}` };
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      // That we may not does not say that the operator may not.
      if (error.failure === "forbidden")
        return warn(`${namespace}: not tried, you may not create tokens there`, error.next);
      return fail("token-request", error.message, error.next);
    }
  }
  if (secretRef === undefined) return skipped("the store logs in in a way that is not tried here");
  const read = async (key: SecretKey | undefined) => {
    const place = store?.metadata.namespace ?? key?.namespace ?? namespace;
    const secret: KubernetesObject | undefined = await cluster
      .get(kinds.secret, place, key?.name ?? "")
      .catch(() => undefined);
    const text: unknown = secret?.data?.[key?.key ?? ""];
    return typeof text === "string" ? Buffer.from(text, "base64").toString("utf8") : undefined;
  };
  const [id, key] = [await read(secretRef.accessID), await read(secretRef.accessTypeParam)];
  if (id === undefined || key === undefined)
    return fail(
      "store-credentials",
      "the store's credentials are not in the Secret that it names, or may not be read",
    );
  return { body: { "access-type": "access_key", "access-id": id, "access-key": key }, whose: id };
}

/** Each key of each subject, described as its own namespace; no value is asked for. */
export const items: Check<ClusterPatient> = {
  id: "items",
  title: "items",
  needs: ["login"],
  async look({ subjects = [], tokens, base, ca }): Promise<Outcome | Outcome[]> {
    if (base === undefined || tokens === undefined || tokens.size === 0) return skipped("not logged in");
    const outcomes: Outcome[] = [];
    let fine = 0;
    for (const subject of subjects) {
      const token = tokens.get(subject.metadata.namespace ?? "");
      const keys = readsOf(subject).flatMap(({ target }) => ("key" in target ? [target.key] : []));
      for (const key of token === undefined ? [] : new Set(keys)) {
        const reply = await ask({
          url: new URL(`${base}/describe-item`),
          ca,
          method: "POST",
          body: { name: key, token },
        });
        const said = objectOf(reply);
        if (!("failed" in reply) && reply.status === 200) {
          if (said?.is_enabled === false)
            outcomes.push(fail("item-disabled", `${key} is disabled`, `halfkey enable ${shellQuoted(key)}`));
          else fine += 1;
          continue;
        }
        const code = "failed" in reply ? undefined : String(reply.headers[codeHeader]);
        const text =
          "failed" in reply ? `no answer (${reply.failed})` : String(said?.error ?? `status ${reply.status}`);
        const mode = modeOfCode(code, text) ?? "secret-synced-error";
        const about = `${nameOf(subject)} reads ${key}`;
        if (mode === "policy-denied") {
          const why = await whyDenied(base, ca, key, token ?? "");
          outcomes.push(
            fail(
              mode,
              `${about}: ${why}`,
              `halfkey explain ${shellQuoted(key)} --as AUTH-METHOD --claim namespace=${subject.metadata.namespace}`,
            ),
          );
        } else
          outcomes.push(
            fail(
              mode,
              `${about}: ${text}`,
              mode === "item-absent" ? `halfkey put ${shellQuoted(key)}, or correct the key` : undefined,
            ),
          );
      }
    }
    return outcomes.length > 0 ? outcomes : ok(`${fine} may be read`);
  },
};

/** Anybody may ask about himself which rule decides. */
async function whyDenied(base: string, ca: string | undefined, path: string, token: string): Promise<string> {
  const reply = await ask({
    url: new URL(`${ownBase(base)}/explain`),
    ca,
    method: "POST",
    body: { path, token },
  });
  const decisions = objectOf(reply)?.decisions as Record<string, { reason?: string }> | undefined;
  return decisions?.read?.reason ?? "it may not be read";
}
