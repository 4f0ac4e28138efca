import { type HostileCase, kept, v2 } from "./hostile-case.ts";

const untrusted = (name: string, body: object | string, more: object = {}): HostileCase => ({
  name,
  request: { path: v2("describe-item"), body, ...more },
  anonymous: true,
  status: 401,
  code: "E_TOKEN",
});

/** 22, 25, 33: tokens in the wrong place, of the wrong type, or in another spelling. @param token A valid one. */
export function tokenCases(token: string): readonly HostileCase[] {
  const name = kept;
  const bytes = Buffer.from(token.slice(2), "base64url");
  const flipped = (at: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return `t-${copy.toString("base64url")}`;
  };
  const swapped = [...token.slice(2)].map((char) =>
    char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase(),
  );
  const spellings: Record<string, string> = {
    "with padding": `${token}=`,
    "with a space behind": `${token} `,
    "with a space in front": ` ${token}`,
    "with a line break": `${token}\n`,
    "with a NUL": `${token}\0`,
    "with a capital T": `T${token.slice(1)}`,
    "without its prefix": token.slice(2),
    "with two prefixes": `t-${token}`,
    "as a bearer": `Bearer ${token}`,
    "in another case": `t-${swapped.join("")}`,
    "in hex": `t-${bytes.toString("hex")}`,
    "cut off": token.slice(0, -1),
    "with a byte more": `t-${Buffer.concat([bytes, Buffer.from([0])]).toString("base64url")}`,
    "of another version": flipped(0),
    "of another id": flipped(5),
    "with another end": flipped(30),
    "of another access id": flipped(44),
    "with another MAC": flipped(bytes.length - 1),
    "of a megabyte": `t-${"A".repeat(1024 * 1024)}`,
    "of nothing": "t-",
    "that is a UID token": "u-AQAAADw",
    "that is a JWT": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    "that is SQL": "' OR 1=1 --",
    "that is __proto__": "__proto__",
    ...otherTails(token),
  };
  return [
    untrusted("22: no token", { name }),
    untrusted("22: the token in the query", { name }, { path: `${v2("describe-item")}?token=${token}` }),
    untrusted("22: the token in a header", { name }, { headers: { authorization: `Bearer ${token}` } }),
    untrusted("22: the token in a cookie", { name }, { headers: { cookie: `token=${token}` } }),
    untrusted(
      "22: a wrong token in the body, the right one in the query",
      { name, token: "t-no" },
      { path: `${v2("describe-item")}?token=${token}` },
    ),
    ...[null, "", 0, 1, true, false, [token], { token }, [], {}].map((wrong) =>
      untrusted(`22: token ${JSON.stringify(wrong).replace(token, "…")}`, { name, token: wrong }),
    ),
    untrusted("13: the token as a prototype", `{"name":"${name}","__proto__":{"token":"${token}"}}`),
    ...Object.entries(spellings).map(([how, spelling]) =>
      untrusted(`33: a token ${how}`, { name, token: spelling }),
    ),
  ];
}

/** 33: access keys in other spellings of the same bytes. */
export function accessKeyCases(accessId: string, accessKey: string): readonly HostileCase[] {
  const login = (name: string, id: unknown, key: unknown): HostileCase => ({
    name: `33: ${name}`,
    request: {
      path: v2("auth"),
      body: { "access-id": id, "access-key": key, "access-type": "access_key" } as object,
    },
    anonymous: true,
    status: 401,
    code: "E_TOKEN",
  });
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const last = accessKey.at(-2) ?? "";
  const sameBytes = `${accessKey.slice(0, -2)}${alphabet[alphabet.indexOf(last) ^ 1] ?? ""}=`;
  return [
    login("an access key with the unused bits set", accessId, sameBytes),
    login("an access key without padding", accessId, accessKey.replace(/=+$/, "")),
    login("an access key with more padding", accessId, `${accessKey}=`),
    login("an access key with a space", accessId, `${accessKey} `),
    login("an access key with a line break", accessId, `${accessKey.slice(0, 8)}\n${accessKey.slice(8)}`),
    login("an access key with a NUL", accessId, `${accessKey}\0`),
    login("an access key in hex", accessId, Buffer.from(accessKey, "base64").toString("hex")),
    login("an access id in capitals", accessId.toUpperCase(), accessKey),
    login("an access id with a space", `${accessId} `, accessKey),
    login("an access id with a NUL", `${accessId}\0`, accessKey),
    login("an access id of a megabyte", "p-".padEnd(1024 * 1024, "a"), accessKey),
    login("__proto__ as access id", "__proto__", accessKey),
    login("an access key of a megabyte", accessId, "A".repeat(1024 * 1024)),
    login("SQL as access id", "' OR '1'='1", accessKey),
  ];
}

/** The same bytes with other unused bits in the last digit, where the length leaves some. */
function otherTails(token: string): Record<string, string> {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const unused = [0, 0, 4, 2][(token.length - 2) % 4] ?? 0;
  if (unused === 0) return {};
  const last = alphabet.indexOf(token.at(-1) ?? "");
  return { "with its unused bits set": token.slice(0, -1) + (alphabet[last ^ 1] ?? "") };
}
