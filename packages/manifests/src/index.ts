export { type MatchedItem, type Matcher, matcherOf } from "./matcher-of.ts";
export type { Place } from "./place.ts";
export { type Access, type Find, readsOf, type StoreReference } from "./reads-of.ts";
