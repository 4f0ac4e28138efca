import type {
  AuthMethodRecord,
  InstanceRecord,
  ItemPath,
  ItemRecord,
  KubernetesConfigRecord,
  RecordContent,
  RoleRecord,
  SettingsRecord,
  TombstonesRecord,
  TrashRecord,
} from "@halfkey/model";
import type { EpochPair } from "./epoch-pair.ts";

/** A record's content, and what it is sealed under. */
export interface OpenedRecord {
  content: RecordContent;
  epochs: EpochPair;
}

/**
 * Everything this gateway knows, opened: one entry per live record that matches the journal's state. Keys are
 * record ids, base64url. Contents are never changed in place: a new version of a record is a new object.
 */
export class OpenedIndex {
  readonly #byId = new Map<string, OpenedRecord>();
  readonly #items = new Map<string, ItemRecord>();
  readonly #itemsById = new Map<number, ItemRecord>();
  readonly #roles = new Map<string, RoleRecord>();
  readonly #methods = new Map<string, AuthMethodRecord>();
  readonly #kubernetesConfigs = new Map<string, KubernetesConfigRecord>();
  readonly #trash = new Map<string, TrashRecord>();
  readonly #tombstones = new Map<string, TombstonesRecord>();
  readonly #instances = new Map<string, InstanceRecord>();
  #settings: SettingsRecord | undefined;
  /** Raised by every change of a role or an auth method: compiled policies are good for one number. */
  policyVersion = 0;

  get settings(): SettingsRecord | undefined {
    return this.#settings;
  }

  get size(): number {
    return this.#byId.size;
  }

  get itemCount(): number {
    return this.#items.size;
  }

  byId(id: string): RecordContent | undefined {
    return this.#byId.get(id)?.content;
  }

  /** What a record is sealed under. */
  epochsOf(id: string): EpochPair | undefined {
    return this.#byId.get(id)?.epochs;
  }

  item(path: ItemPath): ItemRecord | undefined {
    return this.#items.get(path);
  }

  itemByNumber(itemId: number): ItemRecord | undefined {
    return this.#itemsById.get(itemId);
  }

  items(): IterableIterator<ItemRecord> {
    return this.#items.values();
  }

  roles(): IterableIterator<RoleRecord> {
    return this.#roles.values();
  }

  method(accessId: string): AuthMethodRecord | undefined {
    return this.#methods.get(accessId);
  }

  methods(): IterableIterator<AuthMethodRecord> {
    return this.#methods.values();
  }

  kubernetesConfig(name: string): KubernetesConfigRecord | undefined {
    return this.#kubernetesConfigs.get(name);
  }

  kubernetesConfigs(): IterableIterator<KubernetesConfigRecord> {
    return this.#kubernetesConfigs.values();
  }

  role(name: string): RoleRecord | undefined {
    return this.#roles.get(name);
  }

  trash(): IterableIterator<TrashRecord> {
    return this.#trash.values();
  }

  tombstones(byte: string): TombstonesRecord | undefined {
    return this.#tombstones.get(byte);
  }

  instance(id: string): InstanceRecord | undefined {
    return this.#instances.get(id);
  }

  entries(): IterableIterator<[string, OpenedRecord]> {
    return this.#byId.entries();
  }

  put(id: string, record: OpenedRecord): void {
    const { content } = record;
    this.remove(id);
    this.#byId.set(id, record);
    switch (content.t) {
      case "item":
        this.#items.set(content.path, content);
        this.#itemsById.set(content.itemId, content);
        break;
      case "role":
        this.#roles.set(content.name, content);
        this.policyVersion += 1;
        break;
      case "method":
        this.#methods.set(content.accessId, content);
        this.policyVersion += 1;
        break;
      case "settings":
        this.#settings = content;
        break;
      case "audit":
        this.#instances.set(content.instance, content);
        break;
      case "gone":
        this.#tombstones.set(content.byte, content);
        break;
      case "k8s-config":
        this.#kubernetesConfigs.set(content.name, content);
        break;
      case "trash":
        this.#trash.set(content.name, content);
        break;
    }
  }

  remove(id: string): void {
    const content = this.byId(id);
    if (content === undefined) return;
    this.#byId.delete(id);
    switch (content.t) {
      case "item":
        this.#items.delete(content.path);
        // A rename may already have put the same item under its new id.
        if (this.#itemsById.get(content.itemId) === content) this.#itemsById.delete(content.itemId);
        break;
      case "role":
        this.#roles.delete(content.name);
        this.policyVersion += 1;
        break;
      case "method":
        this.#methods.delete(content.accessId);
        this.policyVersion += 1;
        break;
      case "settings":
        this.#settings = undefined;
        break;
      case "audit":
        this.#instances.delete(content.instance);
        break;
      case "gone":
        this.#tombstones.delete(content.byte);
        break;
      case "k8s-config":
        this.#kubernetesConfigs.delete(content.name);
        break;
      case "trash":
        this.#trash.delete(content.name);
        break;
    }
  }
}
