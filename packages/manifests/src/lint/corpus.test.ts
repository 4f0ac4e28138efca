import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lint } from "./lint.ts";

/** Manifests as they run in a cluster of ours: none of them has a mistake. */
const corpus = {
  "a TSIG key": `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: tsig-secret
  namespace: joplin
spec:
  refreshInterval: 1m
  secretStoreRef:
    name: cm-akeyless
    kind: ClusterSecretStore
  target:
    name: tsig-secret
    creationPolicy: Owner
  data:
    - secretKey: tsig-secret-key
      remoteRef:
        key: /mdapi/joplin/tsig-secret/tsig-secret-key
`,
  "a registry's credentials, templated": `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: mdapi-registry
  namespace: gitlab
spec:
  refreshInterval: 1m
  secretStoreRef:
    name: cm-akeyless
    kind: ClusterSecretStore
  target:
    name: mdapi-registry
    template:
      type: kubernetes.io/dockerconfigjson
      data:
        .dockerconfigjson: |
          {"auths":{"registry.example":{"username":{{ .username | toJson }},"password":{{ .password | toJson }},
          "auth":"{{ printf "%s:%s" .username .password | b64enc }}"}}}
  data:
    - secretKey: username
      remoteRef: {key: /mdapi/gitlab/mdapi-registry, property: username}
    - secretKey: password
      remoteRef: {key: /mdapi/gitlab/mdapi-registry, property: password}
`,
  "a registry's credentials, whole": `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: mdapi-registry, namespace: joplin}
spec:
  refreshInterval: 1m
  secretStoreRef: {name: cm-akeyless, kind: ClusterSecretStore}
  target:
    template:
      type: kubernetes.io/dockerconfigjson
      data:
        .dockerconfigjson: "{{ .config }}"
  data:
  - secretKey: config
    remoteRef: {key: /mdapi/joplin/mdapi-registry}
`,
  "a token for every CI job": `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api-token, namespace: runners}
spec:
  refreshInterval: 1m
  secretStoreRef: {name: cm-akeyless, kind: ClusterSecretStore}
  data:
  - secretKey: GITLAB_TOKEN
    remoteRef: {key: /mdapi/gitlab/api-token}
`,
  "a root password, with a literal beside it": `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: o2, namespace: openobserve}
spec:
  refreshInterval: 1m
  secretStoreRef: {name: cm-akeyless, kind: ClusterSecretStore}
  target:
    template:
      metadata:
        labels: {app: openobserve}
      data:
        ZO_ROOT_USER_EMAIL: root@example.org
        ZO_ROOT_USER_PASSWORD: "{{ .password }}"
        URL: 'https://root:{{ .password | urlquery }}@openobserve'
  data:
  - secretKey: password
    remoteRef: {key: /mdapi/openobserve/o2/root-password}
`,
  "what a namespace has, all of it": `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: all, namespace: pushover}
spec:
  refreshInterval: 1m
  secretStoreRef: {name: cm-akeyless, kind: ClusterSecretStore}
  target:
    template:
      data:
        config.yaml: |
          {{- range $key, $value := . }}
          {{ $key }}: {{ $value | quote }}
          {{- end }}
  dataFrom:
  - find:
      path: /mdapi/pushover
      name: {regexp: ".*"}
    rewrite:
    - regexp: {source: ".*/", target: ""}
`,
  "a generator, a PushSecret and the store": `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: generated, namespace: joplin}
spec:
  refreshInterval: 24h
  dataFrom:
  - sourceRef:
      generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: Password, name: password}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Password
metadata: {name: password, namespace: joplin}
spec: {length: 42}
---
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: generated, namespace: joplin}
spec:
  refreshInterval: 1h
  secretStoreRefs: [{name: cm-akeyless, kind: ClusterSecretStore}]
  selector: {secret: {name: generated}}
  data:
  - match: {secretKey: password, remoteRef: {remoteKey: /mdapi/joplin/generated, property: password}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: cm-akeyless}
spec:
  conditions:
  - namespaceSelector: {matchLabels: {halfkey.dev/secrets: "true"}}
  provider:
    akeyless:
      akeylessGWApiURL: https://cm.home.tillo.ch/akeyless-api/v2
      caBundle: LS0tLS1CRUdJTg==
      authSecretRef:
        kubernetesAuth:
          accessID: p-halfkey-eso
          k8sConfName: harvester
          serviceAccountRef: {name: default, audiences: [halfkey-gateway]}
`,
};

describe("manifests without a mistake are clean", () => {
  for (const [what, text] of Object.entries(corpus)) {
    test(what, () => {
      assert.deepEqual(lint([{ file: "a.yaml", text }], { shared: ["/mdapi/gitlab/api-token"] }), []);
    });
  }

  test("all of them together", () => {
    const sources = Object.entries(corpus).map(([file, text]) => ({ file, text }));
    assert.deepEqual(lint(sources, { shared: ["/mdapi/gitlab/api-token"] }), []);
  });
});

test("the same manifests in an older form are found out", () => {
  const text = corpus["a TSIG key"]
    .replace("/v1\n", "/v1beta1\n")
    .replace("key: /mdapi/joplin", "key: /mdapi/my-service");
  assert.deepEqual(
    lint([{ file: "a.yaml", text }]).map(({ rule }) => rule),
    ["HK002", "HK004"],
  );
});
