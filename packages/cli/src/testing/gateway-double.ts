import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** The double's certificate, its own CA. Its key lies beside it, for everybody to see: it protects nothing. */
export const doubleCaFile = join(import.meta.dirname, "double-cert.pem");
const key = readFileSync(join(import.meta.dirname, "double-key.pem"));

export interface DoubleRequest {
  command: string;
  body: Record<string, unknown>;
}

type Reply = { status?: number; body: unknown; headers?: Record<string, string> };
type Answer = (body: Record<string, unknown>) => Reply;

/**
 * A double of the gateway for the command line's own tests: enough of the Akeyless-compatible API to keep
 * values in memory, and a way to make it answer anything. The real gateway runs in test/end-to-end.
 */
export class GatewayDouble implements AsyncDisposable {
  readonly requests: DoubleRequest[] = [];
  /** All versions of every item, oldest first. */
  readonly items = new Map<string, string[]>();
  /** A command's name → what it answers instead. */
  readonly answers = new Map<string, Answer>();
  /** Before every answer. */
  delayMilliseconds = 0;
  readonly accessId = "p-double";
  readonly accessKey = "double-access-key";
  #server = createServer({ key, cert: readFileSync(doubleCaFile) }, (request, response) => {
    void this.#serve(request, response);
  });

  static async start(): Promise<GatewayDouble> {
    const double = new GatewayDouble();
    await new Promise<void>((resolve) => double.#server.listen(0, "127.0.0.1", resolve));
    return double;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The variables with which a command reaches it. */
  get environment(): NodeJS.ProcessEnv {
    return {
      HALFKEY_URL: this.url,
      HALFKEY_CA: doubleCaFile,
      HALFKEY_ACCESS_ID: this.accessId,
      HALFKEY_ACCESS_KEY: this.accessKey,
    };
  }

  commands(): string[] {
    return this.requests.map(({ command }) => command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const command = (request.url ?? "").replace("/akeyless-api/v2/", "");
    const body: Record<string, unknown> = JSON.parse(await text(request));
    this.requests.push({ command, body });
    await sleep(this.delayMilliseconds);
    const { status = 200, body: reply, headers } = this.#answer(command, body);
    const isText = typeof reply === "string";
    response.writeHead(status, {
      "content-type": isText ? "text/html" : "application/json",
      "halfkey-request": "00112233aabbccdd",
      ...headers,
    });
    response.end(isText ? reply : JSON.stringify(reply));
  }

  #answer(command: string, body: Record<string, unknown>): Reply {
    const chosen = this.answers.get(command);
    if (chosen) return chosen(body);
    if (command === "auth") {
      const right = body["access-id"] === this.accessId && body["access-key"] === this.accessKey;
      return right ? { body: { token: "t-double" } } : refuse(401, "E_TOKEN", "wrong credentials");
    }
    if (body.token !== "t-double") return refuse(401, "E_TOKEN", "no such token");
    return this.#item(command, body);
  }

  #item(command: string, body: Record<string, unknown>): Reply {
    const name = String(body.name ?? (body.names as string[] | undefined)?.[0]);
    const value = String(body.value);
    const versions = this.items.get(name);
    if (command === "list-items") {
      const items = [...this.items].map(([path, all]) => this.#describe(path, all));
      return { body: { items, folders: null, next_page: "" } };
    }
    if (command === "create-secret") {
      if (versions) return refuse(409, "E_EXISTS", "it exists");
      this.items.set(name, [value]);
      return { body: { name } };
    }
    if (!versions) return refuse(404, "E_NOT_FOUND", `no item ${name}`);
    switch (command) {
      case "update-secret-val":
        if (body["last-version"] !== undefined && body["last-version"] !== versions.length) {
          return refuse(409, "E_CONFLICT", "another version");
        }
        versions.push(value);
        return { body: { name } };
      case "get-secret-value":
        return { body: { [name]: versions[Number(body.version ?? versions.length) - 1] } };
      case "describe-item":
        return { body: this.#describe(name, versions) };
      case "delete-item":
        this.items.delete(name);
        return { body: { item_name: name } };
      default:
        return refuse(400, "E_ROUTE", `unknown command ${command}`);
    }
  }

  #describe(path: string, versions: string[]) {
    return {
      item_name: path,
      item_type: "STATIC_SECRET",
      last_version: versions.length,
      creation_date: "2026-01-01T00:00:00Z",
      modification_date: "2026-01-02T00:00:00Z",
      item_tags: null,
      item_metadata: "",
      is_enabled: true,
      delete_protection: false,
      item_versions: versions.map((_, at) => ({ version: at + 1, creation_date: "2026-01-01T00:00:00Z" })),
    };
  }
}

export function refuse(status: number, code: string, error: string): Reply {
  return { status, body: { error }, headers: { "halfkey-code": code } };
}
