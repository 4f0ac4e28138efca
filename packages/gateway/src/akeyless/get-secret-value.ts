import { CallerError, HalfkeyError, type ItemPath, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { command } from "./command.ts";

const namesMax = 256;

export const getSecretValue = command({
  name: "get-secret-value",
  summary: "Reads the values of one or several static secrets.",
  request: Type.Object({
    names: Type.Array(Type.String()),
    version: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  async run({ reader }, { caller, request, deadline, audit }) {
    const { names, version = 0 } = request;
    if (names.length === 0) throw new CallerError("E_INPUT", "missing required parameter - names");
    if (names.length > namesMax) throw new CallerError("E_INPUT", `names has more than ${namesMax} entries`);
    // Each path once: a name repeated 256 times is no reason to hold its value 256 times.
    const asked = names.map(parseItemPath);
    const paths = [...new Set(asked)];
    reader.requireRoom(caller, paths, version);
    const reads = await Promise.allSettled(
      paths.map((path) => reader.readValue(caller, path, version, deadline)),
    );
    const failures = reads
      .filter((read) => read.status === "rejected")
      .map(({ reason }) => reason as unknown);
    try {
      // A denied name first, so that nothing is learned about the others; then whatever else went wrong.
      for (const [at, read] of reads.entries())
        if (read.status === "rejected") await audit.refused(read.reason, paths[at]);
      const denial = failures.find((error) => error instanceof HalfkeyError && error.code === "E_DENIED");
      if (denial !== undefined) throw denial;
      if (failures.length > 0) throw failures[0];
      await audit.read(
        reads.flatMap((read, at) => {
          if (read.status === "rejected") return [];
          const { version: v, grant } = read.value;
          return [{ path: paths[at] ?? "", v, grant }];
        }),
      );
      // No prototype: `__proto__` is a legal name. The keys are the names as asked.
      const reply: Record<string, string> = Object.create(null);
      const values = new Map<ItemPath, string>();
      reads.forEach((read, at) => {
        const path = paths[at];
        if (read.status === "fulfilled" && path !== undefined)
          values.set(path, read.value.value.toString("utf8"));
      });
      asked.forEach((path, at) => {
        reply[names[at] ?? ""] = values.get(path) ?? "";
      });
      return reply;
    } finally {
      for (const read of reads) if (read.status === "fulfilled") read.value.value.fill(0);
    }
  },
});
