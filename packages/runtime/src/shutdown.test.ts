import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

describe("an orderly stop", () => {
  const folder = mkdtempSync(join(tmpdir(), "halfkey-stop-"));
  after(() => rmSync(folder, { recursive: true }));
  const module = JSON.stringify(join(import.meta.dirname, "shutdown.ts"));

  async function start(body: string) {
    const file = join(folder, "program.ts");
    writeFileSync(
      file,
      `import { onShutdown, shutdown } from ${module};\n${body}\nsetInterval(() => {}, 1000); console.log("up");`,
    );
    const child = fork(file, { stdio: ["ignore", "pipe", "inherit", "ipc"], execArgv: [] });
    let output = "";
    await new Promise<void>((resolve) =>
      child.stdout?.on("data", (chunk) => {
        output += chunk;
        if (output.includes("up\n")) resolve();
      }),
    );
    return { child, end: () => endOf(child), output: () => output.replace("up\n", "") };
  }

  function endOf(child: ChildProcess): Promise<number | null> {
    if (child.exitCode !== null) return Promise.resolve(child.exitCode);
    // Not "close": it never comes after the parent has closed the channel.
    return new Promise((resolve) => child.once("exit", (code) => setTimeout(resolve, 50, code)));
  }

  const steps = `
    onShutdown(() => console.log("first"));
    onShutdown(async () => { await new Promise((r) => setTimeout(r, 20)); console.log("second"); });`;

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`runs the steps once, newest first, on ${signal}`, async () => {
      const { child, end, output } = await start(steps);
      child.kill(signal);
      child.kill(signal);
      assert.equal(await end(), 0);
      assert.equal(output(), "second\nfirst\n");
    });
  }

  it("goes on after a step that fails, and says so with the exit code", async () => {
    const { child, end, output } = await start(`${steps} onShutdown(() => { throw new Error("x"); });`);
    child.kill();
    assert.equal(await end(), 1);
    assert.equal(output(), "second\nfirst\n");
  });

  it("is cut short by a second, later signal", async () => {
    const { child, end } = await start("onShutdown(() => new Promise(() => {}));");
    child.kill();
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill();
    assert.equal(await end(), 1);
  });

  it("comes with the end of the parent, where that is wanted, and not where it is not", async () => {
    const wanted = await start('onShutdown(() => console.log("gone"), { withParent: true });');
    wanted.child.disconnect();
    assert.equal(await wanted.end(), 0);
    assert.equal(wanted.output(), "gone\n");

    const unwanted = await start('onShutdown(() => console.log("gone"));');
    unwanted.child.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(unwanted.child.exitCode, null);
    unwanted.child.kill();
    assert.equal(await unwanted.end(), 0);
  });
});
