import { defineCommand } from "../command.ts";
import { withoutEffect } from "../item-options.ts";
import { printableJson } from "../printable.ts";
import { show } from "../show.ts";

export const listItems = defineCommand({
  name: "list-items",
  section: "akeyless",
  summary: "print the items you may list as JSON",
  arguments: {},
  options: {
    type: {
      kind: "list",
      short: "t",
      placeholder: "TYPE",
      summary: "only items of this type, such as static-secret; may be repeated",
    },
    filter: { kind: "text", placeholder: "TEXT", summary: "only paths that contain this text" },
    tag: { kind: "text", placeholder: "TAG", summary: "only items with this tag" },
    path: {
      kind: "text",
      placeholder: "FOLDER",
      completes: "folder",
      summary: "only items below this folder",
    },
    "current-folder": { kind: "flag", summary: "only items directly in the folder, and the folders in it" },
    "minimal-view": { kind: "flag", summary: "names, types and versions only" },
    "auto-pagination": {
      kind: "text",
      placeholder: "STATE",
      values: ["enabled", "disabled"],
      summary: "disabled prints one page of 1,000",
    },
    "pagination-token": {
      kind: "text",
      placeholder: "TOKEN",
      summary: "the page after this one: the `next_page` of the answer before",
    },
    "sub-types": { kind: "list", placeholder: "TYPE", hidden: true, summary: "without effect" },
    "sra-only": { kind: "flag", hidden: true, summary: "without effect" },
    ...withoutEffect,
  },
  formats: ["json", "yaml"],
  examples: [
    { command: "halfkey list-items --path /mdapi/joplin", summary: "one folder and everything below" },
    { command: "halfkey list-items --tag demo --minimal-view", summary: "by tag" },
  ],
  async run(context, { options }) {
    const page = options["pagination-token"];
    const fields = {
      ...(options.type.length > 0 ? { type: options.type } : {}),
      ...(options.filter === undefined ? {} : { filter: options.filter }),
      ...(options.tag === undefined ? {} : { tag: options.tag }),
      ...(options.path === undefined ? {} : { path: options.path }),
      ...(options["current-folder"] ? { "current-folder": true } : {}),
      ...(options["minimal-view"] ? { "minimal-view": true } : {}),
      // Whoever asks for the next page asks for pages.
      "auto-pagination": options["auto-pagination"] ?? (page === undefined ? "enabled" : "disabled"),
      ...(page === undefined ? {} : { "pagination-token": page }),
    };
    const gateway = await context.gateway();
    const about = options.path === undefined ? {} : { path: options.path };
    const answer = await gateway.call("list-items", fields, about);
    await show(context, { data: answer, text: `${printableJson(answer)}\n` });
  },
});
