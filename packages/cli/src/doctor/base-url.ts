import { ask, type Check, fail, ok, type Reply } from "@halfkey/diagnosis";
import { codeHeader } from "@halfkey/wire";
import { type ClientPatient, known } from "./client-patient.ts";

/** Where a gateway's API may be mounted, the best spelling first. */
const spellings = ["/akeyless-api/v2", "/v2"];

/** Whether commands arrive below the base: one without a token is refused there, and unknown anywhere else. */
export const baseUrl: Check<ClientPatient> = {
  id: "base-url",
  title: "base URL",
  needs: ["certificate"],
  async look({ connection }) {
    const { base, ca } = known(connection);
    const reply = await askCommand(base, ca);
    if (isApi(reply)) return ok(`commands are answered below ${base}`);
    if ("failed" in reply || isProxyAlone(reply))
      return fail(
        "gateway-unreachable",
        `${base} ${answers(reply)}${"failed" in reply ? "" : ": a proxy, and nothing behind it"}`,
      );
    const right = await findBase(new URL(base).origin, base, ca);
    if (right !== undefined) {
      const seen = `${base} is not where the API is; ${right} is`;
      return fail("wrong-base-url", seen, `halfkey configure --url ${right}`);
    }
    return fail(
      "wrong-base-url",
      `${base} ${answers(reply)}: no gateway of Halfkey, or a proxy drops the path`,
    );
  },
};

/** @returns where the API is at that server, if it is somewhere else than `tried`. */
export async function findBase(
  origin: string,
  tried: string,
  ca: string | undefined,
): Promise<string | undefined> {
  for (const spelling of spellings) {
    const base = `${origin}${spelling}`;
    if (base !== tried && isApi(await askCommand(base, ca))) return base;
  }
  return undefined;
}

export function askCommand(base: string, ca: string | undefined): Promise<Reply> {
  return ask({ url: new URL(`${base}/describe-item`), ca, method: "POST", body: {} });
}

export function isApi(reply: Reply): boolean {
  if ("failed" in reply) return false;
  const code = reply.headers[codeHeader];
  return code !== undefined && code !== "E_ROUTE";
}

/** 502 to 504 of something that is no gateway: ours always say their code. */
export function isProxyAlone(reply: Reply): boolean {
  return (
    !("failed" in reply) &&
    reply.status >= 502 &&
    reply.status <= 504 &&
    reply.headers[codeHeader] === undefined
  );
}

/** What an answer is that no gateway gave. */
export function answers(reply: Reply): string {
  if ("failed" in reply) return `does not answer (${reply.failed})`;
  const isPage = String(reply.headers["content-type"]).startsWith("text/html");
  const code = reply.headers[codeHeader];
  return `answers with ${isPage ? "a web page, " : ""}status ${reply.status}${code === undefined ? "" : `, ${code}`}`;
}
