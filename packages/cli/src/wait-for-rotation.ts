import { setTimeout as sleep } from "node:timers/promises";
import type { RotateStatusReply } from "@halfkey/wire";
import type { Context } from "./command.ts";
import type { Gateway } from "./gateway.ts";
import { progressBar } from "./rotation-text.ts";
import { write } from "./terminal.ts";

const everyMs = 1000;

/** Asks until nothing is under way any more; people see a bar that moves. */
export async function waitForRotation({ terminal }: Context, gateway: Gateway): Promise<RotateStatusReply> {
  const isWatched = terminal.error.isTTY === true;
  for (;;) {
    const status = await gateway.callOwn<RotateStatusReply>("rotate-status", {}, { patient: true });
    const isOver = status.begun === null || status.completed !== null;
    if (isWatched && status.begun !== null)
      await write(terminal.error, `\r\u001b[K${progressBar(status)}${isOver ? "\n" : ""}`);
    if (isOver) return status;
    await sleep(everyMs);
  }
}
