import { absent, type HostileCase, kept, own, refused, v2 } from "./hostile-case.ts";

/** Every place of a request where an item's name may stand. */
const places: Readonly<Record<string, (name: string) => { path: string; body: object }>> = {
  create: (name) => ({ path: v2("create-secret"), body: { name, value: "x" } }),
  describe: (name) => ({ path: v2("describe-item"), body: { name } }),
  read: (name) => ({ path: v2("get-secret-value"), body: { names: [kept, name] } }),
  update: (name) => ({ path: v2("update-secret-val"), body: { name, value: "x" } }),
  delete: (name) => ({ path: v2("delete-item"), body: { name } }),
  rename: (name) => ({ path: v2("update-item"), body: { name: kept, "new-name": name } }),
  rollback: (name) => ({ path: v2("rollback-secret"), body: { name, "old-version": 1 } }),
  tags: (name) => ({ path: v2("get-tags"), body: { name } }),
  state: (name) => ({ path: v2("set-item-state"), body: { name, "desired-state": "Disabled" } }),
  "move from": (name) => ({ path: v2("move-objects"), body: { source: name, target: absent } }),
  "move to": (name) => ({ path: v2("move-objects"), body: { source: kept, target: name } }),
  "delete several": (name) => ({ path: v2("delete-items"), body: { item: [name] } }),
  "delete folder": (name) => ({ path: v2("delete-items"), body: { path: name } }),
  list: (name) => ({ path: v2("list-items"), body: { path: name } }),
  trash: (name) => ({ path: own("trash"), body: { path: name } }),
  undelete: (name) => ({ path: own("undelete"), body: { name } }),
  envelope: (name) => ({ path: own("envelope"), body: { path: name } }),
  explain: (name) => ({ path: own("explain"), body: { path: name } }),
  "derived key": (name) => ({ path: "/api/derived-key", body: { path: name } }),
  role: (name) => ({ path: v2("create-role"), body: { name } }),
  "auth method": (name) => ({ path: v2("auth-method-create-api-key"), body: { name } }),
};

const longMarks = "\u0301\u0316".repeat(500_000);

/** 1, 2, 3, 6, 12, 61: names that are no names, whoever asks. */
const badNames: Readonly<Record<string, string>> = {
  "1: ..": "/mdapi/a/../b/x",
  "1: .. alone": "..",
  "1: .. in front": "../hostile/kept/key",
  "1: .. behind": "/hostile/kept/..",
  "1: .": "/mdapi/./b",
  "1: //": "/mdapi//b",
  "1: // in front": "//hostile/kept/key",
  "1: a backslash": "/hostile\\kept/key",
  "1: a share": "\\\\hostile\\kept",
  "2: NUL": "/hostile/kept/key\0",
  "2: CR": "/hostile/kept/\rkey",
  "2: LF": "/hostile/kept/key\n",
  "2: CRLF and a header": "/hostile/x\r\nSet-Cookie: a=b",
  "2: bidi": "/hostile/\u202eyek",
  "2: isolates": "/hostile/\u2066kept\u2069/key",
  "2: zero width": "/hostile/kept/k\u200bey",
  "2: a zero-width joiner": "/hostile/kept/k\u200dey",
  "2: a soft hyphen": "/hostile/kept/k\u00adey",
  "2: a byte order mark": "\ufeff/hostile/kept/key",
  "2: a line separator": "/hostile/kept/key\u2028",
  "2: a no-break space": "/hostile/kept/k\u00a0ey",
  "2: a space in front of a part": "/hostile/ kept/key",
  "2: a space behind": "/hostile/kept/key ",
  "2: a tag character": "/hostile/kept/key\u{e0061}",
  "2: a private character": "/hostile/kept/\ue000",
  "3: a megabyte of marks": `/hostile/a${longMarks}`,
  "6: *": "/hostile/*",
  "6: **": "/hostile/**",
  "6: * in a part": "/hostile/k*t/key",
  "6: +": "/hostile/+/key",
  "6: {{}}": "/hostile/{{claim}}/key",
  "12: a part of 256 bytes": `/${"a".repeat(256)}`,
  "12: 64 KiB": `/${"a/".repeat(32 * 1024)}a`,
  "12: 64 KiB in one part": `/${"a".repeat(64 * 1024)}`,
  "12: a depth of 10,000": "/a".repeat(10_000),
  "12: a depth of 33": "/a".repeat(33),
  "61: colours": "/hostile/\u001b[31mred",
  "61: a window title": "/hostile/\u001b]0;title\u0007",
  "61: an 8-bit escape": "/hostile/\u009b31mred",
  "61: backspaces": "/hostile/kept\b\b\b\b",
  "61: DEL": "/hostile/\u007f",
};

/** 1, 2, 3, 5, 6, 13, 55: names of other items, whatever they look like; there is none. */
const otherNames: readonly string[] = [
  "1: /hostile/%2e%2e/hostile/kept/key",
  "1: /hostile/kept/%6bey",
  "1: /hostile/kept/%252e",
  "1: ..%2fhostile%2fkept%2fkey",
  "1: /hostile/kept/key/x",
  "1: /hostile/kept",
  "2: /hostile/kept/key;x",
  "2: /hostile/kept/key?version=1",
  "2: /hostile/kept/key#x",
  "3: /hostile/kept/k\u0435y",
  "3: /hostile/kept/\uff4b\uff45\uff59",
  "3: /ho\u017ftile/kept/key",
  "4: /Hostile/kept/key",
  "4: /hostile/kept/KEY",
  "5: /hostile/kept/keys",
  "5: /hostile/kept/ke",
  "6: /hostile/{kept}/key",
  "6: /hostile/[kept]/key",
  "13: __proto__",
  "13: /hostile/constructor",
  "55: /hostile/kept/key' OR '1'='1",
  "55: /hostile/kept/key'; DROP TABLE records; --",
  "55: /hostile/kept/_ey",
  "55: /hostile/kept/%",
  "61: /hostile/kept/=cmd|'/C calc'!A0",
];

export const nameCases: readonly HostileCase[] = [
  ...Object.entries(badNames).flatMap(([name, text]) =>
    Object.entries(places).map(([place, make]) => {
      const { path, body } = make(text);
      return refused(`${name} (${place})`, path, body, "E_PATH");
    }),
  ),
  ...otherNames.flatMap((text) =>
    ["describe", "read", "update", "delete", "rollback", "tags", "state", "undelete", "envelope"].map(
      (place) => {
        const make = places[place] as (name: string) => { path: string; body: object };
        const { path, body } = make(text.slice(text.indexOf(" ") + 1));
        return refused(`${text} is absent (${place})`, path, body, "E_NOT_FOUND", 404);
      },
    ),
  ),
];
