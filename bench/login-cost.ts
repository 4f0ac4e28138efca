/**
 * What one login costs the gateway's CPU, without HTTP and audit: a service account's token that is proved offline,
 * beside an access key. `node bench/login-cost.ts`
 */
import { accessKeyVerifier, generateAccessKey, toBase64Url } from "@halfkey/crypto";
import { proveAccessKey } from "../packages/gateway/src/auth/access-key.ts";
import {
  IssuerDouble,
  kubernetesConfig,
  method,
  newKey,
  serviceAccountClaims,
  sign,
  silent,
} from "../packages/gateway/src/auth/issuer.testing.ts";
import { JwksCache } from "../packages/gateway/src/auth/jwks-cache.ts";
import { KubernetesProver } from "../packages/gateway/src/auth/kubernetes.ts";
import { Outbound } from "../packages/gateway/src/auth/outbound.ts";
import { Deadline } from "../packages/gateway/src/deadline.ts";

const rounds = 3000;

const issuer = "https://kubernetes.default.svc";
const cluster = await IssuerDouble.start();
const [rsa, ec] = await Promise.all([newKey("r1", "RS256"), newKey("e1", "ES256")]);
cluster.publish(rsa, ec);
cluster.json("/.well-known/openid-configuration", { issuer });
const outbound = new Outbound();
const config = kubernetesConfig({ host: cluster.url });
const prover = new KubernetesProver({
  configs: { kubernetesConfig: () => config, kubernetesConfigs: () => [config].values() },
  keys: new JwksCache(silent),
  outbound,
});
const eso = method({
  kubernetes: { audience: "halfkey-gateway", namespaces: ["joplin"], serviceAccounts: [], pods: [] },
});
const accessKey = generateAccessKey();
const keyMethod = method({
  type: "api_key",
  verifier: toBase64Url(accessKeyVerifier("p-eso", accessKey)),
});

const kubernetes = (token: string) => () =>
  prover.prove(eso, { type: "k8s", accessId: "p-eso", configName: "harvester", token }, Deadline.in(2000));
const encoded = async (key: typeof rsa) =>
  Buffer.from(await sign(key, serviceAccountClaims(issuer))).toString("base64");
const rsaToken = await encoded(rsa);
const foreign = await encoded(await newKey("r1", "RS256"));

const cases: [string, () => Promise<unknown>][] = [
  ["access key", () => proveAccessKey(keyMethod, { type: "api_key", accessId: "p-eso", accessKey })],
  ["service account, RS256, as most clusters sign", kubernetes(rsaToken)],
  ["service account, ES256", kubernetes(await encoded(ec))],
  ["another cluster's token, RS256: refused", () => kubernetes(foreign)().catch(() => {})],
];

for (const [name, work] of cases) {
  for (const inFlight of [1, 16]) {
    await run(work, rounds / 10, inFlight);
    const { wallUs, cpuUs } = await run(work, rounds, inFlight);
    console.log(
      `${name}, ${inFlight} at once: ${wallUs.toFixed(1)} µs each, ${cpuUs.toFixed(1)} µs of CPU, all threads`,
    );
  }
}
await outbound.close();
await cluster.stop();

async function run(
  work: () => Promise<unknown>,
  count: number,
  inFlight: number,
): Promise<{ wallUs: number; cpuUs: number }> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await work();
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs: ((performance.now() - begun) * 1000) / count, cpuUs: (user + system) / count };
}
