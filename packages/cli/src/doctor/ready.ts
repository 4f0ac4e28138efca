import { ask, type Check, fail, objectOf, ok } from "@halfkey/diagnosis";
import { codeHeader } from "@halfkey/wire";
import { type ClientPatient, known } from "./client-patient.ts";
import { modeOfCode } from "./mode-of-code.ts";

/** `GET /ready`: which half is missing, and whether an alarm freezes writes. */
export const ready: Check<ClientPatient> = {
  id: "ready",
  title: "ready",
  needs: ["health"],
  async look({ root, connection }) {
    const url = new URL(`${known(root)}/ready`);
    const reply = await ask({ url, ca: connection?.ca });
    const said = objectOf(reply);
    if ("failed" in reply) return fail("gateway-unreachable", `no answer from ${url.href} (${reply.failed})`);
    if (typeof said?.ready !== "boolean")
      return fail(
        "wrong-base-url",
        `${url.href} answers with status ${reply.status}, and not as a gateway does`,
      );
    const reason = typeof said.reason === "string" ? said.reason : "no reason given";
    if (!said.ready) {
      const code = String(reply.headers[codeHeader] ?? "E_SEALED");
      return fail(modeOfCode(code, reason) ?? "gateway-sealed", `${reason} (${code})`);
    }
    if (said.vault !== "ok")
      return fail("vault-unreachable", "the gateway is unsealed, and its vault does not answer");
    if (said.alarm !== null)
      return fail("frozen", `alarm ${said.alarm}: values are still read, nothing is written`);
    return ok("both halves: gateway unsealed, vault answers, no alarm");
  },
};
