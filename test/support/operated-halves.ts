import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { type Half, startHalf } from "../../dev/half.ts";
import { freePorts } from "./free-ports.ts";
import { Halves } from "./halves.ts";

const root = join(import.meta.dirname, "..", "..");

/**
 * Both halves, with a shell as their operator has it: the three programs on the PATH, and a `systemctl` that stops and
 * starts these halves.
 */
export class OperatedHalves {
  readonly halves = new Halves();
  readonly folder = this.halves.folder;
  readonly gatewayData = this.halves.gatewayData();
  readonly vaultData = this.halves.vaultData;
  readonly passphraseFile = join(this.folder, "passphrase");
  readonly safe = join(this.folder, "safe");
  credentials!: { accessId: string; accessKey: string };
  #gatewayPort = 0;
  #gateway: Half | undefined;
  #vault: Half | undefined;
  #control: Server | undefined;

  async start(): Promise<void> {
    writeFileSync(this.passphraseFile, "correct horse battery staple\n", { mode: 0o600 });
    mkdirSync(this.safe);
    this.#gatewayPort = await freePorts(1);
    this.#vault = await this.halves.startVault();
    this.credentials = await this.halves.initGateway({ unseal: ["--passphrase-file", this.passphraseFile] });
    await this.systemctl("start", "halfkey-gateway");
    const gatewayUrl = `https://localhost:${this.#gatewayPort}`;
    const dev = {
      gatewayUrl,
      akeylessUrl: `${gatewayUrl}/akeyless-api/v2`,
      caFile: join(this.gatewayData, "tls", "ca.pem"),
      ...this.credentials,
    };
    writeFileSync(join(this.folder, "dev.json"), JSON.stringify(dev), { mode: 0o600 });
    await this.#installSystemctl();
  }

  get account(): { account: string; instance: string; fragment: string } {
    return JSON.parse(readFileSync(join(this.gatewayData, "account.json"), "utf8"));
  }

  /** Runs a script as it stands on a page. What it prints, errors too, comes as one text. */
  async type(
    script: string,
    variables: Record<string, string> = {},
  ): Promise<{ exitCode: number; seen: string }> {
    const { account, instance, fragment } = this.account;
    const child = spawn("bash", ["-e", "-u", "-o", "pipefail", "-c", `exec 2>&1\n${script}`], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: [join(this.folder, "bin"), join(root, "node_modules", ".bin"), process.env.PATH].join(
          delimiter,
        ),
        HOME: this.folder,
        HALFKEY_HOME: join(this.folder, "home"),
        HALFKEY_DATA: this.folder,
        ...{ ACCOUNT: account, INSTANCE: instance, FRAGMENT: fragment, SAFE: this.safe },
        ...{ GATEWAY_DATA: this.gatewayData, VAULT_DATA: this.vaultData },
        PASSPHRASE_FILE: this.passphraseFile,
        ...variables,
      },
    });
    const ended = once(child, "close");
    const seen = await text(child.stdout);
    const [exitCode] = await ended;
    return { exitCode, seen };
  }

  async systemctl(verb: string, unit: string): Promise<void> {
    if (unit === "halfkey-vault") {
      if (verb === "stop") await this.#vault?.stop();
      else this.#vault = await this.halves.startVault();
    } else if (verb === "stop") await this.#gateway?.stop();
    else {
      const args = this.halves.serveArguments({ unseal: ["--passphrase-file", this.passphraseFile] });
      const port = args.indexOf("--port") + 1;
      args[port] = String(this.#gatewayPort);
      this.#gateway = startHalf("gateway", args, this.halves.gatewayLog);
      await this.#gateway.ready();
    }
  }

  async stop(): Promise<void> {
    this.#control?.close();
    this.#control?.closeAllConnections();
    await this.#gateway?.stop();
    await this.#vault?.stop();
    await this.halves.stop();
  }

  async #installSystemctl(): Promise<void> {
    const control = createServer((request, response) => {
      const [, verb = "", unit = ""] = (request.url ?? "").split("/");
      this.systemctl(verb, unit).then(
        () => response.end(),
        (error: Error) => response.writeHead(500).end(error.message),
      );
    });
    this.#control = control;
    await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
    const { port } = control.address() as AddressInfo;
    const file = join(this.folder, "bin", "systemctl");
    mkdirSync(join(this.folder, "bin"));
    writeFileSync(
      file,
      `#!${process.execPath}
const [verb, unit] = process.argv.slice(2);
const answer = await fetch(\`http://127.0.0.1:${port}/\${verb}/\${unit}\`);
if (!answer.ok) {
  console.error(await answer.text());
  process.exitCode = 1;
}
`,
    );
    chmodSync(file, 0o755);
    // A script without an extension is a module only if its package says so.
    writeFileSync(join(this.folder, "bin", "package.json"), '{"type":"module"}');
  }
}
