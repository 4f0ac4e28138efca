import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { CryptoError, type FragmentPayload, randomBytes, wipe } from "@halfkey/crypto";
import {
  encryptAge,
  parseRecipient,
  recipientOf,
  recoveryIdentity,
  splitSeed,
} from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import { makePrivateFolder, writeFileDurably } from "@halfkey/runtime";
import type { ShareRecord } from "./share-record.ts";
import { type Sheet, sheetPage, sheetText } from "./share-sheet.ts";

export interface ShareOptions {
  count: number;
  threshold: number;
  /** Folder for the sheets, made with mode 0700. */
  folder: string;
  /** One age recipient for each sheet, in order: then no sheet is written in clear. */
  holders: readonly string[];
}

const sheetName = /^share-\d+-of-\d+\.(txt|html|txt\.age)$/;
const sharesMax = 16;

/** @throws {OperatorError} `E_INPUT` */
export function checkShareOptions({ count, threshold, holders }: ShareOptions): void {
  if (!(threshold >= 2 && count >= threshold && count <= sharesMax))
    throw new OperatorError(
      "E_INPUT",
      `--threshold must be at least 2 and at most --shares, and --shares at most ${sharesMax}`,
    );
  if (holders.length === 0) return;
  if (holders.length !== count)
    throw new OperatorError(
      "E_INPUT",
      `--share-recipients must name ${count} recipients, one for each share`,
    );
  try {
    for (const holder of holders) parseRecipient(holder);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new OperatorError("E_INPUT", `--share-recipients: ${cause.message}`, { cause });
  }
}

/**
 * Makes a recovery identity, writes the sheets of its shares, and forgets it. Until the fragment file names the
 * recipient, no backup is made to it: a crash in between leaves sheets that are good for nothing, and which the next
 * run writes over.
 *
 * @returns the recipient to be put into the fragment file, and the record to keep once it stands there.
 */
export async function makeShares(
  payload: FragmentPayload,
  options: ShareOptions,
): Promise<{ recipient: string; record: ShareRecord; files: string[] }> {
  checkShareOptions(options);
  const { count, threshold, folder, holders } = options;
  makePrivateFolder(folder);
  await removeOldSheets(folder);
  const seed = randomBytes(32);
  const recipient = await recipientOf(recoveryIdentity(seed));
  const shares = await splitSeed(seed, { count, threshold });
  wipe(seed);
  const made = new Date().toISOString();
  const { account, genesis, fragment } = payload;
  const facts = { account, genesis16: genesis.slice(0, 32), fragment, made };
  const files: string[] = [];
  const write = async (name: string, content: string | Uint8Array) => {
    files.push(join(folder, name));
    await writeFileDurably(join(folder, name), content);
  };
  for (const [at, share] of shares.entries()) {
    const sheet: Sheet = { place: at + 1, count, share, facts };
    const name = `share-${sheet.place}-of-${count}`;
    const holder = holders[at];
    if (holder === undefined) {
      await write(`${name}.txt`, sheetText(sheet));
      await write(`${name}.html`, sheetPage(sheet));
    } else {
      await write(`${name}.txt.age`, await buffer(await encryptAge(one(sheetText(sheet)), [holder])));
    }
    wipe(share.y);
  }
  const set = shares[0]?.set.toString("hex") ?? "";
  return { recipient, record: { set, count, threshold, recipient, made, folder }, files };
}

/** Sheets in clear that still lie in a folder. */
export async function sheetsIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  return (await readdir(folder)).filter((name) => sheetName.test(name) && !name.endsWith(".age"));
}

async function removeOldSheets(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (sheetName.test(name)) await rm(join(folder, name));
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
