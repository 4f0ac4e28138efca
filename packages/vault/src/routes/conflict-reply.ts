import { toBase64Url } from "@halfkey/crypto";
import { type ConflictReply, codeHeader } from "@halfkey/wire";
import type { FastifyReply } from "fastify";
import type { Conflict } from "../store/vault-store.ts";

/** 409, with what its sender has missed. */
export function conflictReply(reply: FastifyReply, { seq, entries }: Conflict): string {
  const conflict: ConflictReply = {
    seq,
    entries: entries.map(toBase64Url),
    error: "the entry does not continue the journal's head",
    code: "E_CONFLICT",
  };
  reply.status(409).header(codeHeader, conflict.code);
  return JSON.stringify(conflict);
}
