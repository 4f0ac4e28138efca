// What one decision costs with 1, 100 and 10,000 rules, in this process: the compiled policy alone, without HTTP,
// token and audit. `node bench/policy.ts`; OpenBao's cost by number of paths is in the run of `npm run bench`.
import { type AccessRule, type Grant, Policy, parseItemPath } from "@halfkey/model";
import { table } from "./comparison.ts";
import { otherPrefix, scattered, secretPath } from "./sides.ts";
import { brief, spreadOf, spreadText } from "./statistics.ts";

const rulesPerRole = 2000;
const rounds = 9;
const decisionsPerRound = 100_000;
const claims = { namespace: "ns7", service_account: "reader" };

/** So many rules over as many roles as they need: the last one gives what is asked, the others are beside it. */
function grants(rules: number): Grant[] {
  return Array.from({ length: rules }, (_, n) => {
    const isLast = n === rules - 1;
    const rule: AccessRule = { pattern: isLast ? "/mdapi/*" : `${otherPrefix(n)}/*`, capabilities: ["read"] };
    return { role: `role-${Math.floor(n / rulesPerRole)}`, rule };
  });
}

/** The same, each behind a condition on the caller's claims and with a template in its pattern. */
function templated(rules: number): Grant[] {
  return grants(rules).map(({ role, rule }, n) => ({
    role,
    rule: n === rules - 1 ? { ...rule, pattern: "/mdapi/{{namespace}}/*" } : rule,
    subClaims: { values: { service_account: ["reader"] }, caseSensitive: true },
  }));
}

const allowed = scattered(1000, 1000).map((n) => parseItemPath(secretPath(n)));
const denied = scattered(1000, 1000).map((n) => parseItemPath(`/elsewhere${secretPath(n)}`));
const ofNamespace = allowed.filter((path) => path.startsWith("/mdapi/ns7/"));

function nanoseconds(policy: Policy, paths: readonly ReturnType<typeof parseItemPath>[], expected: boolean) {
  const now = Date.now();
  const before = process.cpuUsage();
  for (let n = 0; n < decisionsPerRound; n += 1) {
    const path = paths[n % paths.length] as (typeof paths)[number];
    if (policy.decide(path, "read", claims, now).allowed !== expected)
      throw new Error(`decided wrongly: ${path}`);
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / decisionsPerRound;
}

const kinds = [
  { name: "allowed by the last rule", grantsOf: grants, paths: allowed, expected: true },
  { name: "denied", grantsOf: grants, paths: denied, expected: false },
  {
    name: "allowed by claim template and sub-claim",
    grantsOf: templated,
    paths: ofNamespace,
    expected: true,
  },
];
const sizes = [1, 100, 10_000];
const rows = kinds.map(({ name, grantsOf, paths, expected }) => {
  const policies = sizes.map((size) => new Policy(grantsOf(size)));
  const figures: number[][] = sizes.map(() => []);
  // In turns, the first one not counted.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, policy] of policies.entries()) {
      const figure = nanoseconds(policy, paths, expected);
      if (round > 0) figures[at]?.push(figure);
    }
  }
  const cost = figures.map((one) => spreadOf(one).median);
  return [
    name,
    ...figures.map((one) => spreadText(spreadOf(one))),
    `${brief((cost[2] ?? 0) / (cost[0] ?? 1))} ×`,
  ];
});
console.log(
  `## One decision, processor time in ns\n\n${table(
    ["", ...sizes.map((size) => `${size.toLocaleString("en")} rules`), "10,000 : 1"],
    rows,
  )}\n`,
);

const compile = sizes.map((size) => {
  const given = grants(size);
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    new Policy(given);
    return performance.now() - started;
  });
  return spreadText(spreadOf(times));
});
console.log(
  `## Compiling an access id's rules, ms, once after each change of a role\n\n${table(
    sizes.map((size) => `${size.toLocaleString("en")} rules`),
    [compile],
  )}`,
);
