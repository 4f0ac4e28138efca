import {
  type RotateFinishReply,
  RotateFinishRequest,
  RotateStartRequest,
  type RotateStatusReply,
  RotateStatusRequest,
} from "@halfkey/wire";
import { requireAdmin } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";

export const rotateStart = command({
  name: "rotate-start",
  summary: "Begins a new epoch of the customer fragment, the vault's fragment, or both.",
  request: RotateStartRequest,
  async run(services, { caller, request, deadline, audit }): Promise<RotateStatusReply> {
    await requireAdmin(services, caller, deadline);
    const status = await services.rotation.start(request);
    await audit.wrote([{ path: "", to: `${request.what} ${status.customerEpoch}/${status.vaultEpoch}` }]);
    return status;
  },
});

export const rotateStatus = command({
  name: "rotate-status",
  summary: "Tells the epochs, what a rotation has left to do, and what stands against its end.",
  request: RotateStatusRequest,
  async run(services, { caller, deadline }): Promise<RotateStatusReply> {
    await requireAdmin(services, caller, deadline);
    return services.rotation.status();
  },
});

export const rotateFinish = command({
  name: "rotate-finish",
  summary: "Destroys the old epochs, if nothing needs them any more.",
  request: RotateFinishRequest,
  async run(services, { caller, request, deadline, audit }): Promise<RotateFinishReply> {
    await requireAdmin(services, caller, deadline);
    const destroyed = await services.rotation.finish(request);
    const { customerEpochs, vaultEpochs } = destroyed;
    await audit.wrote([{ path: "", to: `customer ${customerEpochs.join()} vault ${vaultEpochs.join()}` }]);
    return destroyed;
  },
});
