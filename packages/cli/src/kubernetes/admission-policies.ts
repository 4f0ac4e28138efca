import type { KubernetesObject } from "@halfkey/kubernetes";
import { ownNamespace } from "./cluster-options.ts";
import { type Grants, grantLines } from "./grants.ts";

const grantsName = "halfkey-grants";

/** A kind of External Secrets' that reads or writes, and where CEL finds what. */
interface Guarded {
  name: string;
  resource: string;
  /** Key of the grants' ConfigMap. */
  right: "read" | "write";
  /** CEL: the namespaces that the object is for; `''` stands for any, if that cannot be told. */
  targets: string;
  variables: (store: string) => [name: string, expression: string][];
}

/** CEL: whether a reference names our store. A missing kind is a SecretStore. */
const isOurs = (reference: string, store: string) =>
  `(has(${reference}.kind) && ${reference}.kind == 'ClusterSecretStore' && has(${reference}.name) && ${reference}.name == '${store}')`;

function readVariables(spec: string, store: string): [string, string][] {
  const ours = (entry: string) =>
    `(has(${entry}.sourceRef) && has(${entry}.sourceRef.storeRef) ? ${isOurs(`${entry}.sourceRef.storeRef`, store)} : variables.isDefault)`;
  return [
    ["isDefault", `has(${spec}.secretStoreRef) && ${isOurs(`${spec}.secretStoreRef`, store)}`],
    ["from", `has(${spec}.dataFrom) ? ${spec}.dataFrom : []`],
    [
      "keys",
      `(has(${spec}.data) ? ${spec}.data : []).filter(d, ${ours("d")}).map(d, d.remoteRef.key)` +
        ` + variables.from.filter(d, has(d.extract) && ${ours("d")}).map(d, d.extract.key)`,
    ],
    [
      "finds",
      `variables.from.filter(d, has(d.find) && ${ours("d")}).map(d, has(d.find.path) ? d.find.path : '')`,
    ],
  ];
}

const nameLabel = "kubernetes.io/metadata.name";
const selector = (one: string) =>
  `(has(${one}.matchLabels) && '${nameLabel}' in ${one}.matchLabels ? [${one}.matchLabels['${nameLabel}']] : [''])`;

const guarded: Guarded[] = [
  {
    name: "halfkey-external-secrets",
    resource: "externalsecrets",
    right: "read",
    targets: "[object.metadata.namespace]",
    variables: (store) => readVariables("object.spec", store),
  },
  {
    name: "halfkey-cluster-external-secrets",
    resource: "clusterexternalsecrets",
    right: "read",
    targets: [
      "(has(object.spec.namespaces) ? object.spec.namespaces : [])",
      `(has(object.spec.namespaceSelector) ? ${selector("object.spec.namespaceSelector")} : [])`,
      `(has(object.spec.namespaceSelectors) ? object.spec.namespaceSelectors.map(s, ${selector("s")}[0]) : [])`,
    ].join(" + "),
    variables: (store) => readVariables("object.spec.externalSecretSpec", store),
  },
  {
    name: "halfkey-push-secrets",
    resource: "pushsecrets",
    right: "write",
    targets: "[object.metadata.namespace]",
    variables: (store) => [
      [
        "isOurs",
        // Stores that are chosen by label may be ours.
        `object.spec.secretStoreRefs.exists(s, ${isOurs("s", store)} || (has(s.labelSelector) && has(s.kind) && s.kind == 'ClusterSecretStore'))`,
      ],
      [
        "keys",
        "!variables.isOurs ? [] : (has(object.spec.data) ? object.spec.data : []).map(d, d.match.remoteRef.remoteKey)" +
          " + (has(object.spec.dataTo) ? object.spec.dataTo : []).map(d, has(d.remoteKey) ? d.remoteKey : '')",
      ],
      ["finds", "[]"],
    ],
  },
];

