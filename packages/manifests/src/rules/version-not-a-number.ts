import type { Rule } from "../lint/rule.ts";
import { asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const versionNotANumber: Rule = {
  id: "HK016",
  name: "version-not-a-number",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "`version` is no number, and so means the newest",
  effect:
    "ESO turns a version that is no whole number into 0, which is the newest: `v3` does **not** pin version 3. Leave it out for the newest.",
  bad: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    version: v3",
  }),
  good: externalSecret({
    data: 'data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    version: "3"',
  }),
  source: "ESO 2.9.0's provider against a recording server; ESO 0.20.4 read in the source.",
  check: (manifest, report, { isAkeyless }) => {
    for (const { plain, place, store } of remoteRefs(manifest)) {
      const version = asText(plain.version);
      if (!version || !isAkeyless(store) || isInt32(version)) continue;
      report(
        [...place, "version"],
        `${JSON.stringify(version)} is no number, so ESO asks for the newest version`,
      );
    }
  },
};

/** As `strconv.ParseInt(text, 10, 32)` takes it. */
function isInt32(text: string): boolean {
  return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 31;
}
