import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";

interface Holders {
  path: string;
  capability: string;
  clients: {
    access_id: string;
    auth_method: string;
    role: string;
    pattern: string;
    claims: Record<string, string>;
  }[];
}

export const whoCan = defineCommand({
  name: "who-can",
  summary: "list who may do something at a path, and by which rule",
  description: "Needs the admin role. Claims are an example of what a token would need.",
  arguments: {
    operation: { summary: "what", values: ["read", "list", "create", "update", "delete"] },
    path: { summary: "where", completes: "path" },
  },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey who-can read /mdapi/gitlab/api-token", summary: "before you share it" }],
  async run(context, { arguments: { operation, path } }) {
    const gateway = await context.gateway();
    const holders = await gateway.callOwn<Holders>("who-can", { path, capability: operation }, { path });
    const rows = holders.clients.map(({ access_id, auth_method, role, pattern, claims }) =>
      [auth_method, access_id, role, pattern, JSON.stringify(claims)].map(printable),
    );
    await show(context, {
      data: holders,
      text:
        rows.length === 0
          ? "nobody\n"
          : renderTable(rows, ["AUTH METHOD", "ACCESS ID", "ROLE", "RULE", "CLAIMS"]),
    });
  },
});
