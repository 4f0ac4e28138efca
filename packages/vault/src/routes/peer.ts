import type { FastifyRequest } from "fastify";
import type { Peer } from "../authenticator.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the request has been authenticated; null before, and where that failed. */
    peer: Peer | null;
  }
}

/** Who sent this request. Only for routes behind authentication. */
export function peerOf(request: FastifyRequest): Peer {
  if (request.peer === null) throw new RangeError("a route without authentication asks who is there");
  return request.peer;
}
