import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallerError } from "@halfkey/model";
import { configFieldsOf } from "./kubernetes-config-input.ts";

/** A certificate of nobody: made for this test, its key thrown away. */
const pem = `-----BEGIN CERTIFICATE-----
MIIBejCCAR+gAwIBAgIUPYUhu+l5ovkG0T5u1o1KhNr7A1MwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNDEyMDA0NFoYDzIxMjYxMDMxMTIw
MDQ0WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAS90M5BZs/rGHEmjnvznRjSxDTGoi8ujkk8itibss1LONYQ3vMSQQMf9ghjhMrl
+jA1neDqIj1jyV8dWcjfYL1Eo1MwUTAdBgNVHQ4EFgQUzVfyP5Y/U/l1z+5sN8nE
/QRhf9QwHwYDVR0jBBgwFoAUzVfyP5Y/U/l1z+5sN8nE/QRhf9QwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAxkunIuFPR/Z/AQfmmm0UNo3IsrJc
jJ7rADQFutI8BPgCIQCtoVrrChZHc0SBJTA8WsKvxRQH4KHwpJecwjw3+LXhMg==
-----END CERTIFICATE-----`;

test("what is left out stays out", () => assert.deepEqual(configFieldsOf({}), {}));

test("an API server's address loses what is no part of it", () => {
  assert.equal(configFieldsOf({ "k8s-host": "https://10.0.0.1:6443/" }).host, "https://10.0.0.1:6443");
  assert.equal(
    configFieldsOf({ "k8s-host": "https://proxy.example/k8s/clusters/c-1/" }).host,
    "https://proxy.example/k8s/clusters/c-1",
  );
});

test("the issuer that clients send by default means: whatever the cluster says", () => {
  assert.equal(configFieldsOf({ "k8s-issuer": "kubernetes/serviceaccount" }).issuer, "");
  assert.equal(configFieldsOf({ "k8s-issuer": "https://k3s" }).issuer, "https://k3s");
  assert.equal(configFieldsOf({ "disable-issuer-validation": true }).checkIssuer, false);
});

test("certificates may be PEM or its base64", () => {
  assert.equal(configFieldsOf({ "k8s-ca-cert": `${pem}\n` }).caCert, pem);
  assert.equal(configFieldsOf({ "k8s-ca-cert": Buffer.from(pem).toString("base64") }).caCert, pem);
  assert.equal(configFieldsOf({ "k8s-ca-cert": "" }).caCert, "");
});

test("a reviewer's token may be base64 too", () => {
  assert.equal(configFieldsOf({ "token-reviewer-jwt": "eyJhIjoxfQ.e.e\n" }).reviewerToken, "eyJhIjoxfQ.e.e");
  const encoded = Buffer.from("eyJhIjoxfQ.e.e").toString("base64");
  assert.equal(configFieldsOf({ "token-reviewer-jwt": encoded }).reviewerToken, "eyJhIjoxfQ.e.e");
});

describe("refused", () => {
  const cases: [string, Parameters<typeof configFieldsOf>[0]][] = [
    ["no address", { "k8s-host": "" }],
    ["an address in clear", { "k8s-host": "http://10.0.0.1:6443" }],
    ["a metadata service", { "k8s-host": "https://169.254.169.254" }],
    ["an address with a query", { "k8s-host": "https://10.0.0.1/?x=" }],
    ["text as a certificate", { "k8s-ca-cert": "certificate" }],
    ["half a certificate", { "k8s-ca-cert": pem.replace(/[A-Za-z0-9+/]{40}\n/, "") }],
    [
      "a private key beside the certificate",
      { "k8s-ca-cert": `${pem}\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----` },
    ],
    ["a token in two lines", { "token-reviewer-jwt": "a\nb" }],
    ["client certificates", { "k8s-auth-type": "certificate" }],
    ["Rancher", { "cluster-api-type": "rancher" }],
    ["the gateway's own account", { "use-gw-service-account": true }],
  ];
  for (const [name, request] of cases)
    test(name, () => assert.throws(() => configFieldsOf(request), CallerError));
});
