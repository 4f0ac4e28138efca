import type { Caller, ItemPath, ItemRecord } from "@halfkey/model";
import type { Services } from "../services.ts";

export const protectionKeyName = "/halfkey/default";

/**
 * An item as official clients read it. They look into many fields without asking whether they are there, so
 * all are; those of features that a static secret does not have are empty.
 */
export function itemReply(
  services: Services,
  caller: Caller,
  item: ItemRecord,
  options: { versions: boolean; name?: string },
): object {
  const { keyring, access } = services;
  const last = item.versions.at(-1);
  return {
    item_name: options.name ?? item.path,
    item_id: item.itemId,
    display_id: displayId(item.itemId),
    item_type: "STATIC_SECRET",
    item_sub_type: item.subType,
    item_metadata: item.description,
    item_tags: item.tags.length === 0 ? null : item.tags,
    item_size: 0,
    item_state: item.disabled ? "Disabled" : "Enabled",
    last_version: last?.v ?? 0,
    with_customer_fragment: true,
    customer_fragment_id: keyring.fragment,
    is_enabled: !item.disabled,
    public_value: "",
    certificates: "",
    protection_key_name: protectionKeyName,
    protection_key_type: "AES256GCM",
    cert_issuer_signer_key_name: "",
    client_permissions: access.capabilitiesAt(caller, item.path as ItemPath),
    certificate_issue_details: {},
    item_general_info: {
      cert_issue_details: {},
      dynamic_secret_producer_details: {},
      rotated_secret_details: {},
      classic_key_details: {},
      secure_remote_access_details: { use_internal_bastion: false },
      static_secret_info: { format: item.format },
    },
    is_access_request_enabled: false,
    access_request_status: "",
    delete_protection: item.deleteProtection === true,
    creation_date: new Date(item.created).toISOString(),
    modification_date: new Date(item.modified).toISOString(),
    access_date: null,
    gateway_details: null,
    ...(options.versions
      ? { item_versions: item.versions.map((version) => versionReply(services, item, version)).reverse() }
      : {}),
  };
}

/** What a list needs for `minimal-view`: names, types and versions. */
export function minimalItemReply(item: ItemRecord): object {
  return {
    item_name: item.path,
    item_id: item.itemId,
    display_id: displayId(item.itemId),
    item_type: "STATIC_SECRET",
    item_sub_type: item.subType,
    item_tags: item.tags.length === 0 ? null : item.tags,
    last_version: item.versions.at(-1)?.v ?? 0,
    is_enabled: !item.disabled,
    creation_date: new Date(item.created).toISOString(),
    modification_date: new Date(item.modified).toISOString(),
  };
}

function versionReply(
  { keyring }: Services,
  item: ItemRecord,
  version: ItemRecord["versions"][number],
): object {
  const created = new Date(version.created).toISOString();
  return {
    version: version.v,
    creation_date: created,
    modification_date: created,
    access_id: version.by,
    item_version_state: item.disabled ? "Disabled" : "Enabled",
    protection_key_name: protectionKeyName,
    with_customer_fragment: true,
    customer_fragment_id: keyring.fragment,
  };
}

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** The item's number, 48 bits, as ten base32 digits. */
export function displayId(itemId: number): string {
  let text = "";
  for (let rest = itemId; text.length < 10; rest = Math.floor(rest / 32))
    text = (base32[rest % 32] ?? "") + text;
  return text;
}

/** The item's number that {@link displayId} shows as this text; nothing for any other text. */
export function itemIdOf(shown: string): number | undefined {
  if (!/^[a-z2-7]{10}$/.test(shown)) return undefined;
  let itemId = 0;
  for (const digit of shown) itemId = itemId * 32 + base32.indexOf(digit);
  return itemId;
}
