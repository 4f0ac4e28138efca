#!/usr/bin/env node
import { requireNode26 } from "@halfkey/runtime";

requireNode26();
// Only now: what follows uses modules that an older Node does not have.
const { createProgram } = await import("./program.ts");
await createProgram().parseAsync();
