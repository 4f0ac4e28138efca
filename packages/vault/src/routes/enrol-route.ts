import { enrolmentCodeHash, fromBase64Url, fromHex, sha256 } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { type EnrolReply, EnrolRequest } from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import { FailureBucket } from "../failure-bucket.ts";
import type { VaultStore } from "../store/vault-store.ts";
import type { VaultKeys } from "../vault-keys.ts";
import { knownError, sendRefusal } from "./refusal.ts";

const bodyBytesMax = 4096;
const repeatMs = 15 * 60_000;
const failures = { capacity: 10, refillMs: 6000 };

/** `POST /v1/enrol`: the one route where a code stands for a MAC. Failures are few or far between. */
export function enrolRoute(
  server: FastifyInstance,
  { store, keys, log, now }: { store: VaultStore; keys: VaultKeys; log: Log; now: () => number },
): void {
  const bucket = new FailureBucket({ ...failures, now: () => performance.now() });

  server.setErrorHandler((error, request, reply) => {
    const isCallersFault = knownError(error) instanceof CallerError;
    const waitSeconds = isCallersFault ? bucket.take() : 0;
    if (waitSeconds === 0) return sendRefusal(error, request, reply, log, now());
    reply.header("retry-after", String(waitSeconds));
    const refusal = new CallerError("E_RATE", "too many failed enrolments; a valid code is still accepted");
    return sendRefusal(refusal, request, reply, log, now());
  });

  const options = { bodyLimit: bodyBytesMax, schema: { body: EnrolRequest } };
  server.post("/v1/enrol", options, async (request, reply) => {
    const { code, account, instance, key } = request.body as EnrolRequest;
    const vaultKey = fromBase64Url(key, 32);
    const ids = { account: idOf("account", account), instance: idOf("instance", instance) };
    const { seq } = await store.enrol({
      ...ids,
      codeHash: enrolmentCodeHash(code),
      sealedKey: keys.seal(ids.account, ids.instance, vaultKey),
      keyHash: sha256(Buffer.from("halfkey/v1/vault-key-hash\0", "latin1"), vaultKey),
      now: now(),
      repeatMs,
    });
    reply.status(201);
    const body: EnrolReply = { seq };
    return JSON.stringify(body);
  });
}

function idOf(name: string, text: string): Buffer {
  const id = fromHex(text, 16);
  if (id.every((byte) => byte === 0)) throw new CallerError("E_INPUT", `${name} must not be all zero`);
  return id;
}
