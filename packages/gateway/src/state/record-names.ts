import { recordKinds } from "@halfkey/crypto";
import type { RecordContent } from "@halfkey/model";

/** The kind and the name a content belongs under: its record id must be made of exactly these. */
export function kindAndName(content: RecordContent): { kind: number; name: string } | undefined {
  switch (content.t) {
    case "item":
      return named(recordKinds.item, content.path);
    case "role":
      return named(recordKinds.role, content.name);
    case "method":
      return named(recordKinds.authMethod, content.accessId);
    case "settings":
      return named(recordKinds.settings, "");
    case "audit":
      return named(recordKinds.instance, content.instance);
    case "gone":
      return named(recordKinds.tombstones, content.byte);
    case "k8s-config":
      return named(recordKinds.kubernetesConfig, content.name);
    case "trash":
      return named(recordKinds.trash, content.name);
    default:
      return undefined;
  }
}

function named(kind: number, name: unknown): { kind: number; name: string } | undefined {
  return typeof name === "string" ? { kind, name } : undefined;
}
