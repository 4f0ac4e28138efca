import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readsOf } from "./reads-of.ts";

const cluster = { kind: "ClusterSecretStore", name: "cm-akeyless" } as const;

describe("what a manifest reads or writes", () => {
  test("data and extract, from the store of the whole", () => {
    const found = readsOf({
      kind: "ExternalSecret",
      spec: {
        secretStoreRef: cluster,
        data: [{ secretKey: "a", remoteRef: { key: "/mdapi/joplin/a" } }],
        dataFrom: [{ extract: { key: "mdapi/joplin/b" } }],
      },
    });
    assert.deepEqual(found, [
      {
        access: "read",
        store: cluster,
        target: { key: "/mdapi/joplin/a" },
        place: ["spec", "data", 0, "remoteRef", "key"],
      },
      {
        access: "read",
        store: cluster,
        target: { key: "mdapi/joplin/b" },
        place: ["spec", "dataFrom", 0, "extract", "key"],
      },
    ]);
  });

  test("an own store stands over that of the whole, and a store without kind is a SecretStore", () => {
    const found = readsOf({
      kind: "ExternalSecret",
      spec: {
        secretStoreRef: cluster,
        data: [{ secretKey: "a", remoteRef: { key: "/a" }, sourceRef: { storeRef: { name: "other" } } }],
        dataFrom: [{ extract: { key: "/b" }, sourceRef: { storeRef: { name: "third" } } }],
      },
    });
    assert.deepEqual(
      found.map(({ store }) => store),
      [
        { kind: "SecretStore", name: "other" },
        { kind: "SecretStore", name: "third" },
      ],
    );
  });

  test("find, with its place", () => {
    const find = { path: "mdapi/joplin", name: { regexp: "db$" }, tags: { env: "prod" } };
    const [found] = readsOf({
      kind: "ExternalSecret",
      spec: { secretStoreRef: cluster, dataFrom: [{ find }] },
    });
    assert.deepEqual(found?.target, { find: { path: "mdapi/joplin", name: "db$", tags: { env: "prod" } } });
    assert.deepEqual(found?.place, ["spec", "dataFrom", 0, "find"]);
  });

  test("generators read no store", () => {
    const generatorRef = { kind: "Password", name: "p" };
    const spec = { secretStoreRef: cluster, dataFrom: [{ sourceRef: { generatorRef } }] };
    assert.deepEqual(readsOf({ kind: "ExternalSecret", spec }), []);
  });

  test("a PushSecret writes to each of its stores", () => {
    const found = readsOf({
      kind: "PushSecret",
      spec: {
        secretStoreRefs: [cluster, { labelSelector: { matchLabels: { a: "b" } } }, {}],
        data: [{ match: { secretKey: "a", remoteRef: { remoteKey: "/mdapi/joplin/a" } } }],
      },
    });
    const place = ["spec", "data", 0, "match", "remoteRef", "remoteKey"];
    const target = { key: "/mdapi/joplin/a" };
    assert.deepEqual(found, [
      { access: "write", store: cluster, target, place },
      { access: "write", store: { kind: "SecretStore", name: undefined }, target, place },
    ]);
  });

  test("the cluster-wide forms", () => {
    const externalSecretSpec = {
      secretStoreRef: cluster,
      data: [{ secretKey: "a", remoteRef: { key: "/a" } }],
    };
    const [read] = readsOf({ kind: "ClusterExternalSecret", spec: { externalSecretSpec } });
    assert.deepEqual(read?.place, ["spec", "externalSecretSpec", "data", 0, "remoteRef", "key"]);
    const pushSecretSpec = {
      secretStoreRefs: [cluster],
      data: [{ match: { remoteRef: { remoteKey: "/a" } } }],
    };
    const [write] = readsOf({ kind: "ClusterPushSecret", spec: { pushSecretSpec } });
    assert.deepEqual(write?.place.slice(0, 4), ["spec", "pushSecretSpec", "data", 0]);
  });

  test("whatever it is given, it answers", () => {
    const odd = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.constantFrom<unknown>(null, 1, "ExternalSecret", "/a", true),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            "data",
            "dataFrom",
            "remoteRef",
            "sourceRef",
            "storeRef",
            "find",
            "key",
            "name",
            "match",
          ),
          tie("any"),
          { maxKeys: 4 },
        ),
      ),
    })).any;
    const kinds = fc.constantFrom("ExternalSecret", "PushSecret", "ClusterExternalSecret", "Secret");
    fc.assert(
      fc.property(kinds, odd, (kind, spec) => {
        for (const { place } of readsOf({ kind, spec })) assert.equal(place[0], "spec");
      }),
    );
    assert.deepEqual(readsOf(null), []);
    assert.deepEqual(readsOf("ExternalSecret"), []);
  });
});
