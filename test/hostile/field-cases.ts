import { absent, type HostileCase, kept, own, refused, v2 } from "./hostile-case.ts";

const each = (
  field: string,
  title: string,
  values: readonly unknown[],
  path: string,
  body: object,
  number = 10,
) =>
  values.map((value) =>
    refused(`${number}: ${title} ${String(JSON.stringify(value)).slice(0, 40)}`, path, {
      ...body,
      [field]: value,
    }),
  );

/** What is no whole number, or none that could be meant. */
const noNumbers: readonly unknown[] = [
  -1,
  1.5,
  1e9,
  1e300,
  "NaN",
  "",
  "1 or 1",
  "0x10",
  "1e1",
  true,
  {},
  [[1]],
  [1, 2],
];
const noPositives: readonly unknown[] = [0, "0", ...noNumbers];
const noVersions = noNumbers.filter((one) => one !== 1e9);
const noFlags: readonly unknown[] = ["yes", "TRUE", 2, -1, 1e300, {}, [], [true]];
const noTexts: readonly unknown[] = [{}, { toString: "x" }, [[]], [{}], 1.5];
const longText = "a".repeat(64 * 1024);

/** 10, 12, 13: fields. */
export const fieldCases: readonly HostileCase[] = [
  ...each("limit", "audit search limit", noPositives, own("audit/search"), {}),
  ...each(
    "after",
    "audit search after",
    ["x", "1", "1:-1", "1:1e9", "99999999999:1", {}],
    own("audit/search"),
    {},
  ),
  ...each("order", "audit search order", ["up", "newest; x", {}], own("audit/search"), {}),
  ...each("limit", "audit tail limit", noPositives, own("audit/tail"), { after: "1:0" }),
  ...each("waitSeconds", "audit tail waitSeconds", noNumbers, own("audit/tail"), { after: "1:0" }),
  ...each(
    "pagination-token",
    "cursor",
    ["x", "e30=", "eyJpIjoxfQ==", "bnVsbA==", "[]", {}, -1, 1e300],
    v2("list-items"),
    {
      "auto-pagination": "disabled",
    },
  ),
  ...each("auto-pagination", "auto-pagination", ["maybe", 0, {}, []], v2("list-items"), {}),
  ...each("version", "version", noVersions, v2("get-secret-value"), { names: [kept] }),
  ...each(
    "version",
    "version to delete",
    noVersions.filter((one) => one !== -1).concat(-2),
    v2("delete-item"),
    {
      name: kept,
    },
  ),
  ...each(
    "old-version",
    "old-version",
    noPositives.filter((one) => one !== 1e9),
    v2("rollback-secret"),
    {
      name: kept,
    },
  ),
  ...each("last-version", "last-version", noVersions, v2("update-secret-val"), { name: kept, value: "x" }),
  ...each("max-versions", "max-versions", [...noPositives, 101], v2("create-secret"), {
    name: absent,
    value: "x",
  }),
  ...each("max-versions", "max-versions of", [...noPositives, 101], v2("update-item"), { name: kept }),
  ...each(
    "item-id",
    "item-id",
    noNumbers.filter((one) => one !== 1e9 && one !== -1),
    v2("describe-item"),
    {},
  ),
  ...each("show-versions", "show-versions", noFlags, v2("describe-item"), { name: kept }),
  ...each("delete_protection", "delete_protection", noFlags, v2("update-item"), { name: kept }),
  ...each("keep-prev-version", "keep-prev-version", noFlags, v2("update-secret-val"), {
    name: kept,
    value: "x",
  }),
  ...each("name", "name", noTexts, v2("describe-item"), {}),
  ...each("names", "names", [[], [1.5], [["a"]], {}], v2("get-secret-value"), {}),
  ...each("names", "names", [Array.from({ length: 257 }, () => kept)], v2("get-secret-value"), {}),
  ...each(
    "item",
    "items to delete",
    [[], [1.5], [["a"]], {}, Array.from({ length: 1001 }, () => absent)],
    v2("delete-items"),
    {},
  ),
  ...each("value", "value", noTexts, v2("create-secret"), { name: absent }),
  ...each("format", "format", ["xml", "__proto__", "constructor", {}], v2("create-secret"), {
    name: absent,
    value: "x",
  }),
  ...each("type", "type", ["rotated", "toString"], v2("create-secret"), { name: absent, value: "x" }),
  ...each("protection_key", "protection_key", ["/other", "__proto__"], v2("create-secret"), {
    name: absent,
    value: "x",
  }),
  ...each("desired-state", "desired-state", ["enabled", "Off", "__proto__", {}], v2("set-item-state"), {
    name: kept,
  }),
  ...each("filter", "filter", [longText, {}, ["a"]], v2("list-items"), {}, 12),
  ...each(
    "tags",
    "tags",
    [[longText], [""], ["a\nb"], ["a\u001b[31mb"], Array.from({ length: 65 }, (_, at) => `t${at}`)],
    v2("create-secret"),
    { name: absent, value: "x" },
    12,
  ),
  ...each(
    "add-tag",
    "add-tag",
    [[longText], [""], ["\0"], Array.from({ length: 65 }, (_, at) => `t${at}`)],
    v2("update-item"),
    { name: kept },
    12,
  ),
  ...each("description", "description", [longText, {}], v2("update-item"), { name: kept }, 12),
  refused("12: the root is no folder to delete", v2("delete-items"), { path: "/" }),
  refused("12: the root is no source of a move", v2("move-objects"), { source: "/", target: "/x" }),
  refused("12: a move into itself", v2("move-objects"), { source: "/hostile", target: "/hostile/x" }),
  refused("12: a move to where it is", v2("move-objects"), { source: kept, target: kept }),
  ...["__proto__", "constructor", "toString", "hasOwnProperty"].map((key) =>
    refused(`13: ${key} as field`, v2("describe-item"), `{"token":"$TOKEN","${key}":{"name":"${kept}"}}`),
  ),
  refused(
    "22: a known command that is not built",
    v2("create-dfc-key"),
    { name: absent },
    "E_UNSUPPORTED",
    501,
  ),
  refused("22: an unknown command", v2("list-secrets"), {}, "E_ROUTE"),
  refused("22: a bare base", "/akeyless-api/v2", {}, "E_ROUTE"),
  refused("22: a command below a command", v2("list-items/x"), {}, "E_ROUTE"),
];
