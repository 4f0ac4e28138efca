import { about } from "./about.ts";
import { objectPath } from "./addresses.ts";
import { ApiServer } from "./api-server.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { eventOf } from "./event-of.ts";
import { findCredentials } from "./find-credentials.ts";
import { groupOf, kindOf, kinds, resourceOf } from "./kinds.ts";
import type { KubernetesCluster } from "./kubernetes-cluster.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { listAll } from "./list-all.ts";
import { watchObjects } from "./watch.ts";

/**
 * Finds a cluster and who we are there. Nothing is sent yet.
 *
 * @throws {KubernetesError} `access`, if there is no kubeconfig, or something in it is wrong.
 */
export async function openCluster(access: ClusterAccess = {}): Promise<KubernetesCluster> {
  const api = new ApiServer(await findCredentials(access));
  const { server, context, caPem } = api.credentials;
  const list: KubernetesCluster["list"] = async (kind, { namespace, ...selectors } = {}) => {
    const { items } = await listAll(api, kind, namespace, selectors);
    return items;
  };
  return {
    server,
    context,
    caPem,
    list,
    async get(kind, namespace, name) {
      try {
        return await api.send<KubernetesObject>({
          method: "GET",
          path: objectPath(kind, namespace, name),
          ...about("get", kind, namespace, name),
        });
      } catch (error) {
        if (error instanceof KubernetesError && error.failure === "absent") return undefined;
        throw error;
      }
    },
    apply(object, { fieldManager, dryRun, force }) {
      const kind = kindOf(object);
      const { namespace = "", name } = object.metadata;
      return api.send({
        method: "PATCH",
        path: objectPath(kind, namespace, name),
        query: { fieldManager, force: force ?? false, ...(dryRun ? { dryRun: "All" } : {}) },
        body: object,
        contentType: "application/apply-patch+yaml",
        ...about("apply", kind, namespace, name, "create and patch"),
      });
    },
    mergePatch(kind, namespace, name, patch, { subresource } = {}) {
      const under = subresource === undefined ? "" : `/${subresource}`;
      return api.send({
        method: "PATCH",
        path: `${objectPath(kind, namespace, name)}${under}`,
        body: patch,
        contentType: "application/merge-patch+json",
        ...about("patch", { ...kind, plural: `${kind.plural}${under}` }, namespace, name),
      });
    },
    async remove(kind, namespace, name) {
      try {
        await api.send({
          method: "DELETE",
          path: objectPath(kind, namespace, name),
          body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" },
          ...about("delete", kind, namespace, name),
        });
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== "absent") throw error;
      }
    },
    async events(namespace, name, kind) {
      const fields = [`involvedObject.name=${name}`, ...(kind ? [`involvedObject.kind=${kind.kind}`] : [])];
      // Events of objects without a namespace lie in `default`.
      const found = await list(kinds.event, {
        namespace: namespace === "" ? "default" : namespace,
        fieldSelector: fields.join(","),
      });
      return found.map(eventOf).sort((one, other) => one.lastSeen.getTime() - other.lastSeen.getTime());
    },
    async createToken(namespace, serviceAccount, { audiences, expirationSeconds }) {
      const answer = await api.send<{ status: { token: string } }>({
        method: "POST",
        path: `${objectPath(kinds.serviceAccount, namespace, serviceAccount)}/token`,
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: { audiences, expirationSeconds },
        },
        what: `create a token of service account ${namespace}/${serviceAccount}`,
        right: `create on serviceaccounts/token in namespace ${namespace}`,
        quotable: true,
      });
      return answer.status.token;
    },
    watch: (kind, handler, options) => watchObjects(api, kind, handler, options),
    async canI({ verb, kind, subresource, namespace, name }) {
      const resourceAttributes = {
        ...{ verb, group: groupOf(kind), resource: kind.plural },
        ...{ subresource, namespace, name },
      };
      const answer = await api.send<{ status: { allowed: boolean } }>({
        method: "POST",
        path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes },
        },
        what: `ask whether we may ${verb} ${resourceOf(kind)}`,
        right: "create on selfsubjectaccessreviews.authorization.k8s.io",
        quotable: true,
      });
      return answer.status.allowed;
    },
    close: () => api.close(),
  };
}
