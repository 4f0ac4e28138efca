import { defineCommand } from "../command.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import { stepsTo } from "../policy/reconcile.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const policyApply = defineCommand({
  name: "policy apply",
  summary: "make roles, rules and associations what a file says",
  description:
    "Needs the admin role. Roles that the file does not name are left alone; in a role that it names, rules and associations that it does not name go. Running it again changes nothing. Access keys of auth methods that it creates are shown once.",
  arguments: { file: { summary: "YAML; docs/samples/mdapi-policy.yaml is one", completes: "file" } },
  options: { "dry-run": { kind: "flag", summary: "only tell what would change" } },
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "halfkey policy apply docs/samples/mdapi-policy.yaml",
      summary: "then check it with `policy check`",
    },
  ],
  async run(context, { arguments: { file }, options: { "dry-run": dryRun } }) {
    const policy = readPolicyFile(file);
    const gateway = await context.gateway();
    const steps = await stepsTo(policy, gateway);
    const created: { name: string; access_id: string; access_key: string }[] = [];
    for (const { command, fields } of dryRun ? [] : steps) {
      const answer = await gateway.call(command, fields, { changes: true });
      if (command === "create-auth-method") {
        created.push({
          name: String(answer.name),
          access_id: String(answer.access_id),
          access_key: String(answer.access_key),
        });
      }
    }
    const verb = dryRun ? "would change" : "changed";
    const lines = [
      ...steps.map(({ what }) => `${verb}  ${printable(what)}`),
      steps.length === 0 ? "nothing to change" : `${steps.length} ${verb}`,
      ...created.map(
        ({ name, access_id, access_key }) => `access key of ${printable(name)}: ${access_id} ${access_key}`,
      ),
    ];
    await show(context, {
      data: { changes: steps.map(({ what }) => what), applied: !dryRun, created },
      text: `${lines.join("\n")}\n`,
    });
  },
});
