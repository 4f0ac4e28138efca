import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { absent, type HostileCase, kept, refused, v2 } from "./hostile-case.ts";

const list = v2("list-items");
const text = '{"token":"$TOKEN","path":"/"}';
const utf8 = (string: string, ...bytes: number[]) => Buffer.concat([Buffer.from(string), Buffer.from(bytes)]);

const typed = (name: string, type: string, body: string | Uint8Array = text): HostileCase => ({
  name: `19: ${name}`,
  request: { path: list, body, headers: { "content-type": type } },
  status: 400,
  code: "E_INPUT",
});
const compressed = (coding: string, body: Uint8Array): HostileCase => ({
  name: `17: ${coding}`,
  request: { path: list, body, headers: { "content-encoding": coding } },
  status: 400,
  code: "E_INPUT",
});
const body = (name: string, content: string | Uint8Array, code = "E_INPUT", status = 400) =>
  refused(`16: ${name}`, list, content, code, status);

const mebibyte = 1024 * 1024;
/** 100 MB of zeros in 100 kB: a bomb for whoever inflates it. */
const zeros = Buffer.alloc(100 * mebibyte);

/** 16, 17, 19: bodies, most of them looked at before anybody is authenticated. */
export const bodyCases: readonly HostileCase[] = [
  typed("a form", "application/x-www-form-urlencoded", "token=$TOKEN&path=/"),
  typed("JSON that says it is a form", "application/x-www-form-urlencoded"),
  typed("plain text, which a foreign page may send", "text/plain"),
  typed("multipart", "multipart/form-data; boundary=x", `--x\r\n\r\n${text}\r\n--x--`),
  typed("no type", ""),
  typed("two types", "application/json, text/plain"),
  typed("a longer type", "application/jsonx"),
  typed("a JSON patch", "application/json-patch+json"),
  typed("XML", "application/xml", "<path>/</path>"),
  typed("a byte order mark", "application/json", `\ufeff${text}`),
  typed("UTF-16", "application/json; charset=utf-16", Buffer.from(text, "utf16le")),
  compressed("gzip", gzipSync(zeros)),
  compressed("br", brotliCompressSync(Buffer.from(text))),
  compressed("deflate", deflateSync(text)),
  compressed("gzip, gzip", gzipSync(gzipSync(text))),

  body("a depth of 100,000", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
  body("a depth of 4 million, never closed", "[".repeat(4 * mebibyte)),
  body("objects 100,000 deep", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
  body("a million keys", `{${Array.from({ length: 700_000 }, (_, at) => `"${at.toString(36)}":0`).join()}}`),
  body("a million times the same key", `{${'"a":0,'.repeat(1_000_000)}"a":0}`),
  body("two million empty lists", `[${"[],".repeat(2_000_000)}[]]`),
  body("a string above the limit", `{"path":"${"a".repeat(9 * mebibyte)}"}`, "E_TOO_LARGE", 413),
  body("a number of 8 million digits", `{"token":"$TOKEN","path":${"9".repeat(8_000_000)}}`),
  body("1e400 as a name", '{"token":"$TOKEN","path":1e400}'),
  body("-0 as a name", '{"token":"$TOKEN","path":-0}'),
  body("1.10 as a name", '{"token":"$TOKEN","path":1.10}'),
  body("NaN", '{"token":"$TOKEN","path":NaN}'),
  body("a comment", '{"token":"$TOKEN"/**/}'),
  body("a comma too many", '{"token":"$TOKEN",}'),
  body("two documents", `${text}${text}`),
  body("half a document", '{"token":"$TOKEN"'),
  body("bytes that are no UTF-8", utf8('{"path":"', 0xff, 0x22, 0x7d)),
  body("a surrogate in three bytes", utf8('{"path":"', 0xed, 0xa0, 0x80, 0x22, 0x7d)),
  body("an overlong slash", utf8('{"path":"', 0xc0, 0xaf, 0x22, 0x7d)),
  body("a NUL byte in a string", '{"token":"$TOKEN","path":"\0"}'),
  body("an array", '["$TOKEN"]'),
  body("a text", '"$TOKEN"'),
  body("a number", "1e400"),
  body("null", "null", "E_TOKEN", 401),
  body("nothing", "", "E_TOKEN", 401),
  body("blanks", "  ", "E_INPUT"),
  refused("16: half a surrogate pair as a name", v2("describe-item"), '{"token":"$TOKEN","name":"/\\ud800"}'),
  refused(
    "16: half a surrogate pair as a value",
    v2("create-secret"),
    `{"token":"$TOKEN","name":"${absent}","value":"\\udc00"}`,
  ),
  refused(
    "16: half a surrogate pair as a tag",
    v2("update-item"),
    `{"token":"$TOKEN","name":"${kept}","add-tag":["a\\ud83d"]}`,
  ),
  refused(
    "16: 1e400 as a value",
    v2("update-secret-val"),
    `{"token":"$TOKEN","name":"${kept}","value":1e400}`,
  ),
  refused(
    "16: a value of 20 digits without quotes",
    v2("update-secret-val"),
    `{"token":"$TOKEN","name":"${kept}","value":12345678901234567890}`,
  ),
  refused(
    "16: of two names the last one counts",
    v2("describe-item"),
    `{"token":"$TOKEN","name":"${kept}","name":"${absent}"}`,
    "E_NOT_FOUND",
    404,
  ),
  refused(
    "16: of two tokens the last one counts",
    v2("list-items"),
    '{"token":"$TOKEN","token":"t-no"}',
    "E_TOKEN",
    401,
  ),
  refused("16: a JSON value 400,000 deep", v2("create-secret"), {
    name: absent,
    value: "[".repeat(400_000),
    format: "json",
  }),
];
