import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lint } from "@halfkey/manifests/lint";
import { CliError } from "../cli-error.ts";
import { type ExternalSecretWish, externalSecret } from "./external-secret.ts";
import { manifestText } from "./manifest-text.ts";
import { secretTemplateNames } from "./secret-templates.ts";

const wish = (sources: string[], more: Partial<ExternalSecretWish> = {}) =>
  externalSecret({
    ...{ sources, template: "opaque", namespace: undefined, name: undefined, store: "cm-akeyless" },
    ...{ refreshInterval: "1m", shared: false },
    ...more,
  });

const paths: Record<(typeof secretTemplateNames)[number], string[]> = {
  opaque: ["/mdapi/joplin/db/user", "/mdapi/joplin/db/password"],
  dockerconfigjson: ["/mdapi/joplin/mdapi-registry"],
  tls: ["/mdapi/joplin/web/key", "/mdapi/joplin/web/crt"],
  dotenv: ["/mdapi/joplin/db/user", "/mdapi/joplin/db/pass-word"],
  "basic-auth": ["/mdapi/joplin/db/password", "/mdapi/joplin/db/user"],
  "ssh-auth": ["/mdapi/joplin/deploy/id_ed25519"],
};

describe("an ExternalSecret that was written", () => {
  for (const template of secretTemplateNames) {
    test(`for ${template} has nothing that the lint finds`, () => {
      const text = manifestText([wish(paths[template], { template })]);
      assert.deepEqual(lint([{ file: "x.yaml", text }]), [], text);
    });
  }

  test("takes its names from the path, unless they are given", () => {
    const { metadata, spec } = wish(["/mdapi/joplin/db/user", "PW=/mdapi/joplin/db#password"]);
    assert.deepEqual(metadata, { name: "db", namespace: "joplin" });
    assert.deepEqual(spec.data, [
      { secretKey: "user", remoteRef: { key: "/mdapi/joplin/db/user" } },
      { secretKey: "PW", remoteRef: { key: "/mdapi/joplin/db", property: "password" } },
    ]);
  });

  test("tells a certificate from its key, in any order", () => {
    const { spec } = wish(paths.tls, { template: "tls" });
    const keys = Object.fromEntries(
      spec.data.map((one: { secretKey: string; remoteRef: { key: string } }) => [
        one.secretKey,
        one.remoteRef.key,
      ]),
    );
    assert.deepEqual(keys, { key: "/mdapi/joplin/web/key", certificate: "/mdapi/joplin/web/crt" });
  });

  for (const [sources, more, text] of [
    [["/mdapi/gitlab/x/y"], { namespace: "joplin" }, /not below \/mdapi\/joplin\//],
    [["/mdapi/joplin/a/b", "/mdapi/joplin2/a/b"], {}, /not below \/mdapi\/joplin\//],
    [["/mdapi/joplin/../gitlab/x"], {}, /'\.\.'/],
    [["/mdapi/joplin"], {}, /not below/],
    [["/mdapi/joplin/a/x", "/mdapi/joplin/b/x"], {}, /two values are called x/],
    [["/mdapi/joplin/a/x"], { template: "tls" }, /takes 2 of them: key=PATH certificate=PATH/],
    [["/mdapi/joplin/a/x", "/mdapi/joplin/a/y"], { template: "tls" }, /known to be the key/],
  ] as [string[], Partial<ExternalSecretWish>, RegExp][]) {
    test(`is refused for ${sources.join(" and ")}: ${text.source}`, () => {
      assert.throws(
        () => wish(sources, more),
        (error) => error instanceof CliError && text.test(error.message),
      );
    });
  }

  test("reads what is granted to it if that is said", () => {
    const { metadata } = wish(["/mdapi/gitlab/api-token"], { namespace: "joplin", shared: true });
    assert.deepEqual(metadata, { name: "api-token", namespace: "joplin" });
  });
});
