import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { externalSecret, withTemplate } from "../rules/examples.ts";
import { rules } from "../rules/rules.ts";
import { fix } from "./fix.ts";
import { lint } from "./lint.ts";

const found = (text: string, options = {}) => lint([{ file: "a.yaml", text }], options);
const idsOf = (text: string, options = {}) => found(text, options).map(({ rule }) => rule);

describe("where a finding stands", () => {
  test("an action inside a block", () => {
    const text = externalSecret({
      target: "template:\n  data:\n    A: |\n      first {{ .PW }}\n      second {{ .NOPE }}",
    });
    const [one] = found(text);
    assert.equal(text.slice(one?.range.start, one?.range.end), "{{ .NOPE }}");
    assert.equal(
      text.split("\n")[(one?.start.line ?? 0) - 1]?.slice((one?.start.column ?? 0) - 1),
      "{{ .NOPE }}",
    );
  });

  test("the second of two equal actions", () => {
    const text = withTemplate(`A: '{{ if index . "U" | default "" }}{{ .U }}{{ end }}{{ .U }}{{ .PW }}'`);
    const [one] = found(text);
    assert.equal(one?.range.start, text.lastIndexOf("{{ .U }}"));
  });

  test("lines count on through documents, and the source of Helm is named", () => {
    const other = "---\n# Source: app/templates/config.yaml\nkind: ConfigMap\n";
    const own = `---\n# Source: app/templates/secret.yaml\n${externalSecret({ refresh: "refreshInterval: 1d" })}`;
    const [one] = found(other + own);
    assert.equal(one?.origin, "app/templates/secret.yaml");
    assert.equal(one?.start.line, 3 + 2 + 7);
  });

  test("lists and JSON", () => {
    const item = (interval: string) => ({
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name: `a${interval}`, namespace: "joplin" },
      spec: {
        refreshInterval: interval,
        secretStoreRef: { kind: "ClusterSecretStore", name: "cm-akeyless" },
        data: [{ secretKey: "PW", remoteRef: { key: "/mdapi/joplin/a" } }],
      },
    });
    const text = JSON.stringify({ kind: "List", apiVersion: "v1", items: [item("1m"), item("1d")] }, null, 2);
    const [one, ...more] = found(text);
    assert.equal(one?.rule, "HK001");
    assert.equal(text.slice(one?.range.start, one?.range.end), '"1d"');
    assert.deepEqual(more, []);
    assert.deepEqual(idsOf(fix([{ file: "a.json", text }]).sources[0]?.text ?? ""), []);
  });

  test("anchors, aliases and merge keys", () => {
    const text = externalSecret({
      data: "data:\n- &first\n  secretKey: PW\n  remoteRef: &ref\n    key: /mdapi/joplin/a\n    version: v3\n- <<: *first\n  secretKey: PW2\n- secretKey: PW3\n  remoteRef: *ref",
    });
    assert.deepEqual(idsOf(text), ["HK016", "HK016", "HK016"]);
  });
});

