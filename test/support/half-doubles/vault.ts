// A double of halfkey-vault for the launcher's own tests: it speaks the launcher's part of the surface only.
import { appendFileSync } from "node:fs";
import { join } from "node:path";

const [command, ...rest] = process.argv.slice(2);
const value = (flag: string) => rest[rest.indexOf(flag) + 1] ?? "";
const diary = join(value("--data"), "..", "diary");
const note = (line: string) => appendFileSync(diary, `${line}\n`);

if (command === "enrol-code") {
  note("vault enrol-code");
  console.log(JSON.stringify({ code: "double-code" }));
} else {
  note(`vault serve ${rest.includes("--no-tls") ? "without tls" : "with tls"}`);
  console.error(JSON.stringify({ level: 30, msg: "the vault double starts" }));
  if (process.env.DOUBLE_VAULT_FAILS) process.exit(3);
  const end = (why: string) => {
    note(`vault ends on ${why}`);
    process.exit(0);
  };
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("disconnect", () => end("disconnect"));
  setInterval(() => {}, 1000);
  console.log(`ready ${rest.includes("--no-tls") ? "http" : "https"}://127.0.0.1:${value("--port")}`);
}
