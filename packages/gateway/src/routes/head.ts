import { CallerError } from "@halfkey/model";
import { HeadAcceptRequest, HeadPushRequest, HeadShowRequest } from "@halfkey/wire";
import { type CommandCall, command } from "../akeyless/command.ts";
import type { Services } from "../services.ts";

/** Both heads side by side, and the alarm that stands. */
export const headShow = command({
  name: "head-show",
  summary: "Tells this gateway's head, the vault's, and the alarm that stands.",
  request: HeadShowRequest,
  run: async (services, call) => {
    requireAdmin(services, call);
    return services.head.show();
  },
});

export const headAccept = command({
  name: "head-accept",
  summary: "Takes the vault's present history for the truth. Later changes and revocations are undone.",
  request: HeadAcceptRequest,
  run: async (services, call) => {
    requireAdmin(services, call);
    return services.head.accept(call.request);
  },
});

export const headPush = command({
  name: "head-push",
  summary: "Gives a vault that was restored from an older backup what it lacks.",
  request: HeadPushRequest,
  run: async (services, call) => {
    requireAdmin(services, call);
    return services.head.push();
  },
});

/** @throws {CallerError} `E_DENIED` */
function requireAdmin({ access }: Services, { caller }: Pick<CommandCall<unknown>, "caller">): void {
  if (!access.isAdmin(caller)) throw new CallerError("E_DENIED", "this needs a role with admin rights");
}
