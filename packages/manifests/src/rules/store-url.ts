import type { Rule } from "../lint/rule.ts";
import { asRecord, asText } from "../plain.ts";
import { clusterSecretStore } from "./examples.ts";

export const storeUrl: Rule = {
  id: "HK041",
  name: "store-url",
  severity: "error",
  fixable: true,
  kinds: ["Store"],
  summary: "the store's URL does not end in /v2",
  effect:
    "ESO asks the URL with the system's CAs and without a body, and unless the answer is the one it knows it **drops the path** and uses `https://host/v2`. Behind a private CA it always does. With `/v2` at the end, and no slash behind it, the URL is used as it is.",
  bad: clusterSecretStore({ url: "https://cm.home.tillo.ch/akeyless-api/v2/" }),
  good: clusterSecretStore({ url: "https://cm.home.tillo.ch/akeyless-api/v2" }),
  source: "ESO 0.20.4 and 2.9.0's provider against a recording server.",
  check: (manifest, report) => {
    const place = ["spec", "provider", "akeyless", "akeylessGWApiURL"];
    const url = asText(asRecord(asRecord(manifest.spec.provider).akeyless).akeylessGWApiURL);
    const path = url === undefined ? undefined : /^[a-z]+:\/\/[^/]+(\/.*)$/i.exec(url)?.[1];
    // Without a path there is none to drop.
    if (url === undefined || path === undefined || path === "/" || url.endsWith("/v2")) return;
    const range = manifest.rangeOf(place);
    const raw = manifest.textOf(range);
    const wanted = url.replace(/\/+$/, "");
    const edits =
      wanted.endsWith("/v2") && raw.includes(url) ? [{ ...range, text: raw.replace(url, wanted) }] : [];
    report(place, `ESO may drop ${path} and use /v2: the URL has to end in /v2, without a slash behind it`, {
      edits,
    });
  },
};
