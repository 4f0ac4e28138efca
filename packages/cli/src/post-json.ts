import { Agent, request as httpsRequest } from "node:https";

export interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
}

export interface PostOptions {
  agent: Agent | undefined;
  timeoutMilliseconds: number;
}

/** No reply of the API comes near: 1 MiB values, or a list of 50,000 items. */
const answerBytesMax = 64 * 1024 * 1024;

/** `node:https` and not `fetch` or undici: it loads in a third of the time, and one command is one request. */
export function makeAgent(ca: string | undefined): Agent {
  return new Agent({ keepAlive: true, minVersion: "TLSv1.2", ...(ca ? { ca } : {}) });
}

/** Redirects are not followed: a token must not travel to another address. Rejects with Node's own errors. */
export async function postJson(url: URL, content: object, options: PostOptions): Promise<Answer> {
  const body = JSON.stringify(content);
  const request = url.protocol === "https:" ? httpsRequest : (await import("node:http")).request;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      timeout: options.timeoutMilliseconds,
      ...(url.protocol === "https:" ? { agent: options.agent } : {}),
    });
    sent.once("timeout", () => sent.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
    sent.once("error", reject);
    sent.once("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > answerBytesMax) sent.destroy(Object.assign(new Error("too long"), { code: "EMSGSIZE" }));
        chunks.push(chunk);
      });
      response.once("error", reject);
      response.once("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.end(body);
  });
}
