import { type Check, fail, ok, skipped } from "@halfkey/diagnosis";
import { CliError, ServerRefusal } from "../cli-error.ts";
import { companyOf, Gateway } from "../gateway.ts";
import { type ClientPatient, known } from "./client-patient.ts";
import { modeOfCode } from "./mode-of-code.ts";

export const login: Check<ClientPatient> = {
  id: "login",
  title: "log-in",
  needs: ["ready", "base-url"],
  async look(patient) {
    if (!patient.hasCredentials) return skipped("no credentials");
    const connection = known(patient.connection);
    const gateway = new Gateway(connection, companyOf(patient.context));
    patient.gateway = gateway;
    try {
      // A token that was given is nowhere checked but in use.
      await gateway.logIn();
      const { is_valid, reason } = await gateway.call("validate-token", {});
      if (is_valid !== true) {
        gateway.close();
        delete patient.gateway;
        return fail("credentials-refused", `the token is not accepted: ${reason}`);
      }
    } catch (error) {
      gateway.close();
      delete patient.gateway;
      if (!(error instanceof CliError)) throw error;
      const code = error instanceof ServerRefusal ? error.code : undefined;
      return fail(modeOfCode(code, error.message) ?? "credentials-refused", error.message, error.next);
    }
    const { credentials } = connection;
    return ok("token" in credentials ? "the token is accepted" : `as ${credentials.accessId}`);
  },
};
