import type { Command } from "../packages/gateway/src/akeyless/command.ts";
import { commands } from "../packages/gateway/src/akeyless/commands.ts";
import { ownCommands } from "../packages/gateway/src/routes/own-commands.ts";

const errorResponse = {
  description: "Refused. The code is in the header `halfkey-code`, see docs/errors.md.",
  headers: {
    "halfkey-code": { schema: { type: "string" } },
    "halfkey-request": { schema: { type: "string" } },
  },
  content: {
    "application/json": {
      schema: { type: "object", properties: { error: { type: "string" } }, required: ["error"] },
    },
  },
};

/** OpenAPI 3.1 of what the gateway serves, made of the schemas that its requests are read with. */
export function openApi(): string {
  const paths = {
    ...pathsOf(commands, "/akeyless-api/v2/"),
    ...pathsOf(ownCommands, "/halfkey/v1/"),
  };
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Halfkey gateway",
      version: "1",
      description:
        "Every command is a POST with a JSON object; the token is a field of it. Unknown fields are ignored. Booleans and numbers may be sent as strings, a list of one as a string.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "https://localhost:8443" }],
    paths,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function pathsOf(all: ReadonlyMap<string, Command>, prefix: string): Record<string, object> {
  const sorted = [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(sorted.map((command) => [prefix + command.name, { post: operationOf(command) }]));
}

function operationOf(command: Command): object {
  return {
    operationId: command.name.replaceAll("/", "-"),
    summary: command.summary,
    requestBody: { required: true, content: { "application/json": { schema: requestSchema(command) } } },
    responses: {
      [String(command.status ?? 200)]: {
        description: "Done.",
        content: { "application/json": { schema: {} } },
      },
      default: errorResponse,
    },
  };
}

function requestSchema({ request, open }: Command): object {
  const { properties, required = [] } = request as { properties: object; required?: string[] };
  const token = open ? {} : { token: { type: "string", description: "From auth." } };
  return {
    type: "object",
    properties: { ...token, ...(JSON.parse(JSON.stringify(properties)) as object) },
    required: [...(open ? [] : ["token"]), ...required],
  };
}
