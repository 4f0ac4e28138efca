import type { IncomingHttpHeaders } from "node:http";

/** What a server said, or why it said nothing. */
export type Reply =
  | { status: number; headers: IncomingHttpHeaders; text: string; milliseconds: number }
  | { failed: string };

export interface Question {
  url: URL;
  ca: string | undefined;
  method?: "GET" | "POST";
  /** Sent as JSON; absent: no body at all. */
  body?: object;
}

const timeMs = 10_000;
const bytesMax = 256 * 1024;

/** One request, without redirects and retries. Never throws for what the network does. */
export async function ask({ url, ca, method = "GET", body }: Question): Promise<Reply> {
  const isTls = url.protocol === "https:";
  const { request } = isTls ? await import("node:https") : await import("node:http");
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const begun = performance.now();
  return new Promise((resolve) => {
    const sent = request(url, {
      method,
      timeout: timeMs,
      headers: {
        accept: "application/json",
        ...(bytes === undefined
          ? {}
          : { "content-type": "application/json", "content-length": bytes.length }),
      },
      ...(isTls ? { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) } : {}),
      agent: false,
    });
    sent.once("timeout", () => sent.destroy(Object.assign(new Error("late"), { code: "ETIMEDOUT" })));
    sent.once("error", (error: NodeJS.ErrnoException) => resolve({ failed: error.code ?? error.name }));
    sent.once("response", (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length <= bytesMax) parts.push(part);
        else sent.destroy(Object.assign(new Error("long"), { code: "EMSGSIZE" }));
      });
      response.once("error", (error: NodeJS.ErrnoException) => resolve({ failed: error.code ?? error.name }));
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString("utf8"),
          milliseconds: Math.ceil(performance.now() - begun),
        }),
      );
    });
    sent.end(bytes);
  });
}

/** The JSON object in a reply; nothing if it is none. */
export function objectOf(reply: Reply): Record<string, unknown> | undefined {
  if ("failed" in reply) return undefined;
  try {
    const value: unknown = JSON.parse(reply.text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
