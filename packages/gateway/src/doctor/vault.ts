import { fromBase64Url } from "@halfkey/crypto";
import {
  ask,
  type Check,
  type FailureModeName,
  fail,
  lookAtCertificate,
  lookAtClock,
  lookAtName,
  lookAtPort,
  type Outcome,
  ok,
  peerOf,
  skipped,
  warn,
} from "@halfkey/diagnosis";
import { type ErrorCode, OperatorError } from "@halfkey/model";
import { readVaultCa } from "../commands/init.ts";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { checkVaultFragment } from "../state/vault-check.ts";
import { VaultApi } from "../vault-client/vault-api.ts";
import { VaultClient } from "../vault-client/vault-client.ts";
import type { GatewayPatient } from "./patient.ts";

const start = "start the vault (there: halfkey-vault doctor --data DIR), or correct its address with --vault";

export const vaultName: Check<GatewayPatient> = {
  id: "vault-name",
  title: "vault: name",
  needs: ["unseal", "settings"],
  async look(patient) {
    const url = patient.payload?.instance.vault ?? patient.vault;
    if (url === undefined) return skipped("its address is sealed: unseal, or give --vault");
    const ca = await readVaultCa(patient.data);
    patient.vaultPeer = peerOf("the vault", new URL(url), ca);
    return lookAtName(patient.vaultPeer, "vault-unreachable");
  },
};

export const vaultPort: Check<GatewayPatient> = {
  id: "vault-port",
  title: "vault: port",
  needs: ["vault-name"],
  look: async ({ vaultPeer }) =>
    vaultPeer === undefined
      ? skipped("its address is not known")
      : lookAtPort(vaultPeer, "vault-unreachable", start),
};

export const vaultCertificate: Check<GatewayPatient> = {
  id: "vault-certificate",
  title: "vault: certificate",
  needs: ["vault-port"],
  look: async ({ vaultPeer }) =>
    vaultPeer === undefined
      ? skipped("its address is not known")
      : lookAtCertificate(vaultPeer, {
          unreachable: "vault-unreachable",
          untrusted: "vault-wrong-ca",
          wrongName: "vault-wrong-ca",
          over: "vault-wrong-ca",
          notTls: "vault-unreachable",
        }),
};

export const vaultClock: Check<GatewayPatient> = {
  id: "vault-clock",
  title: "vault: clock",
  needs: ["vault-certificate"],
  async look({ vaultPeer }) {
    if (vaultPeer === undefined) return skipped("its address is not known");
    const { host, port, tls, ca } = vaultPeer;
    const name = host.includes(":") ? `[${host}]` : host;
    const reply = await ask({ url: new URL(`${tls ? "https" : "http"}://${name}:${port}/health`), ca });
    if ("failed" in reply)
      return fail("vault-unreachable", `no answer to GET /health (${reply.failed})`, start);
    return lookAtClock(reply.headers.date, "the vault");
  },
};

/** Whether the vault accepts this instance, and where its journal stands. */
export const vaultLogin: Check<GatewayPatient> = {
  id: "vault-login",
  title: "vault: log-in",
  needs: ["vault-clock"],
  async look(patient): Promise<Outcome> {
    const { payload, vaultPeer, seq } = patient;
    if (payload === undefined || vaultPeer === undefined) return skipped("not unsealed");
    const { id, key, vault } = payload.instance;
    patient.client = new VaultClient({
      url: vault,
      ca: vaultPeer.ca,
      instance: id,
      key: fromBase64Url(key, 32),
    });
    patient.api = new VaultApi(patient.client, () => {});
    try {
      const head = await patient.api.head(Deadline.in(requestBudgetMs));
      if (seq !== undefined && head.seq < seq)
        return warn(
          `the vault is at ${head.seq}, behind this gateway's ${seq}: it was set back`,
          "halfkey head show, once the gateway runs",
        );
      return ok(`as instance ${id}; the vault is at ${head.seq}`);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return fail(modeOf(error), error.message);
    }
  },
};

/** Whether the two fragments belong together. */
export const vaultFragment: Check<GatewayPatient> = {
  id: "vault-fragment",
  title: "vault: fragment",
  needs: ["vault-login"],
  async look({ keyring, api }) {
    if (keyring === undefined || api === undefined) return skipped("not unsealed");
    try {
      await checkVaultFragment(keyring, api, Deadline.in(requestBudgetMs));
      return ok("the one that this customer fragment was made with");
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return fail(modeOf(error), error.message);
    }
  },
};

const modes: Partial<Record<ErrorCode, FailureModeName>> = {
  E_REVOKED: "vault-refuses",
  E_KEY: "wrong-fragment",
  E_EPOCH: "missing-epoch",
  E_CLOCK: "clock",
};

function modeOf({ code, message }: OperatorError): FailureModeName {
  if (message.includes("does not know this gateway")) return "vault-refuses";
  return modes[code] ?? "vault-unreachable";
}
