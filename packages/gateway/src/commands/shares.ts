import { join } from "node:path";
import { createInterface } from "node:readline";
import { OperatorError } from "@halfkey/model";
import { type Config, lockFolder, type Setting, writeFileDurably } from "@halfkey/runtime";
import type { Command } from "commander";
import { configOf, unsealOptions, unsealSettings, withSettings } from "../command-settings.ts";
import { fragmentFileIn, openFragmentFile } from "../fragment/fragment-file.ts";
import { unsealKeyFrom } from "../fragment/unseal.ts";
import { checkShares } from "../recovery/check-shares.ts";
import type { ShareOptions } from "../recovery/make-shares.ts";
import { identityOf, readSheets } from "../recovery/recovery-input.ts";
import { setUpRecovery } from "../recovery/set-up-recovery.ts";
import { readShareRecord } from "../recovery/share-record.ts";

const data = {
  type: "string",
  default: "./.halfkey/gateway",
  doc: "Folder of the gateway's files.",
} as const satisfies Setting;

export const shareSettings = {
  shares: { type: "integer", default: 3, minimum: 2, maximum: 16, doc: "How many paper shares to make." },
  threshold: { type: "integer", default: 2, minimum: 2, maximum: 16, doc: "How many of them recover." },
  "shares-to": {
    type: "string",
    doc: "Folder for the sheets (mode 0700), to be printed and deleted; `recovery` in the data folder if absent.",
  },
  "share-recipients": {
    type: "list",
    default: [],
    doc: "An age1pq1… recipient for each share: the sheets are written encrypted to their holders, none in clear.",
  },
} as const satisfies Record<string, Setting>;

const makeSettings = { data, ...shareSettings, ...unsealSettings } as const;
const checkSettings = {
  data,
  "share-files": {
    type: "list",
    default: [],
    doc: "Sheets as text files, mode 0600; none: they are typed in.",
  },
} as const satisfies Record<string, Setting>;

export function shareOptionsOf(config: Config<typeof shareSettings> & { data: string }): ShareOptions {
  return {
    count: config.shares,
    threshold: config.threshold,
    folder: config["shares-to"] ?? join(config.data, "recovery"),
    holders: config["share-recipients"],
  };
}

const identitySettings = {
  "share-files": checkSettings["share-files"],
  out: { type: "string", doc: "File for the age identity, mode 0600." },
} as const satisfies Record<string, Setting>;

/** `halfkey-gateway shares make|resplit|check|identity`. */
export function addSharesCommands(program: Command): void {
  const shares = program.command("shares").description("the paper shares that open backups");

  withSettings(shares.command("make"), makeSettings)
    .description("make a recovery identity and its paper shares, where there are none yet")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) =>
      make(configOf(command, makeSettings), { json, again: false }),
    );

  withSettings(shares.command("resplit"), makeSettings)
    .description("make a new recovery identity and new sheets; later backups open with these alone")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) =>
      make(configOf(command, makeSettings), { json, again: true }),
    );

  withSettings(shares.command("identity"), identitySettings)
    .description("write the age identity that the shares give to a file, for the standard age program")
    .action(async (_flags, command: Command) => revealIdentity(configOf(command, identitySettings)));

  withSettings(shares.command("check"), checkSettings)
    .description(
      "look at sheets without showing them: check sum, set, account, and whether enough of them recover",
    )
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => {
      const config = configOf(command, checkSettings);
      const sheets = await readSheets({ shareFiles: config["share-files"], typedShares });
      const check = await checkShares(config.data, sheets);
      if (json) return void process.stdout.write(`${JSON.stringify(check)}\n`);
      const { seen, set, threshold } = check;
      process.stdout.write(
        check.recovers
          ? `The sheets are well: ${seen} of set ${set} give the identity that backups are encrypted to. Noted.\n`
          : `Well so far: ${seen} of set ${set}, and ${threshold} are needed to tell whether they recover. Check ${threshold} in one run.\n`,
      );
    });
}

async function revealIdentity(config: Config<typeof identitySettings>): Promise<void> {
  if (config.out === undefined)
    throw new OperatorError("E_INPUT", "--out is missing: the identity is written to a file only");
  const sheets = await readSheets({ shareFiles: config["share-files"], typedShares });
  const { identity, recipient } = await identityOf(sheets);
  await writeFileDurably(config.out, `# public key: ${recipient}\n${identity}\n`);
  process.stdout.write(
    `${config.out} opens every backup made to these shares: delete it when you are done.\n`,
  );
}

async function make(
  config: Config<typeof makeSettings>,
  { json, again }: { json: boolean; again: boolean },
): Promise<void> {
  const lock = lockFolder(config.data);
  try {
    const key = unsealKeyFrom(unsealOptions(config));
    const { payload } = await openFragmentFile(fragmentFileIn(config.data), key);
    if (payload.recovery !== undefined && !again)
      throw new OperatorError("E_INPUT", "there are paper shares already: `shares resplit` makes new ones");
    const before = await readShareRecord(config.data).catch(() => undefined);
    const { files, record } = await setUpRecovery(config.data, key, shareOptionsOf(config));
    if (json) return void process.stdout.write(`${JSON.stringify({ ...record, files })}\n`);
    process.stdout.write(sheetsAdvice(files));
    if (before !== undefined)
      process.stdout.write(
        `Backups made before open with set ${before.set} only: keep those sheets as long as those backups, and make a new one now.\n`,
      );
  } finally {
    lock.release();
  }
}

/** What to do with sheets that were just written. */
export function sheetsAdvice(files: readonly string[]): string {
  return `Paper shares were written:\n${files.map((file) => `  ${file}\n`).join("")}Print them, give each to another person, and delete the files: whoever has enough of them and a backup has
the customer's half of everything.
  next: halfkey-gateway shares check
        halfkey-gateway backup now --to FOLDER
`;
}

/** Lines of standard input, each a share. */
export async function* typedShares(): AsyncGenerator<string> {
  const { stdin, stderr } = process;
  const lines = createInterface({ input: stdin });
  if (stdin.isTTY) stderr.write("Share (HKS1-…, one a line; an empty line ends): ");
  for await (const line of lines) {
    if (line.trim() === "") break;
    yield line;
    if (stdin.isTTY) stderr.write("Next share: ");
  }
}