describe("what is no mistake for certain stays unsaid", () => {
  for (const [what, text] of Object.entries({
    "keys of an extract": externalSecret({
      target: 'template:\n  data:\n    A: "{{ .anything }}"',
      data: "dataFrom:\n- extract:\n    key: /mdapi/joplin/a",
    }),
    "a dot that a range or with has changed": withTemplate(
      'A: "{{ .PW }}"\nB: "{{ range $k, $v := . }}{{ .x }}{{ end }}{{ with .PW }}{{ .y }}{{ end }}"',
    ),
    "a look-up behind a condition on the same key": withTemplate(
      `A: '{{ .PW }}{{ if ne (index . "U" | default "") "" }}{{ .U }}{{ end }}'`,
    ),
    "an index with a default": withTemplate(`A: '{{ .PW }}{{ index . "U" | default "joplin" }}'`),
    "strings of a chart's own templates": withTemplate('A: "{{ `{{ .NOPE }}{{ .PW }}` }}"'),
    "comments of templates": withTemplate('A: "{{/* .NOPE */}}{{ .PW }}"'),
    "Base64 of a part": withTemplate(`A: '{"auth":"{{ printf "%s:%s" .PW .PW | b64enc }}"}'`),
    "other stores": externalSecret({
      store: "secretStoreRef:\n  kind: ClusterSecretStore\n  name: aws",
      data: "data:\n- secretKey: PW\n  remoteRef:\n    key: any/thing\n    version: latest",
    }),
    "a store of that name that is there": `${externalSecret({ store: "secretStoreRef:\n  name: cm-akeyless" })}---\napiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata:\n  name: cm-akeyless\n  namespace: joplin\nspec:\n  provider:\n    akeyless: {}\n`,
    "a patch":
      "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: app\nspec:\n  target:\n    name: x\n",
    "one manifest in two overlays": `${externalSecret({})}---\n${externalSecret({})}`,
    "a path outside the convention": externalSecret({
      data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /prod/db",
    }),
  })) {
    test(what, () => assert.deepEqual(found(text), []));
  }

  test("a granted path", () => {
    const text = externalSecret({
      data: "data:\n- secretKey: T\n  remoteRef:\n    key: /mdapi/gitlab/api-token",
    });
    assert.deepEqual(idsOf(text), ["HK004"]);
    assert.deepEqual(idsOf(text, { shared: ["/mdapi/gitlab/*"] }), []);
  });

  test("the namespace of a manifest that names none", () => {
    const text = externalSecret({}).replace("  namespace: joplin\n", "");
    assert.deepEqual(idsOf(text), []);
    assert.deepEqual(idsOf(text, { namespace: "gitlab" }), ["HK004"]);
  });
});

describe("comments that ignore", () => {
  const bad = "refreshInterval: 1d";
  const ignoring = (comment: string) => externalSecret({ refresh: `${comment}\n${bad}` });

  test("above the line, by id or name", () => {
    assert.deepEqual(idsOf(ignoring("# halfkey-lint-ignore HK001: our fork knows days")), []);
    assert.deepEqual(idsOf(ignoring("# halfkey-lint-ignore HK002, refresh-interval-unit: our fork")), []);
    assert.deepEqual(idsOf(externalSecret({ refresh: `${bad} # halfkey-lint-ignore HK001: our fork` })), []);
  });

  test("above the key that it stands in, or the whole manifest", () => {
    const nested = externalSecret({
      target:
        '# halfkey-lint-ignore HK005: brought by a patch\ntemplate:\n  data:\n    A: "{{ .NOPE }}{{ .PW }}"',
    });
    assert.deepEqual(idsOf(nested), []);
    assert.deepEqual(idsOf(`# halfkey-lint-ignore HK001: our fork\n${externalSecret({ refresh: bad })}`), []);
  });

  test("another rule, or another line, is not ignored", () => {
    assert.deepEqual(idsOf(ignoring("# halfkey-lint-ignore HK002: other")), ["HK001"]);
    const elsewhere = externalSecret({
      refresh: bad,
      more: "# halfkey-lint-ignore HK001: too late\nrefreshPolicy: Periodic",
    });
    assert.deepEqual(idsOf(elsewhere), ["HK001"]);
  });

  test("one without a reason, or with an unknown rule, ignores nothing and is a finding", () => {
    assert.deepEqual(idsOf(ignoring("# halfkey-lint-ignore HK001")), ["HK099", "HK001"]);
    assert.deepEqual(idsOf(ignoring("# halfkey-lint-ignore HK777: what")), ["HK099", "HK001"]);
  });
});

describe("documents that cannot be read", () => {
  test("broken YAML is a finding at its place", () => {
    const text = `${externalSecret({})}---\napiVersion: external-secrets.io/v1\nkind: [\n`;
    const [one] = found(text);
    assert.equal(one?.rule, "HK000");
    assert((one?.range.start ?? 0) > externalSecret({}).length);
  });

  test("a chart's template is only mentioned", () => {
    const [one] = found(
      "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n{{- if .Values.on }}\nspec: {}\n{{- end }}\n",
    );
    assert.equal(one?.rule, "HK000");
    assert.equal(one?.severity, "info");
  });

  test("what is about something else is not read", () => {
    assert.deepEqual(found("kind: [\n---\n- {"), []);
  });

  test("a bomb of aliases", () => {
    const levels = Array.from(
      { length: 12 },
      (_, at) => `a${at}: &a${at} [${at === 0 ? "x" : Array(10).fill(`*a${at - 1}`)}]`,
    );
    const text = `# external-secrets.io\n${levels.join("\n")}\n`;
    assert.equal(found(text)[0]?.rule, "HK000");
  });
});

