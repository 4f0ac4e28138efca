import Type from "typebox";
import { command } from "./command.ts";

export const revokeCreds = command({
  name: "revoke-creds",
  summary: "Ends the caller's own token.",
  request: Type.Object({}),
  async run({ revocations }, { caller, deadline, audit }) {
    await revocations.run({ tokenId: caller.tokenId }, caller, deadline);
    await audit.wrote([{ path: "", to: caller.tokenId }]);
    return {};
  },
});
