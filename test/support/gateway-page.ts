import { readFileSync } from "node:fs";
import { get } from "node:https";
import { json } from "node:stream/consumers";
import type { DevJson } from "./product.ts";

export interface GatewayPage {
  readonly status: number;
  /** Of the header `halfkey-code`; empty without one. */
  readonly code: string;
  readonly body: Record<string, unknown>;
}

/** One of the gateway's pages for people and probes, such as `/ready`. */
export async function gatewayPage(
  dev: Pick<DevJson, "gatewayUrl" | "caFile">,
  path: string,
): Promise<GatewayPage> {
  const { promise, resolve, reject } = Promise.withResolvers<GatewayPage>();
  const options = { ca: readFileSync(dev.caFile), agent: false as const };
  const asking = get(`${dev.gatewayUrl}${path}`, options, (response) => {
    const { statusCode = 0, headers } = response;
    json(response).then(
      (body) =>
        resolve({
          status: statusCode,
          code: String(headers["halfkey-code"] ?? ""),
          body: body as Record<string, unknown>,
        }),
      reject,
    );
  });
  asking.on("error", reject);
  return promise;
}
