import { type Check, fail, ok, peerOf, warn } from "@halfkey/diagnosis";
import { CliError } from "../cli-error.ts";
import { type Connection, findConnection, ownBase } from "../connection.ts";
import { type ClientPatient, known } from "./client-patient.ts";

export const configuration: Check<ClientPatient> = {
  id: "configuration",
  title: "configuration",
  async look(patient) {
    try {
      patient.connection = connectionOf(patient);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      const { message, where, next } = error;
      return fail("not-configured", where === undefined ? message : `${message}: ${where}`, next);
    }
    const { base, ca, source } = known(patient.connection);
    patient.root = ownBase(base).replace(/\/halfkey\/v1$/, "");
    patient.peer = peerOf("the gateway", new URL(base), ca);
    const seen = `${base}, from ${source}`;
    if (patient.hasCredentials) return ok(seen);
    return warn(`${seen}; no credentials, so the gateway is looked at from outside`, "halfkey configure");
  },
};

/** An address without credentials is enough to look at a gateway from outside. */
function connectionOf(patient: ClientPatient): Connection {
  const input = patient.context;
  try {
    patient.hasCredentials = true;
    return findConnection(input);
  } catch (error) {
    if (!(error instanceof CliError) || error.message !== "no credentials are configured") throw error;
    patient.hasCredentials = false;
    return findConnection({ ...input, overrides: { credentials: { token: "" } } });
  }
}
