import type { Manifest } from "../lint/manifest.ts";
import type { Pipe } from "../template/node.ts";
import { bare, callsOf, fieldsOfRoot, isRoot, operandsOf, type Site } from "../template/walk.ts";
import { fetchedKeys } from "./fetched-keys.ts";
import { type Template, templatesOf } from "./templates-of.ts";

/** A look-up of a key that is not fetched. */
export interface MissingKey {
  template: Template;
  site: Site;
  key: string;
  /** `.KEY` is an error, `index . "KEY"` is empty. */
  by: "field" | "index";
  /** Given to `default` and its like: somebody meant it to be absent. */
  hasDefault: boolean;
  /** `template.data` has a key of that name. */
  isTemplateKey: boolean;
}

const takingAbsence = new Set(["default", "coalesce", "ternary", "empty", "not", "hasKey", "and", "or"]);

/** Four rules ask for the same. */
const known = new WeakMap<Manifest, readonly MissingKey[]>();

/** All look-ups of which it is certain that they find nothing. */
export function missingKeys(manifest: Manifest): readonly MissingKey[] {
  const found = known.get(manifest) ?? find(manifest);
  known.set(manifest, found);
  return found;
}

function find(manifest: Manifest): MissingKey[] {
  const { names, complete } = fetchedKeys(manifest);
  if (!complete) return [];
  const { all } = templatesOf(manifest);
  const templateKeys = new Set(
    all.filter(({ kind }) => kind === "data").map(({ place }) => String(place.at(-1))),
  );
  return all.flatMap((template) =>
    template.sites.flatMap((site) => {
      const guarded = new Set(site.conditions.flatMap((pipe) => [...stringsOf(pipe)]));
      const hasDefault = [...callsOf(site.pipe)].some(({ name }) => takingAbsence.has(name));
      return [...lookUps(site)]
        .filter(({ key }) => !names.has(key) && !guarded.has(key))
        .map((one) => ({ ...one, template, site, hasDefault, isTemplateKey: templateKeys.has(one.key) }));
    }),
  );
}

function* lookUps({ pipe, dotIsRoot }: Site): Generator<Pick<MissingKey, "key" | "by">> {
  for (const operand of operandsOf(pipe)) {
    const [key, ...deeper] = fieldsOfRoot(operand, dotIsRoot) ?? [];
    // Deeper fields fail for another reason, whatever is fetched.
    if (key !== undefined && deeper.length === 0) yield { key, by: "field" };
  }
  for (const { name, given } of callsOf(pipe)) {
    const [map, key, ...more] = given.map(bare);
    if (name === "index" && map && key?.kind === "string" && more.length === 0 && isRoot(map, dotIsRoot)) {
      yield { key: key.value, by: "index" };
    }
  }
}

function* stringsOf(pipe: Pipe): Generator<string> {
  for (const operand of operandsOf(pipe)) if (operand.kind === "string") yield operand.value;
}
