import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";

/** The gateway's refusal of an Akeyless command. */
export class AkeylessError extends Error {
  readonly status: number;
  readonly body: string;
  /** Of the header `halfkey-code`; empty without one. */
  readonly code: string;

  constructor(command: string, status: number, body: string, code: string) {
    super(`${command}: ${status} ${code} ${body}`);
    this.status = status;
    this.body = body;
    this.code = code;
  }
}

/** Speaks the Akeyless API as its SDKs do: JSON by POST, the token in the body. */
export interface AkeylessClient {
  /** Sends one command with exactly this body. @throws {AkeylessError} Unless the status is 2xx. */
  send(command: string, body: object): Promise<Record<string, unknown>>;
  /** Sends one command as the client's own access id, which authenticates on first use. */
  call(command: string, body: object): Promise<Record<string, unknown>>;
  /** Closes the kept connections, which would hold the test's process. */
  close(): void;
}

export interface AkeylessClientOptions {
  /** Ends in `/akeyless-api/v2`. */
  readonly akeylessUrl: string;
  /** The only certificate authority that the client trusts, as a PEM file. */
  readonly caFile: string;
  readonly accessId: string;
  readonly accessKey: string;
}

/**
 * For tests that look at status and body. The official SDK would do for the rest, but takes a private certificate
 * authority only from NODE_EXTRA_CA_CERTS, which Node reads once, before a test's own gateway has made one.
 */
export function createAkeylessClient(options: AkeylessClientOptions): AkeylessClient {
  const agent = new Agent({ ca: readFileSync(options.caFile), keepAlive: true });
  let token: Promise<unknown> | undefined;

  const send: AkeylessClient["send"] = async (command, body) => {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    const headers = { "content-type": "application/json", accept: "application/json" };
    const outgoing = request(
      `${options.akeylessUrl}/${command}`,
      { method: "POST", agent, headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("error", reject);
        response.on("end", () => {
          if (Math.trunc((response.statusCode ?? 0) / 100) === 2) resolve(JSON.parse(text));
          else {
            const code = String(response.headers["halfkey-code"] ?? "");
            reject(new AkeylessError(command, response.statusCode ?? 0, text, code));
          }
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(body));
    return promise;
  };
  const authenticate = async () => {
    const { accessId, accessKey } = options;
    const body = { "access-id": accessId, "access-key": accessKey, "access-type": "access_key" };
    return (await send("auth", body)).token;
  };

  return {
    send,
    async call(command, body) {
      token ??= authenticate();
      return send(command, { ...body, token: await token });
    },
    close: () => agent.destroy(),
  };
}
