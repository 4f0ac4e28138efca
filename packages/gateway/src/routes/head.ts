import { HeadAcceptRequest, HeadPushRequest, HeadShowRequest } from "@halfkey/wire";
import { requireAdmin } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";

/** Both heads side by side, and the alarm that stands. */
export const headShow = command({
  name: "head-show",
  summary: "Tells this gateway's head, the vault's, and the alarm that stands.",
  request: HeadShowRequest,
  run: async (services, call) => {
    await requireAdmin(services, call.caller, call.deadline);
    return services.head.show();
  },
});

export const headAccept = command({
  name: "head-accept",
  summary: "Takes the vault's present history for the truth. Later changes and revocations are undone.",
  request: HeadAcceptRequest,
  run: async (services, call) => {
    await requireAdmin(services, call.caller, call.deadline);
    return services.head.accept(call.request);
  },
});

export const headPush = command({
  name: "head-push",
  summary: "Gives a vault that was restored from an older backup what it lacks.",
  request: HeadPushRequest,
  run: async (services, call) => {
    await requireAdmin(services, call.caller, call.deadline);
    return services.head.push();
  },
});