/** CEL: the regular expression of a path pattern for one namespace. */
const pathRegex =
  "'^' + g[1].replace('.', r'\\.').replace('+', '[^/]+').replace('/**', '/*').replace('/*', '/.+').replace('{{namespace}}', t == '' ? '[^/]+' : t) + '$'";
const appliesTo = "(t == '' || t.matches('^' + g[0].replace('*', '.*').replace('?', '.') + '$'))";
const odd = (key: string) => `(!${key}.startsWith('/') || ${key}.matches(r'//|/\\.\\.?(/|$)'))`;

/**
 * The second wall: the API server refuses what names a path that the namespace may not have, when it is written and
 * not when it is read. The gateway's rules stand whether or not this is there. The grants are data, in a ConfigMap, so
 * that a new one needs no new policy.
 */
export function admissionPolicies(store: string): KubernetesObject[] {
  return guarded.flatMap(({ name, resource, right, targets, variables }) => {
    const verb = right === "read" ? "read" : "write";
    const covered = `variables.targets.all(t, variables.grants.exists(g, ${appliesTo} && k.matches(${pathRegex})))`;
    const shown = `variables.targets.map(t, variables.grants.filter(g, ${appliesTo}).map(g, g[1].replace('{{namespace}}', t == '' ? '<namespace>' : t)).join(', '))[0]`;
    const whose =
      "(variables.targets[0] == '' ? 'any namespace' : 'namespace ' + variables.targets.join(', '))";
    const fix = `' for ' + ${whose} + ' in ${store}, which may ${verb} [' + ${shown} + ']; use such a path, or give it a rule at the gateway and run: halfkey k8s init --apply'`;
    return [
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata: { name },
        spec: {
          failurePolicy: "Fail",
          paramKind: { apiVersion: "v1", kind: "ConfigMap" },
          matchConstraints: {
            matchPolicy: "Equivalent",
            resourceRules: [
              {
                apiGroups: ["external-secrets.io"],
                apiVersions: ["*"],
                operations: ["CREATE", "UPDATE"],
                resources: [resource],
                scope: "*",
              },
            ],
          },
          // Finalizers, labels and annotations of what stands already can be changed: else nobody could delete it.
          matchConditions: [
            {
              name: "spec-is-new",
              expression:
                "request.operation == 'CREATE' || (!has(object.metadata.deletionTimestamp) && object.spec != oldObject.spec)",
            },
          ],
          variables: [
            ["targets", targets],
            [
              "grants",
              `has(params.data) && '${right}' in params.data ? params.data['${right}'].split('\\n').map(l, l.split(' ')).filter(g, g.size() == 2) : []`,
            ],
            ...variables(store),
            ["bad", `variables.keys.filter(k, ${odd("k")} || !${covered})`],
            [
              "badFinds",
              `variables.finds.filter(f, ${odd("f")} || !variables.targets.all(t, variables.grants.exists(g, g[1].endsWith('*') && ${appliesTo} && (f + '/x').matches(${pathRegex}))))`,
            ],
          ].map(([variable, expression]) => ({ name: variable, expression })),
          validations: [
            {
              expression: "variables.bad.size() == 0",
              messageExpression: `variables.bad[0] + ' is no path' + ${fix}`,
            },
            {
              expression: "variables.badFinds.size() == 0",
              messageExpression: `(variables.badFinds[0] == '' ? 'find without a path is not' : 'find below ' + variables.badFinds[0] + ' is not') + ${fix}`,
            },
          ],
        },
      },
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name },
        spec: {
          policyName: name,
          validationActions: ["Deny", "Audit"],
          paramRef: { name: grantsName, namespace: ownNamespace, parameterNotFoundAction: "Deny" },
        },
      },
    ];
  });
}

/** What the policies go by: lines of a namespace pattern and a path pattern. */
export function grantsConfigMap({ read, write }: Grants): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: grantsName, namespace: ownNamespace },
    data: { read: grantLines(read), write: grantLines(write) },
  };
}
