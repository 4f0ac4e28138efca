import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { accessIdOf } from "../policy/access-id.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import { stepsTo } from "../policy/reconcile.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import type { Explanation } from "./explain.ts";

export const policyCheck = defineCommand({
  name: "policy check",
  summary: "compare the standing policy with a file, and ask whether its expectations hold",
  description: "Needs the admin role. Exit code 2 if anything differs. Changes nothing.",
  arguments: { file: { summary: "YAML; docs/samples/mdapi-policy.yaml is one", completes: "file" } },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey policy check docs/samples/mdapi-policy.yaml", summary: "in CI, after every change" },
  ],
  async run(context, { arguments: { file } }) {
    const policy = readPolicyFile(file);
    const gateway = await context.gateway();
    const differences = (await stepsTo(policy, gateway)).map(({ what }) => what);
    const failures: string[] = [];
    let held = 0;
    for (const { as, claims, path, operations } of policy.expect) {
      const { decisions } = await gateway.callOwn<Explanation>("explain", {
        path,
        as: await accessIdOf(gateway, as),
        claims,
      });
      for (const [operation, wanted] of Object.entries(operations)) {
        const decision = decisions[operation];
        if (decision?.allowed === wanted) held += 1;
        else
          failures.push(
            `${as} ${JSON.stringify(claims)} ${wanted ? "must" : "must not"} ${operation} ${path}: ${decision?.reason}`,
          );
      }
    }
    const lines = [
      ...differences.map((what) => `differs  ${printable(what)}`),
      ...failures.map((what) => `fails    ${printable(what)}`),
      `${held} expectations hold, ${failures.length} fail, ${differences.length} differences`,
    ];
    await show(context, { data: { differences, failures, held }, text: `${lines.join("\n")}\n` });
    if (differences.length + failures.length > 0) {
      throw new CliError("the policy is not what the file says", {
        exitCode: 2,
        where: file,
        next: "halfkey policy apply FILE --dry-run shows what would change",
      });
    }
  },
});
