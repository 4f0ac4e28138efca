import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { makePrivateFile, writeFileDurably } from "./durable-file.ts";
import { lockFolder } from "./folder-lock.ts";
import { makePrivateFolder, readPrivateFile } from "./private-file.ts";

const base = mkdtempSync(join(tmpdir(), "halfkey-files-"));
after(() => rmSync(base, { recursive: true }));
const modeOf = (file: string) => statSync(file).mode & 0o777;

describe("a durable write", () => {
  it("replaces the file and leaves nothing else", async () => {
    const folder = join(base, "durable");
    mkdirSync(folder);
    const file = join(folder, "a");
    await writeFileDurably(file, "one");
    await writeFileDurably(file, Buffer.from("two"));
    assert.equal(readFileSync(file, "utf8"), "two");
    assert.deepEqual(readdirSync(folder), ["a"]);
    assert.equal(modeOf(file), 0o600);
  });

  it("gives the mode that was asked for, whatever the umask", async () => {
    const before = process.umask(0o077);
    try {
      await writeFileDurably(join(base, "public"), "x", { mode: 0o644 });
    } finally {
      process.umask(before);
    }
    assert.equal(modeOf(join(base, "public")), 0o644);
  });

  it("keeps the old content and no remains when it fails", async () => {
    const folder = join(base, "fails");
    mkdirSync(folder);
    const target = join(folder, "is-a-folder");
    mkdirSync(join(target, "full"), { recursive: true });
    await assert.rejects(writeFileDurably(target, "x"));
    assert.deepEqual(readdirSync(folder), ["is-a-folder"]);
  });

  it("lets many at once each win or lose whole", async () => {
    const file = join(base, "many");
    const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(10_000));
    await Promise.all(texts.map((text) => writeFileDurably(file, text)));
    assert(texts.includes(readFileSync(file, "utf8")));
  });
});

describe("a private file", () => {
  it("is read", async () => {
    await writeFileDurably(join(base, "key"), "secret");
    assert.equal(String(await readPrivateFile(join(base, "key"))), "secret");
  });

  it("is refused when others can read it", async () => {
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(join(base, "key"), mode);
      await assert.rejects(readPrivateFile(join(base, "key")), { code: "E_CHECK", message: /chmod 600/ });
    }
  });

  it("is refused when it is missing, a folder, a device or a pipe, without waiting", async () => {
    await assert.rejects(readPrivateFile(join(base, "none")), { code: "E_CHECK", message: /does not exist/ });
    await assert.rejects(readPrivateFile(base), { code: "E_CHECK", message: /no regular file/ });
    await assert.rejects(readPrivateFile("/dev/zero"), { code: "E_CHECK", message: /no regular file/ });
    const pipe = join(base, "pipe");
    await new Promise((resolve) => spawn("mkfifo", ["-m", "600", pipe]).on("exit", resolve));
    await assert.rejects(readPrivateFile(pipe), { code: "E_CHECK", message: /no regular file/ });
  });

  it("is judged by what a link leads to", async () => {
    writeFileSync(join(base, "open"), "x", { mode: 0o644 });
    symlinkSync(join(base, "open"), join(base, "link"));
    await assert.rejects(readPrivateFile(join(base, "link")), { code: "E_CHECK" });
  });

  it("is made empty with mode 0600, and left alone if it exists", () => {
    const file = join(base, "made");
    makePrivateFile(file);
    assert.equal(modeOf(file), 0o600);
    writeFileSync(file, "content");
    makePrivateFile(file);
    assert.equal(readFileSync(file, "utf8"), "content");
  });
});

describe("a private folder", () => {
  it("is made with those above it", () => {
    makePrivateFolder(join(base, "x", "y"));
    assert.equal(modeOf(join(base, "x", "y")), 0o700);
    makePrivateFolder(join(base, "x", "y"));
  });

  it("is refused when others can write into it, and where a file stands", () => {
    chmodSync(join(base, "x"), 0o777);
    assert.throws(() => makePrivateFolder(join(base, "x")), { code: "E_CHECK", message: /chmod 700/ });
    writeFileSync(join(base, "file"), "");
    assert.throws(() => makePrivateFolder(join(base, "file")), { code: "E_CHECK" });
  });
});

describe("a folder's lock", () => {
  const folder = join(base, "locked");
  mkdirSync(folder);
  const file = join(folder, "lock");

  it("is held by one at a time", () => {
    const lock = lockFolder(folder);
    assert.throws(() => lockFolder(folder), {
      code: "E_CHECK",
      message: new RegExp(`process ${process.pid}`),
    });
    lock.release();
    assert.equal(existsSync(file), false);
    lockFolder(folder).release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("of a process that was killed is taken over", async () => {
    const code = `import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "folder-lock.ts"))};
      lockFolder(${JSON.stringify(folder)}); console.log("locked"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    assert.throws(() => lockFolder(folder), { code: "E_CHECK", message: new RegExp(`process ${child.pid}`) });
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    lockFolder(folder).release();
  });

  it("of an earlier process with the same number is taken over, as in a container", {
    skip: process.platform !== "linux",
  }, () => {
    writeFileSync(file, `${process.pid} another-boot/1\n`);
    lockFolder(folder).release();
  });

  it("that is damaged is taken over", () => {
    writeFileSync(file, "");
    lockFolder(folder).release();
  });

  it("is left alone by a release that comes too late", () => {
    const lock = lockFolder(folder);
    writeFileSync(file, "1 somebody-else\n");
    lock.release();
    assert.equal(existsSync(file), true);
    rmSync(file);
  });
});
