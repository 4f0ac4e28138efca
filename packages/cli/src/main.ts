#!/usr/bin/env node
// Nothing is imported before the check: an older Node would stumble over a file and not say why.
if (Number(process.versions.node.split(".")[0]) < 26) {
  console.error(`halfkey: needs Node 26, and this is ${process.versions.node}.
  next: run it as \`npx halfkey\` in the Halfkey folder, which brings its own Node.`);
  process.exit(1);
}
const { useCompileCache } = await import("./compile-cache.ts");
useCompileCache(process.env);
const { run } = await import("./run.ts");
// No process.exit: what was written to a pipe must arrive.
process.exitCode = await run(process.argv.slice(2), {
  terminal: { input: process.stdin, output: process.stdout, error: process.stderr },
  environment: process.env,
  workingDirectory: process.cwd(),
});

// A top-level await needs a module.
export {};
