import { enrolmentCodeHash, generateEnrolmentCode, toHex } from "@halfkey/crypto";
import { CallerError, OperatorError } from "@halfkey/model";
import type { VaultStore } from "../store/vault-store.ts";
import { parseId, withStore } from "./open-store.ts";

const codeMs = 15 * 60_000;

/** `enrol-code (--new-account | --account ID) [--rekey INSTANCE] [--json]`. The code is shown once, here. */
export async function enrolCode(flags: Record<string, unknown>): Promise<void> {
  const { newAccount, account, rekey, ...rest } = flags;
  const isNew = newAccount === true;
  if (isNew ? account !== undefined || rekey !== undefined : account === undefined && rekey === undefined) {
    throw new OperatorError(
      "E_INPUT",
      "give --new-account, or --account ID, or --rekey INSTANCE (with or without --account)",
    );
  }
  const rekeys = rekey === undefined ? null : parseId("--rekey", rekey);
  const named = account === undefined ? null : parseId("--account", account);
  await withStore(rest, async (store) => {
    const bound = rekeys === null ? named : await accountOf(store, rekeys, named);
    const code = generateEnrolmentCode();
    const expires = Date.now() + codeMs;
    await store.createCode({ hash: enrolmentCodeHash(code), account: bound, rekeys, expires });
    const shown = {
      code,
      account: bound === null ? null : toHex(bound),
      rekeys: rekeys === null ? null : toHex(rekeys),
      expires: new Date(expires).toISOString(),
    };
    if (flags.json === true) process.stdout.write(`${JSON.stringify(shown)}\n`);
    else process.stdout.write(`${code}\nfor ${purposeOf(shown)}, once, until ${shown.expires}\n`);
  });
}

async function accountOf(store: VaultStore, instance: Buffer, named: Buffer | null): Promise<Buffer> {
  const row = await store.instance(instance);
  if (row === undefined || (named !== null && !row.account.equals(named))) {
    throw new CallerError(
      "E_NOT_FOUND",
      `there is no instance ${toHex(instance)}${named === null ? "" : " in that account"}: halfkey-vault instances lists them`,
    );
  }
  return row.account;
}

function purposeOf({ account, rekeys }: { account: string | null; rekeys: string | null }): string {
  if (rekeys !== null) return `another key of instance ${rekeys}`;
  return account === null ? "a new account" : `a new instance of account ${account}`;
}
