import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { CryptoError, readFragmentHeader } from "@halfkey/crypto";
import { type Check, fail, type Outcome, ok, skipped, warn } from "@halfkey/diagnosis";
import { OperatorError } from "@halfkey/model";
import { fragmentFileIn, openFragmentFile } from "../fragment/fragment-file.ts";
import { Keyring } from "../fragment/keyring.ts";
import { unsealKeyFrom } from "../fragment/unseal.ts";
import { withVault } from "../fragment/vault-address.ts";
import type { GatewayPatient } from "./patient.ts";

/** Frame, check sum and seal method: what can be told without a key. */
export const fragmentFile: Check<GatewayPatient> = {
  id: "fragment-file",
  title: "fragment file",
  needs: ["folder"],
  async look({ data }) {
    const file = fragmentFileIn(data);
    const older = `${file}.1`;
    const fallback = isWhole(older)
      ? `${older} is whole: copy both away, then put it in its place`
      : undefined;
    if (!existsSync(file)) return fail("fragment-missing", `there is no ${file}`, fallback);
    try {
      const { fragment, epochs, seal, written } = readFragmentHeader(readFileSync(file, "utf8"));
      const last = epochs.at(-1)?.e ?? 0;
      return ok(`${fragment}, epoch ${last}, sealed with ${seal.kind}, written ${written}`);
    } catch (error) {
      if (error instanceof CryptoError) {
        const kind = error.code === "E_CHECK" ? "does not fit its check sum" : "is no fragment file";
        return fail("fragment-damaged", `${file} ${kind} (${error.code}: ${error.message})`, fallback);
      }
      const { code } = error as NodeJS.ErrnoException;
      return fail(
        "fragment-damaged",
        `${file} cannot be read (${code})`,
        `give ${dirname(file)} to the gateway's user`,
      );
    }
  },
};

function isWhole(file: string): boolean {
  try {
    readFragmentHeader(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

/** Whether it opens with what `serve` would be given. */
export const unseal: Check<GatewayPatient> = {
  id: "unseal",
  title: "unseal",
  needs: ["fragment-file"],
  async look(patient) {
    const { data, vault, unseal: options } = patient;
    if (Object.values(options).every((option) => option === undefined)) {
      return warn(
        "not tried, and with it the vault: no unseal option was given",
        "give the one that serve gets: --passphrase-file, --key-file or --unseal-command",
      );
    }
    try {
      const { payload } = await openFragmentFile(fragmentFileIn(data), unsealKeyFrom(options));
      patient.payload = vault === undefined ? payload : withVault(payload, vault);
      patient.keyring = new Keyring(patient.payload);
      return ok("it opens");
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const mode = error.message.includes("is damaged") ? "fragment-damaged" : "sealed";
      return fail(mode, error.message);
    }
  },
};

/** A key beside the lock protects nothing from who takes both. */
export const keyPlace: Check<GatewayPatient> = {
  id: "key-place",
  title: "key's place",
  needs: ["unseal"],
  async look({ data, unseal: { keyFile } }): Promise<Outcome> {
    if (keyFile === undefined) return skipped("no key file");
    if (statSync(keyFile).dev !== statSync(fragmentFileIn(data)).dev)
      return ok("on another file system than the fragment");
    return warn(
      "key file and fragment are on one file system: who takes the disk has both",
      "move the key file to another disk, or use a passphrase or an unseal command",
    );
  },
};
