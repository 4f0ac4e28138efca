import { ask, type Check, fail, objectOf, ok } from "@halfkey/diagnosis";
import { codeHeader } from "@halfkey/wire";
import { answers } from "./base-url.ts";
import { type ClientPatient, known } from "./client-patient.ts";
import { modeOfCode } from "./mode-of-code.ts";

/** `GET /api/derived-key`: the self-test of both fragments, which tells the causes of its 404, 500 and 503 apart. */
export const fragment: Check<ClientPatient> = {
  id: "fragment",
  title: "fragment",
  needs: ["health", "base-url"],
  async look({ root, connection, fragment: wanted }) {
    const url = new URL(`${known(root)}/api/derived-key`);
    const reply = await ask({ url, ca: connection?.ca });
    const said = objectOf(reply);
    if ("failed" in reply) return fail("gateway-unreachable", `no answer from ${url.href} (${reply.failed})`);
    const code = reply.headers[codeHeader];
    if (reply.status === 500)
      return fail("defect", `the self-test failed with status 500 (${code ?? "no code"})`);
    if (typeof said?.fragment !== "string") return fail("route-missing", `${url.href} ${answers(reply)}`);
    if (wanted !== undefined && wanted !== said.fragment) {
      return fail(
        "wrong-fragment",
        `the client asks for ${wanted}, and this gateway holds ${said.fragment}`,
        "point the client to the gateway of that fragment",
      );
    }
    if (said.ok === true) return ok(`${said.fragment}: both halves fit, head ${said.seq}`);
    const text = typeof said.error === "string" ? said.error : "no reason given";
    return fail(
      modeOfCode(String(code), text) ?? "gateway-sealed",
      `the self-test failed: ${text} (${code})`,
    );
  },
};
