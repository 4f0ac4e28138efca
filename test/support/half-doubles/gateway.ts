// A double of halfkey-gateway for the launcher's own tests: it speaks the launcher's part of the surface only.
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const [command, ...rest] = process.argv.slice(2);
const value = (flag: string) => rest[rest.indexOf(flag) + 1] ?? "";
const diary = join(value("--data"), "..", "diary");
const note = (line: string) => appendFileSync(diary, `${line}\n`);

if (command === "init") {
  const code = rest.includes("--code") ? (await text(process.stdin)).trim() : "none";
  note(`gateway init code=${code}`);
  if (process.env.DOUBLE_INIT_FAILS) {
    console.error("the double refuses to initialise");
    process.exit(2);
  }
  const file = value("--credentials");
  if (!existsSync(file)) {
    writeFileSync(file, JSON.stringify({ accessId: "p-double", accessKey: "double-key" }), { mode: 0o600 });
  }
} else {
  note("gateway serve");
  const end = (why: string) => {
    note(`gateway ends on ${why}`);
    process.exit(0);
  };
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("disconnect", () => end("disconnect"));
  setInterval(() => {}, 1000);
  console.log(`ready https://127.0.0.1:${value("--port")}`);
}
