import { parseItemPath } from "@halfkey/model";
import type { Rule } from "../lint/rule.ts";
import { readsOf } from "../reads-of.ts";
import { externalSecret } from "./examples.ts";

export const pathOfAnotherNamespace: Rule = {
  id: "HK004",
  name: "path-of-another-namespace",
  severity: "error",
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "the path is not one that this namespace may read",
  effect:
    "The gateway takes the namespace from the ServiceAccount's token and refuses paths of other namespaces, unless a role grants them: `SecretSyncedError`, and the event says `can't describe item` or, up to ESO 2.8, the misleading `item does not exist`. A path with `..` or an empty part is refused always. Name granted paths with `--shared`.",
  bad: externalSecret({ data: "data:\n- secretKey: TOKEN\n  remoteRef:\n    key: /mdapi/gitlab/api-token" }),
  good: externalSecret({ data: "data:\n- secretKey: TOKEN\n  remoteRef:\n    key: /mdapi/joplin/api-token" }),
  source: "Halfkey's own gateway behind ESO 0.20.4 (test/end-to-end/access-attacks.test.ts).",
  check: (manifest, report, { isAkeyless, namespaceOf, pathRoot, isShared }) => {
    const namespace = namespaceOf(manifest);
    for (const { store, target, place } of readsOf(manifest.root)) {
      if (!isAkeyless(store)) continue;
      const written = "key" in target ? target.key : target.find.path?.replace(/\/$/, "");
      if (!written) continue;
      try {
        const path = parseItemPath(written);
        const [, owner] = `${path}/`.startsWith(`${pathRoot}/`) ? path.slice(pathRoot.length).split("/") : [];
        if (!owner || namespace === undefined || owner === namespace || isShared(path)) continue;
        report(
          place,
          `${path} belongs to namespace ${owner}, and this is ${namespace}: refused without a grant`,
        );
      } catch {
        report(
          place,
          "no item has such a path: it has an empty, '.' or '..' part, or a character that is refused",
        );
      }
    }
  },
};
