import { toHex } from "@halfkey/crypto";
import { codeHeader, httpStatusOf } from "@halfkey/wire";
import type { FastifyReply } from "fastify";
import type { Gateway } from "../gateway.ts";
import { readable } from "../http-errors.ts";

/** `GET /health`: the process lives. Nothing else, so that anybody may ask. */
export function health(reply: FastifyReply): FastifyReply {
  return reply.send({ status: "Health Check Ok" });
}

/** `GET /ready`: whether requests can be served, and which half is missing if not. */
export function ready(gateway: Gateway, reply: FastifyReply): FastifyReply {
  const { status } = gateway;
  const body = {
    ready: status.ready,
    gateway: status.unsealed ? "unsealed" : "sealed",
    vault: status.vaultAnswers ? "ok" : "unreachable",
    alarm: status.alarm?.code ?? null,
    warnings: status.recovery.warnings,
    /** Entries that others had written since this disk was last here: after a restore or a snapshot. */
    missed: status.missed,
    ...(status.nudge === undefined ? {} : { nudge: status.nudge }),
    ...(status.reason === undefined ? {} : { reason: status.reason.message }),
  };
  if (status.ready) return reply.send(body);
  const code = status.reason === undefined ? "E_SEALED" : readable(status.reason).code;
  return reply.code(503).header(codeHeader, code).send(body);
}

/** `GET /api/derived-key`: the self-test of the customer fragment, with what may be shown of it. */
export async function derivedKeySelfTest(gateway: Gateway, reply: FastifyReply): Promise<FastifyReply> {
  const { keyring, status } = gateway;
  const kcv = Object.fromEntries(
    keyring.customerEpochs.map((epoch) => [String(epoch), keyring.customerKcv(epoch)]),
  );
  let failure: unknown = status.reason;
  try {
    if (status.ready) await gateway.selfTest();
  } catch (error) {
    failure = error;
  }
  const body = {
    ok: failure === undefined && status.ready,
    fragment: keyring.fragment,
    kcv,
    vault: status.vaultAnswers ? "ok" : "unreachable",
    seq: status.seq,
    head: status.head === undefined ? null : toHex(status.head),
    alarm: status.alarm?.code ?? null,
  };
  if (body.ok) return reply.send(body);
  const { code, text } =
    failure === undefined ? { code: "E_SEALED" as const, text: "starting" } : readable(failure);
  const status503 = httpStatusOf(code) === 500 ? 500 : 503;
  return reply
    .code(status503)
    .header(codeHeader, code)
    .send({ ...body, error: text });
}
