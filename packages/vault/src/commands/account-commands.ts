import { toHex } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { parseId, withStore } from "./open-store.ts";

/** `accounts [--json]` */
export async function listAccounts(flags: Record<string, unknown>): Promise<void> {
  const rows = await withStore(flags, (store) => store.accounts());
  const shown = rows.map(({ account, created, seq, instances }) => ({
    account: toHex(account),
    created: new Date(created).toISOString(),
    seq,
    instances,
  }));
  print(
    flags,
    shown,
    "no accounts yet: halfkey-vault enrol-code --new-account makes a code for the first gateway",
  );
}

/** `instances [--account ID] [--json]` */
export async function listInstances(flags: Record<string, unknown>): Promise<void> {
  const { account, ...rest } = flags;
  const id = account === undefined ? undefined : parseId("--account", account);
  const rows = await withStore(rest, (store) => store.instances(id));
  const shown = rows.map((row) => ({
    instance: toHex(row.instance),
    account: toHex(row.account),
    created: new Date(row.created).toISOString(),
    revoked: row.revoked,
  }));
  print(flags, shown, "no instances");
}

/** `revoke INSTANCE` and `restore INSTANCE` */
export async function setRevoked(
  flags: Record<string, unknown>,
  instance: string,
  revoked: boolean,
): Promise<void> {
  const id = parseId("the instance", instance);
  await withStore(flags, (store) => store.setRevoked(id, revoked)).catch((error) => {
    if (!(error instanceof CallerError)) throw error;
    throw new CallerError(
      "E_NOT_FOUND",
      `there is no instance ${instance}: halfkey-vault instances lists them`,
    );
  });
  const state = revoked ? "is revoked: its next request is refused" : "is no longer revoked";
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ instance, revoked })}\n`);
  else process.stdout.write(`instance ${instance} ${state}\n`);
}

function print(flags: Record<string, unknown>, rows: Record<string, unknown>[], none: string): void {
  if (flags.json === true) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) process.stdout.write(`${none}\n`);
  else {
    const names = Object.keys(rows[0] ?? {});
    const lines = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
    const widths = names.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? "").length)));
    const text = lines.map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    );
    process.stdout.write(`${text.join("\n")}\n`);
  }
}
