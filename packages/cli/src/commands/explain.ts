import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { accessIdOf } from "../policy/access-id.ts";
import { claimsOf } from "../policy/claims.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";

/** What `explain` of the gateway answers. */
export interface Explanation {
  path: string;
  access_id: string;
  decisions: Record<string, { allowed: boolean; reason: string; rule?: { role: string; pattern: string } }>;
}

const subject = {
  as: { kind: "text", placeholder: "ACCESS", summary: "somebody else, by access id or auth method (admins)" },
  claim: {
    kind: "list",
    placeholder: "NAME=VALUE",
    summary: "a claim of that caller's token; may be given several times",
  },
} as const;

export const explain = defineCommand({
  name: "explain",
  summary: "tell what may be done at a path, and which rule of which role decides",
  arguments: { path: { summary: "it need not exist", completes: "path" } },
  options: subject,
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey explain /mdapi/joplin/tsig-secret/key", summary: "for yourself" },
    {
      command: "halfkey explain /mdapi/gitlab/api-token --as eso --claim namespace=joplin",
      summary: "for a workload",
    },
  ],
  async run(context, { arguments: { path }, options }) {
    const explained = await ask(context, path, options);
    const rows = Object.entries(explained.decisions).map(([wanted, { allowed, reason }]) => [
      wanted,
      allowed ? "yes" : "no",
      printable(reason),
    ]);
    await show(context, { data: explained, text: renderTable(rows, ["OPERATION", "ALLOWED", "WHY"]) });
  },
});

export const can = defineCommand({
  name: "can",
  summary: "say yes or no: exit code 0 if an operation at a path is allowed, 2 if not",
  arguments: {
    operation: { summary: "what is to be done", values: ["read", "list", "create", "update", "delete"] },
    path: { summary: "where", completes: "path" },
  },
  options: subject,
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey can read /mdapi/gitlab/api-token && ./deploy", summary: "in a script" }],
  async run(context, { arguments: { operation, path }, options }) {
    const { decisions } = await ask(context, path, options);
    const decision = decisions[operation];
    if (decision === undefined) {
      throw new CliError(`there is no operation ${operation}`, {
        next: `one of ${Object.keys(decisions).join(", ")}`,
      });
    }
    const { allowed, reason } = decision;
    await show(context, {
      data: { operation, path, allowed, reason },
      text: `${allowed ? "yes" : "no"}: ${printable(reason)}\n`,
    });
    if (!allowed)
      throw new CliError(`${operation} is not allowed there`, {
        exitCode: 2,
        where: path,
        next: "halfkey explain shows every operation",
      });
  },
});

async function ask(
  context: Context,
  path: string,
  { as, claim }: { as: string | undefined; claim: string[] },
): Promise<Explanation> {
  const gateway = await context.gateway();
  const claims = claimsOf(claim ?? []);
  const fields = {
    path,
    ...(as === undefined ? {} : { as: await accessIdOf(gateway, as) }),
    ...(as === undefined && Object.keys(claims).length === 0 ? {} : { claims }),
  };
  return gateway.callOwn<Explanation>("explain", fields, { path });
}
