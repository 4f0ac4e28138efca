/**
 * Where the same API is mounted. External Secrets drops the path of a base URL that it does not trust, users
 * leave `/v2` away, and proxies double slashes: all of them reach the same commands.
 */
const mounts = ["/akeyless-api/v2", "/akeyless-api/api/v2", "/akeyless-api", "/api/v2", "/v2", ""];

/** Paths that are no commands, below any mount or at the root; each is served at all its spellings. */
export const derivedKeyPath = "/api/derived-key";
const derivedKeySpellings = new Set([
  "/api/derived-key",
  "/akeyless-api/api/derived-key",
  "/akeyless-api/derived-key",
]);

/**
 * The part of a request's URL that counts: without query, doubled slashes and mount. `""` is a bare base.
 * Percent escapes are not decoded: no command and no endpoint has a character that needs one.
 */
export function routeOf(url: string): string {
  const known = routes.get(url);
  if (known !== undefined) return known;
  const route = findRoute(url);
  // Clients call the same few URLs for ever; made-up ones fill it once and stay outside.
  if (routes.size < routesMax && url.length <= routeLengthMax) routes.set(url, route);
  return route;
}

const routes = new Map<string, string>();
const routesMax = 512;
const routeLengthMax = 128;

function findRoute(url: string): string {
  const end = url.search(/[?#]/);
  const path = `/${(end === -1 ? url : url.slice(0, end))
    .split("/")
    .filter((part) => part !== "")
    .join("/")}`;
  if (derivedKeySpellings.has(path)) return derivedKeyPath;
  for (const mount of mounts) {
    if (path === mount || path === `${mount}/`) return "";
    if (path.startsWith(`${mount}/`)) return path.slice(mount.length);
  }
  return path === "/" ? "" : path;
}
