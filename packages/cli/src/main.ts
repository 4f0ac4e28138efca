#!/usr/bin/env node
import { run } from "./run.ts";

const words = process.argv.slice(2);
process.exitCode = await run(words, {
  terminal: { input: process.stdin, output: process.stdout, error: process.stderr },
  environment: process.env,
  workingDirectory: process.cwd(),
});
// Elsewhere no process.exit, because what was written to a pipe must arrive; but a shell waits for its completions,
// and a look-up of a name that nobody answers would hold them up for seconds. They are written by now.
if (words[0] === "__complete") process.exit();
