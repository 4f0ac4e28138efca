import { ask, type Check, fail, lookAtClock, objectOf, ok, skipped } from "@halfkey/diagnosis";
import { type ClientPatient, known } from "./client-patient.ts";

/** `GET /health`: a Halfkey gateway lives there. */
export const health: Check<ClientPatient> = {
  id: "health",
  title: "health",
  needs: ["base-url"],
  async look(patient) {
    const url = new URL(`${known(patient.root)}/health`);
    const reply = await ask({ url, ca: patient.connection?.ca });
    patient.health = reply;
    if ("failed" in reply) return fail("gateway-unreachable", `no answer from ${url.href} (${reply.failed})`);
    if (objectOf(reply)?.status === "Health Check Ok")
      return ok(`the gateway answers, ${reply.milliseconds} ms`);
    return fail(
      "wrong-base-url",
      `${url.href} answers with status ${reply.status}, and not as a gateway does`,
    );
  },
};

export const clock: Check<ClientPatient> = {
  id: "clock",
  title: "clock",
  needs: ["health"],
  async look({ health: reply }) {
    if (reply === undefined || "failed" in reply) return skipped("no answer to compare with");
    return lookAtClock(reply.headers.date, "the gateway");
  },
};
