import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { JournalState } from "@halfkey/crypto";
import { type Check, fail, type Outcome, ok, skipped, warn } from "@halfkey/diagnosis";
import { OperatorError } from "@halfkey/model";
import { logFolder, logsIn, segmentFile, segmentsIn } from "../audit/audit-folder.ts";
import { scanFrames } from "../audit/scan-frames.ts";
import { journalContents } from "../state/journal-file.ts";
import { journalFileIn, snapshotFileIn } from "../state/local-state.ts";
import { loadSnapshot } from "../state/snapshot.ts";
import { applyEntry } from "../state/sync.ts";
import type { GatewayPatient } from "./patient.ts";

/** The journal: whole, and the chain of this account. */
export const journal: Check<GatewayPatient> = {
  id: "journal",
  title: "journal",
  needs: ["folder"],
  async look(patient) {
    const file = journalFileIn(patient.data);
    if (!existsSync(file))
      return warn("there is none: all is fetched from the vault, and believed as it comes");
    try {
      const bytes = readFileSync(file);
      const { contents, end } = journalContents(bytes, file);
      const { keyring } = patient;
      let state = keyring && JournalState.empty(keyring.account, keyring.genesis);
      // Each signature is checked, as at a start without a snapshot.
      for (const entry of contents.entries)
        if (state && entry.seq > (patient.seq ?? -1)) {
          state = applyEntry(state, entry);
          patient.seq = entry.seq;
        }
      const head = contents.entries.at(-1)?.seq ?? -1;
      const torn = end < bytes.length && patient.runningPid === undefined;
      const seen = `${contents.entries.length} entries, head ${head}${state ? ", signatures right" : ""}`;
      return ok(torn ? `${seen}; the last write was cut off, which the next start mends` : seen);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const text =
        error.code === "E_CHECK"
          ? error.message
          : `${file} is another account's, or altered: ${error.message}`;
      return fail("file-damaged", text, `move ${file} away: all is fetched anew; compare heads first`);
    }
  },
};

export const snapshot: Check<GatewayPatient> = {
  id: "snapshot",
  title: "snapshot",
  needs: ["unseal"],
  async look({ data, keyring }): Promise<Outcome> {
    const file = snapshotFileIn(data);
    if (keyring === undefined) return skipped("not unsealed");
    if (!existsSync(file)) return skipped("none: the next start reads the whole journal");
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const loaded = await loadSnapshot(file, keyring, silent);
    return loaded === undefined
      ? warn("it cannot be used: the next start takes longer", `remove ${file}`)
      : ok("usable");
  },
};

/** The audit log's bytes; what they say is for `halfkey audit verify`, which knows the keys. */
export const audit: Check<GatewayPatient> = {
  id: "audit",
  title: "audit log",
  needs: ["folder"],
  async look({ data, runningPid }) {
    if (runningPid !== undefined) return skipped("being written: halfkey audit verify");
    const root = join(data, "audit");
    let segments = 0;
    for (const k of await logsIn(root)) {
      const folder = logFolder(root, k);
      const firsts = await segmentsIn(folder);
      for (const [at, first] of firsts.entries()) {
        const file = segmentFile(folder, first);
        const handle = await open(file, "r");
        try {
          const { state, end } = await scanFrames(handle, 0, () => true);
          const isLast = at === firsts.length - 1;
          if (state === "damaged" || (state === "torn" && !isLast))
            return fail("audit-damaged", `${file} is damaged at byte ${end}`);
        } finally {
          await handle.close();
        }
        segments += 1;
      }
    }
    return ok(`${segments} segments, bytes whole`);
  },
};
