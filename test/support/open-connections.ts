import { existsSync, readFileSync } from "node:fs";

const established = "01";

/** TCP connections that the kernel holds open at a local port, whichever process has it. Linux only. */
export function openConnections(port: number): number {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .filter(existsSync)
    .flatMap((file) => readFileSync(file, "utf8").trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${wanted}`) && state === established).length;
}
