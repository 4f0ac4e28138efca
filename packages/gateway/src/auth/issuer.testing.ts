import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AuthMethodRecord, KubernetesConfigRecord } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

export async function newKey(kid: string, alg = "ES256"): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

export function sign(key: TestKey, claims: object, header: object = {}): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

/** A JWT of any parts: what no library makes. */
export function assemble(header: string | object, payload: string | object, signature = "c2ln"): string {
  const part = (one: string | object) =>
    Buffer.from(typeof one === "string" ? one : JSON.stringify(one)).toString("base64url");
  return `${part(header)}.${part(payload)}.${signature}`;
}

/** Claims of a service account's token, as an API server makes them. */
export function serviceAccountClaims(issuer: string, changes: object = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: "system:serviceaccount:joplin:default",
    aud: ["halfkey-gateway"],
    exp: now + 600,
    iat: now,
    nbf: now,
    jti: "3c1f6b5e-0000-4000-8000-000000000000",
    "kubernetes.io": {
      namespace: "joplin",
      serviceaccount: { name: "default", uid: "11111111-0000-4000-8000-000000000000" },
    },
    ...changes,
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** What an issuer publishes, on loopback: an API server or an identity provider, as a test wants it. */
export class IssuerDouble {
  readonly requests: { path: string; authorization: string | undefined; body: string }[] = [];
  /** By path; what is not here answers 404. */
  readonly answers = new Map<string, Answer>();
  readonly #server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => {
      const path = request.url ?? "";
      this.requests.push({ path, authorization: request.headers.authorization, body });
      const answer = this.answers.get(path);
      if (answer === undefined) response.writeHead(404).end();
      else answer(request, response, body);
    });
  });

  static async start(): Promise<IssuerDouble> {
    const double = new IssuerDouble();
    await new Promise<void>((resolve) => double.#server.listen(0, "127.0.0.1", resolve));
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Publishes keys as an API server does, at the path where API servers have them. */
  publish(...keys: TestKey[]): void {
    this.json("/openid/v1/jwks", { keys: keys.map(({ jwk }) => jwk) });
  }

  json(path: string, value: unknown, status = 200): void {
    this.answers.set(path, (_request, response) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    });
  }

  count(path: string): number {
    return this.requests.filter((one) => one.path === path).length;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function method(changes: Partial<AuthMethodRecord>): AuthMethodRecord {
  return {
    t: "method",
    n: 1,
    accessId: "p-eso",
    name: "eso",
    description: "",
    type: "k8s",
    created: 0,
    modified: 0,
    generation: 1,
    ...changes,
  };
}

export function kubernetesConfig(changes: Partial<KubernetesConfigRecord>): KubernetesConfigRecord {
  return {
    t: "k8s-config",
    n: 1,
    name: "harvester",
    accessId: "p-eso",
    created: 0,
    modified: 0,
    host: "",
    issuer: "",
    checkIssuer: true,
    mode: "offline",
    ...changes,
  };
}