describe("mending", () => {
  test("changes nothing but what it must", () => {
    const text = `# head
apiVersion: external-secrets.io/v1beta1   # old
kind:   ExternalSecret
metadata: {name: app, namespace: joplin}
spec:
    refreshInterval: "1d"  # a day
    secretStoreRef:
        # which store
        name: cm-akeyless
    data:
        - secretKey: PW   # the password
          remoteRef: {key: /mdapi/joplin/a, property: y}
    target:
        template:
            data:
                # read
                SELECTOR: "{{ .PW }}"   # s

                # fixed
                NAME: joplin   # n
`;
    const expected = `# head
apiVersion: external-secrets.io/v1   # old
kind:   ExternalSecret
metadata: {name: app, namespace: joplin}
spec:
    refreshInterval: "24h"  # a day
    secretStoreRef:
        # which store
        kind: ClusterSecretStore
        name: cm-akeyless
    data:
        - secretKey: PW   # the password
          remoteRef: {key: /mdapi/joplin/a, property: "y"}
    target:
        template:
            data:
                # fixed
                NAME: joplin   # n
                # read
                SELECTOR: "{{ .PW }}"   # s

`;
    const mended = fix([{ file: "a.yaml", text }]);
    assert.equal(mended.sources[0]?.text, expected);
    assert.equal(mended.count, 5);
    assert.deepEqual(mended.findings, []);
  });

  test("with the line ends of the file", () => {
    const text = externalSecret({ store: "secretStoreRef:\n  name: cm-akeyless" }).replaceAll("\n", "\r\n");
    const mended = fix([{ file: "a.yaml", text }]).sources[0]?.text ?? "";
    assert(!/[^\r]\n/.test(mended));
    assert.deepEqual(idsOf(mended), []);
  });

  test("flow style", () => {
    const text = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: app, namespace: joplin}
spec: {refreshInterval: 1m, secretStoreRef: {name: cm-akeyless}, data: [{secretKey: PW, remoteRef: {key: /mdapi/joplin/a}}], target: {template: {data: {B: "{{ .PW }}", A: x}}}}
`;
    const mended = fix([{ file: "a.yaml", text }]);
    assert.deepEqual(mended.findings, []);
    assert.match(mended.sources[0]?.text ?? "", /data: \{A: x, B: "\{\{ \.PW \}\}"\}/);
    assert.match(mended.sources[0]?.text ?? "", /\{kind: ClusterSecretStore, name: cm-akeyless\}/);
  });
});

describe("whatever the text", () => {
  const examples = rules.flatMap(({ bad, good }) => [bad, good]);
  const cutUp = fc
    .tuple(
      fc.constantFrom(...examples),
      fc.nat(),
      fc.nat(),
      fc.constantFrom(
        "",
        "\n",
        "{{",
        "}}",
        " ",
        ":",
        "- ",
        "&a",
        "*a",
        '"',
        "'",
        "|",
        "#",
        "---\n",
        "\t",
        "\r\n",
        "💥",
        "~",
      ),
    )
    .map(([text, from, length, put]) => {
      const at = from % text.length;
      return text.slice(0, at) + put + text.slice(at + (length % 12));
    });
  const any = fc.oneof(
    cutUp,
    fc.tuple(cutUp, cutUp).map(([a, b]) => `${a}---\n${b}`),
    fc.string({ unit: "binary" }).map((text) => `external-secrets.io${text}`),
    fc
      .json()
      .map((text) => text.replace("{", '{"apiVersion":"external-secrets.io/v1","kind":"ExternalSecret",')),
  );

  test("it answers, with places inside the text; mending comes to an end and mends", () => {
    fc.assert(
      fc.property(any, (text) => {
        for (const { range, start } of found(text)) {
          assert(range.start >= 0 && range.start <= range.end && range.end <= text.length);
          assert(start.line >= 1 && start.line <= text.split("\n").length && start.column >= 1);
        }
        const once = fix([{ file: "a.yaml", text }]);
        assert.deepEqual(
          once.findings.filter(({ edits }) => edits.length > 0),
          [],
        );
        const twice = fix(once.sources);
        assert.equal(twice.count, 0);
        assert.deepEqual(twice.sources, once.sources);
      }),
      { numRuns: 3000 },
    );
  });
});
