import type { Agent } from "node:https";
import { CliError } from "./cli-error.ts";
import type { Context } from "./command.ts";
import { type Connection, findConnection } from "./connection.ts";
import { makeAgent, postJson } from "./post-json.ts";
import { printable } from "./printable.ts";
import { parseObject } from "./profile.ts";
import { write } from "./terminal.ts";

const timeoutMilliseconds = 30_000;

/** What a request was about, for its error; `changes` says that a lost answer leaves it open what happened. */
export interface About {
  path?: string;
  changes?: boolean;
}

/** @throws {CliError} if none is configured. Nothing is sent yet. */
export async function connect(context: Context): Promise<Gateway> {
  const connection = findConnection(context);
  if (context.globals.verbose) {
    const words = `gateway ${connection.base}, from ${connection.source}`;
    await write(context.terminal.error, `halfkey: ${printable(words)}\n`);
  }
  return new Gateway(connection);
}

/** The gateway's Akeyless-compatible API, as one caller. It logs in on the first call and keeps the token. */
export class Gateway {
  readonly #connection: Connection;
  readonly #agent: Agent | undefined;
  #token: string | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#agent = connection.base.startsWith("https:") ? makeAgent(connection.ca) : undefined;
  }

  /**
   * One command of the API.
   *
   * @param command Such as `get-secret-value`.
   * @param fields Its body, without the token.
   * @throws {ServerRefusal} if the gateway says no; {@link CliError} with exit code 2 if it cannot be reached.
   */
  async call(command: string, fields: object, about: About = {}): Promise<Record<string, unknown>> {
    const token = await this.logIn();
    return this.#post(command, { ...fields, token }, about);
  }

  /** @returns the token. @throws as {@link Gateway.call} */
  async logIn(): Promise<string> {
    if (this.#token !== undefined) return this.#token;
    const { credentials } = this.#connection;
    if ("token" in credentials) {
      this.#token = credentials.token;
      return this.#token;
    }
    const { accessId, accessKey } = credentials;
    const answer = await this.#post(
      "auth",
      { "access-type": "access_key", "access-id": accessId, "access-key": accessKey },
      {},
    );
    if (typeof answer.token !== "string") throw this.#nonsense("auth");
    this.#token = answer.token;
    return this.#token;
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #post(command: string, body: object, about: About): Promise<Record<string, unknown>> {
    const url = new URL(`${this.#connection.base}/${command}`);
    let answer: Awaited<ReturnType<typeof postJson>>;
    try {
      answer = await postJson(url, body, { agent: this.#agent, timeoutMilliseconds });
    } catch (error) {
      const { unreachable } = await import("./unreachable.ts");
      throw unreachable(error, url, this.#connection, about);
    }
    const content = parseObject(answer.body.toString("utf8"));
    if (answer.status >= 200 && answer.status < 300 && content) return content;
    const { refusal } = await import("./refusal.ts");
    throw refusal(answer, content, url, about);
  }

  #nonsense(command: string): CliError {
    return new CliError("the gateway's answer makes no sense", {
      exitCode: 2,
      where: `${this.#connection.base}/${command}`,
      next: "check that the address is a Halfkey gateway's",
    });
  }
}
