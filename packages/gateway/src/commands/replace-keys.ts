import { existsSync } from "node:fs";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  type FragmentPayload,
  fromBase64Url,
  generateInstanceId,
  generateSigningKey,
  operations,
  randomBytes,
  recordKinds,
  signingKeyFromSeed,
  toBase64Url,
  type UnsealKey,
  writerId,
  zero32,
} from "@halfkey/crypto";
import { type InstanceRecord, OperatorError } from "@halfkey/model";
import { type Log, lockFolder, writeFileDurably } from "@halfkey/runtime";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { fragmentFileIn } from "../fragment/fragment-file.ts";
import { FragmentStore } from "../fragment/fragment-store.ts";
import { Keyring } from "../fragment/keyring.ts";
import { NextFragment } from "../fragment/next-fragment.ts";
import { type UnsealOptions, unsealKeyFrom } from "../fragment/unseal.ts";
import { withVault } from "../fragment/vault-address.ts";
import { Gateway } from "../gateway.ts";
import { fetchChain } from "../state/fetch-chain.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { VaultApi } from "../vault-client/vault-api.ts";
import { VaultClient } from "../vault-client/vault-client.ts";
import { markerIn, readVaultCa } from "./init.ts";

export interface ReplaceOptions extends UnsealOptions {
  data: string;
  /** Where the vault is now; absent: where the fragment file says. */
  vault?: string | undefined;
  /** Gives the enrolment code; asked only when it is needed. */
  readCode(): Promise<string>;
  log: Log;
}

/**
 * Gives this instance another vault key, through a re-keying code. The old key is dead as soon as the vault has
 * redeemed it, and a revocation ends. May be repeated after a crash.
 *
 * @throws {OperatorError}
 */
export function replaceVaultKey(options: ReplaceOptions): Promise<{ instance: string }> {
  return locked(options, async (key) => {
    const { next } = await NextFragment.prepare(
      fragmentFileIn(options.data),
      key,
      (payload) => ({
        ...payload,
        instance: { ...payload.instance, key: toBase64Url(randomBytes(32)) },
      }),
      (left, present) => left.instance.id === present.instance.id,
    );
    await withApi(options, next.payload, (client, api) => enrol(client, api, next.payload, options));
    await next.replace();
    return { instance: next.payload.instance.id };
  });
}

/**
 * Gives this gateway another identity: instance id, signing key and vault key. One journal entry, the last that the
 * old identity signs, admits the new one and revokes the old. May be repeated after a crash.
 *
 * @throws {OperatorError}
 */
export function replaceInstance(
  options: ReplaceOptions,
): Promise<{ instance: string; replaced: string; audit: string | null }> {
  return locked(options, async (key) => {
    const { data } = options;
    const { next, present } = await NextFragment.prepare(
      fragmentFileIn(data),
      key,
      (payload) => ({
        ...payload,
        instance: {
          ...payload.instance,
          id: generateInstanceId(),
          sign: toBase64Url(generateSigningKey().seed),
          key: toBase64Url(randomBytes(32)),
        },
      }),
      (left, { instance }) => left.instance.id !== instance.id,
    );
    const instance = next.payload.instance.id;
    const replaced = present.instance.id;
    await withApi(options, next.payload, async (client, api) => {
      await enrol(client, api, next.payload, options);
      const { state } = await fetchChain(api, new Keyring(next.payload));
      const isWriter = state.trie.get(writerId(instance)) !== undefined;
      if (!isWriter) await handOver(options, key, next.payload);
    });
    // Its entries are of the old identity's log: the new one begins its own.
    const audit = join(data, "audit");
    const aside = join(data, `audit-${replaced}`);
    if (existsSync(audit) && !existsSync(aside)) await rename(audit, aside);
    const marker = markerIn(data);
    if (existsSync(marker)) {
      const account = { ...JSON.parse(await readFile(marker, "utf8")), instance };
      await writeFileDurably(marker, `${JSON.stringify(account, null, 2)}\n`);
    }
    await next.replace();
    return { instance, replaced, audit: existsSync(aside) ? aside : null };
  });
}

async function locked<T>(options: ReplaceOptions, work: (key: UnsealKey) => Promise<T>): Promise<T> {
  const lock = lockFolder(options.data);
  try {
    return await work(unsealKeyFrom(options));
  } finally {
    lock.release();
  }
}

async function withApi(
  options: ReplaceOptions,
  payload: FragmentPayload,
  work: (client: VaultClient, api: VaultApi) => Promise<void>,
): Promise<void> {
  const { instance } = options.vault === undefined ? payload : withVault(payload, options.vault);
  const client = new VaultClient({
    url: instance.vault,
    ca: await readVaultCa(options.data),
    instance: instance.id,
    key: fromBase64Url(instance.key, 32),
  });
  try {
    await work(client, new VaultApi(client, () => {}));
  } finally {
    await client.close();
  }
}

/** Redeems the code, unless the vault knows this key already. */
async function enrol(
  client: VaultClient,
  api: VaultApi,
  { account, instance: { id: instance, key } }: FragmentPayload,
  options: ReplaceOptions,
): Promise<void> {
  try {
    await api.head(Deadline.in(requestBudgetMs));
    return;
  } catch (error) {
    const isUnknown = error instanceof OperatorError && /does not know/.test(error.message);
    if (!isUnknown && !(error instanceof OperatorError && error.code === "E_REVOKED")) throw error;
  }
  const code = await options.readCode();
  await client.enrol({ code, account, instance, key }, Deadline.in(requestBudgetMs));
}

/** The last entry of the old identity. */
async function handOver(options: ReplaceOptions, key: UnsealKey, next: FragmentPayload): Promise<void> {
  const { data, vault, log } = options;
  const fragment = await FragmentStore.open(fragmentFileIn(data), key);
  const gateway = await Gateway.open({
    folder: data,
    fragment,
    vault,
    ca: await readVaultCa(data),
    log,
    onClone: () => {},
  });
  try {
    await gateway.start();
    const { writes, keyring } = gateway.services;
    await writes.run(() => handOverPlan(keyring, next.instance), Deadline.in(10_000));
  } finally {
    await gateway.stop();
  }
}

function handOverPlan(keyring: Keyring, to: FragmentPayload["instance"]): WritePlan<void> {
  const { publicKey } = signingKeyFromSeed(fromBase64Url(to.sign, 32));
  return {
    claims: [toBase64Url(keyring.recordId(recordKinds.instance, keyring.instance))],
    async prepare() {},
    build(view) {
      view.draft.operations.push(
        { op: operations.admitWriter, id: writerId(to.id), value: publicKey },
        { op: operations.revokeWriter, id: writerId(keyring.instance), value: zero32 },
      );
      const record = view.get<InstanceRecord>(recordKinds.instance, keyring.instance);
      if (record !== undefined) view.remove(record);
      return { result: undefined };
    },
  };
}
