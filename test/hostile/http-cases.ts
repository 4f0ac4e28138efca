import { type HostileCase, v2 } from "./hostile-case.ts";

const body = '{"path":"/"}';
const start = `POST ${v2("list-items")} HTTP/1.1\r\nHost: localhost\r\n`;
const json = "Content-Type: application/json\r\n";
const length = `Content-Length: ${body.length}\r\n`;

const raw = (name: string, bytes: string, code = "E_INPUT", status = 400): HostileCase => ({
  name,
  raw: bytes,
  code,
  status,
});
const withHeaders = (name: string, headers: string, code?: string, status?: number) =>
  raw(name, `${start}${headers}\r\n${body}`, code, status);
const line = (name: string, first: string, code?: string, status?: number) =>
  raw(name, `${first}\r\nHost: localhost\r\n\r\n`, code, status);
const chunks = (name: string, text: string, code?: string, status?: number) =>
  raw(name, `${start}${json}Transfer-Encoding: chunked\r\n\r\n${text}`, code, status);
const wholeBody = `c\r\n${body}\r\n`;

/** A second request that a confused parser would take out of the first one's body. */
const smuggled = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** 17, 18, 20: what no HTTP client sends. */
export const httpCases: readonly HostileCase[] = [
  withHeaders("18: CL and TE", `${json}${length}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`),
  withHeaders("18: TE and CL", `${json}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`),
  withHeaders("18: two codings", `${json}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n`),
  withHeaders("18: TE: chunked, identity", `${json}Transfer-Encoding: chunked, identity\r\n`),
  withHeaders("18: a space before the colon", `${json}Transfer-Encoding : chunked\r\n`),
  withHeaders("18: an unknown coding", `${json}Transfer-Encoding: xchunked\r\n`),
  withHeaders("18: two lengths", `${json}${length}Content-Length: 13\r\n`),
  withHeaders("18: the same length twice", `${json}${length}${length}`),
  withHeaders("18: a list of lengths", `${json}Content-Length: 12, 12\r\n`),
  withHeaders("18: a length with a sign", `${json}Content-Length: +12\r\n`),
  withHeaders("18: a negative length", `${json}Content-Length: -1\r\n`),
  withHeaders("18: a length in hex", `${json}Content-Length: 0x0c\r\n`),
  withHeaders("18: a length of 23 digits", `${json}Content-Length: 99999999999999999999999\r\n`),
  withHeaders("18: obs-fold", `X-A: one\r\n two\r\n${json}${length}`),
  withHeaders("18: a bare LF", `X-A: one\n${json}${length}`),
  withHeaders("18: a bare CR", `X-A: one\rX-B: two\r\n${json}${length}`),
  withHeaders("18: NUL in a header", `X-A: o\0ne\r\n${json}${length}`),
  withHeaders("18: two Hosts", `Host: evil.example\r\n${json}${length}`),
  withHeaders("18: the same Host twice", `host: localhost\r\n${json}${length}`),
  raw("18: no Host", `POST ${v2("list-items")} HTTP/1.1\r\n${json}${length}\r\n${body}`),
  raw(
    "18: absolute form",
    `POST https://evil.example${v2("list-items")} HTTP/1.1\r\nHost: localhost\r\n${json}${length}\r\n${body}`,
    "E_ROUTE",
  ),
  line("18: absolute form of a page", "GET https://evil.example/health HTTP/1.1", "E_ROUTE", 404),
  line("18: HTTP/2 without agreement", "PRI * HTTP/2.0"),
  line("18: HTTP/1.2", "GET /health HTTP/1.2"),
  raw("18: HTTP/0.9", "GET /health\r\n\r\n"),
  raw("18: no HTTP", "\x16\x03\x01\x00\x00"),
  line("18: a verb that does not exist", "FOO /health HTTP/1.1"),
  line("18: a verb in small letters", `post ${v2("list-items")} HTTP/1.1`),
  line("18: a broken escape in the URL", `POST ${v2("%zz")} HTTP/1.1`, "E_ROUTE"),
  line("18: an escape of half a character", "GET /%c3 HTTP/1.1", "E_ROUTE"),
  raw("18: bytes above ASCII in the URL", "GET /\u00e4 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  line("1: dots in the URL", `POST /akeyless-api/x/../v2/list-items HTTP/1.1`, "E_ROUTE"),
  line("1: an escaped letter in the URL", `POST ${v2("%6cist-items")} HTTP/1.1`, "E_ROUTE"),
  line("1: escaped dots in the URL", `POST ${v2("%2e%2e/list-items")} HTTP/1.1`, "E_ROUTE"),
  line("1: a backslash in the URL", `POST /akeyless-api/v2\\list-items HTTP/1.1`, "E_ROUTE"),
  line("12: a URL of 10,000 characters", `POST ${v2("a".repeat(10_000))} HTTP/1.1`, "E_ROUTE"),
  line("13: __proto__ as command", `POST ${v2("__proto__")} HTTP/1.1`, "E_ROUTE"),
  line("13: constructor as command", `POST ${v2("constructor")} HTTP/1.1`, "E_ROUTE"),
  line("13: toString as command of ours", "POST /halfkey/v1/toString HTTP/1.1", "E_ROUTE"),
  withHeaders("17: a header of 20 kB", `X-A: ${"a".repeat(20_000)}\r\n`, "E_TOO_LARGE", 431),
  withHeaders(
    "17: 3,000 headers",
    Array.from({ length: 3000 }, (_, at) => `a${at}: b\r\n`).join(""),
    "E_TOO_LARGE",
    431,
  ),
  chunks("17: a chunk extension of 20 kB", `c;${"x".repeat(20_000)}\r\n`, "E_TOO_LARGE", 413),
  chunks("18: a chunk's size that is none", `zz\r\n${body}\r\n0\r\n\r\n`),
  chunks("18: a negative chunk", `-1\r\n${body}\r\n0\r\n\r\n`),
  chunks("18: a chunk of 2^84 bytes", `fffffffffffffffffffff\r\n${body}\r\n0\r\n\r\n`),
  chunks("18: a chunk that is longer than it says", `2\r\n${body}\r\n0\r\n\r\n`),
  chunks("18: a Host in the trailer", `${wholeBody}0\r\nHost: evil.example\r\n\r\n`, "E_TOKEN", 401),
  withHeaders("17: 200 MB announced", `${json}Content-Length: 200000000\r\n`, "E_TOO_LARGE", 413),
  withHeaders("18: an expectation", `${json}${length}Expect: the-moon\r\n`, "E_INPUT", 417),
  ...["OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND"].map((method) =>
    line(`20: ${method}`, `${method} ${v2("get-secret-value")} HTTP/1.1`, "E_ROUTE"),
  ),
  line("20: QUERY", `QUERY ${v2("get-secret-value")} HTTP/1.1`),
  { ...line("20: HEAD", `HEAD ${v2("get-secret-value")} HTTP/1.1`, "E_ROUTE"), head: true },
  line("20: GET of a command", `GET ${v2("get-secret-value")} HTTP/1.1`, "E_ROUTE", 404),
  ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map((header) =>
    line(
      `20: GET with ${header}`,
      `GET ${v2("list-items")}?_method=POST HTTP/1.1\r\n${header}: POST`,
      "E_ROUTE",
      404,
    ),
  ),
  line("20: CONNECT * in place of a page", "OPTIONS * HTTP/1.1", "E_ROUTE"),
];
