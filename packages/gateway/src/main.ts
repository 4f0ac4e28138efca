#!/usr/bin/env node
import { requireNode26 } from "@halfkey/runtime";

requireNode26();
const { run } = await import("./program.ts");
await run(process.argv);
