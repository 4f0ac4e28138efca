import type { Agent } from "node:https";
import { CliError } from "./cli-error.ts";
import type { Context } from "./command.ts";
import { type Connection, type ConnectionOverrides, findConnection, ownBase } from "./connection.ts";
import { type Answer, makeAgent, postJson } from "./post-json.ts";
import { printable } from "./printable.ts";
import { parseObject } from "./profile.ts";
import { write } from "./terminal.ts";

const timeoutMilliseconds = 30_000;

/** What accompanies every request, made from a command's context by {@link companyOf}. */
export interface Company {
  /** Shows that a request takes long; returns what ends that. */
  wait?: () => Promise<() => void>;
  /** One line about an answer that came, without tokens and values. */
  trace?: (line: string) => Promise<void>;
  /** Throws a curl command in place of sending. */
  onlyCurl?: boolean;
  /** Default: 30 s. */
  timeoutMilliseconds?: number;
}

/** What a request was about, for its error; `changes` says that a lost answer leaves it open what happened. */
export interface About {
  path?: string;
  changes?: boolean;
  /** It is meant to take long, so nobody is told that it does. */
  patient?: boolean;
}

/** @throws {CliError} if none is configured. Nothing is sent yet. */
export async function connect(context: Context, overrides?: ConnectionOverrides): Promise<Gateway> {
  const { globals, terminal } = context;
  const connection = findConnection({ ...context, overrides });
  if (globals.verbose || globals.debug) {
    const words = `gateway ${connection.base}, from ${connection.source}`;
    await write(terminal.error, `halfkey: ${printable(words)}\n`);
  }
  if (globals.token && !globals["output-curl"]) {
    const warning =
      "halfkey: warning: other users can see the token in the process list; HALFKEY_TOKEN hides it\n";
    await write(terminal.error, warning);
  }
  return new Gateway(connection, companyOf(context));
}

export function companyOf({ globals, terminal, environment }: Context): Company {
  return {
    ...(terminal.error.isTTY
      ? { wait: async () => (await import("./waiting.ts")).showWaiting(terminal.error, environment) }
      : {}),
    ...(globals.debug
      ? { trace: (line) => write(terminal.error, `halfkey: debug: ${printable(line)}\n`) }
      : {}),
    onlyCurl: globals["output-curl"],
  };
}

/** The gateway as one caller sees it. It logs in on the first call and keeps the token. */
export class Gateway {
  readonly #connection: Connection;
  readonly #company: Company;
  readonly #agent: Agent | undefined;
  #token: string | undefined;

  constructor(connection: Connection, company: Company = {}) {
    this.#connection = connection;
    this.#company = company;
    this.#agent = connection.base.startsWith("https:") ? makeAgent(connection.ca) : undefined;
  }

  /**
   * One command of the Akeyless-compatible API.
   *
   * @param command Such as `get-secret-value`.
   * @param fields Its body, without the token.
   * @throws {ServerRefusal} if the gateway says no; {@link CliError} with exit code 2 if it cannot be reached.
   */
  async call(command: string, fields: object, about: About = {}): Promise<Record<string, unknown>> {
    const url = this.#urlOf(command);
    const answer = await this.#post(url, await this.#withToken(fields), about);
    if (typeof answer === "object" && answer !== null && !Array.isArray(answer)) {
      return answer as Record<string, unknown>;
    }
    throw this.#nonsense(url);
  }

  /** The same, for a command that answers with a list. */
  async callForList(command: string, fields: object, about: About = {}): Promise<unknown[]> {
    const url = this.#urlOf(command);
    const answer = await this.#post(url, await this.#withToken(fields), about);
    // A list without entries may come as null.
    if (Array.isArray(answer) || answer === null) return answer ?? [];
    throw this.#nonsense(url);
  }

  /** One command of Halfkey's own API, such as `undelete`. @throws as {@link Gateway.call} */
  async callOwn<T = Record<string, unknown>>(command: string, fields: object, about: About = {}): Promise<T> {
    const url = new URL(`${ownBase(this.#connection.base)}/${command}`);
    return (await this.#post(url, await this.#withToken(fields), about)) as T;
  }

  /** @returns the token. @throws as {@link Gateway.call} */
  async logIn(): Promise<string> {
    return this.#token ?? String((await this.authenticate()).token);
  }

  /** Trades the credentials for a token, also if there is one already. @returns the whole answer. */
  async authenticate(): Promise<Record<string, unknown>> {
    const { credentials } = this.#connection;
    if ("token" in credentials) {
      this.#token = credentials.token;
      return { token: this.#token };
    }
    const { accessId, accessKey } = credentials;
    const url = this.#urlOf("auth");
    const fields = { "access-type": "access_key", "access-id": accessId, "access-key": accessKey };
    const answer = (await this.#post(url, fields, {})) as Record<string, unknown> | null;
    if (typeof answer?.token !== "string") throw this.#nonsense(url);
    this.#token = answer.token;
    return answer;
  }

  close(): void {
    this.#agent?.destroy();
  }

  #urlOf(command: string): URL {
    return new URL(`${this.#connection.base}/${command}`);
  }

  async #withToken(fields: object): Promise<object> {
    return { ...fields, token: this.#company.onlyCurl ? "" : await this.logIn() };
  }

  async #post(url: URL, body: object, about: About): Promise<unknown> {
    const { onlyCurl, trace, wait, timeoutMilliseconds: own = timeoutMilliseconds } = this.#company;
    if (onlyCurl) throw (await import("./curl-command.ts")).curlCommand(url, body, this.#connection);
    const begun = Date.now();
    const endWait = about.patient ? undefined : await wait?.();
    let answer: Answer;
    try {
      answer = await postJson(url, body, { agent: this.#agent, timeoutMilliseconds: own });
    } catch (error) {
      await trace?.(`POST ${url.href}: no answer, ${Date.now() - begun} ms`);
      const { unreachable } = await import("./unreachable.ts");
      throw unreachable(error, url, this.#connection, about);
    } finally {
      endWait?.();
    }
    await trace?.(traceLine(url, body, answer, Date.now() - begun));
    const content = parseJson(answer.body.toString("utf8"));
    if (answer.status >= 200 && answer.status < 300 && content !== undefined) return content;
    const { refusal } = await import("./refusal.ts");
    throw refusal(answer, parseObject(answer.body.toString("utf8")), url, about);
  }

  #nonsense(url: URL): CliError {
    return new CliError("the gateway's answer makes no sense", {
      exitCode: 2,
      where: url.href,
      next: "check that the address is a Halfkey gateway's",
    });
  }
}

/** The fields' names without their content, and the size of the answer without the answer. */
function traceLine(
  url: URL,
  body: object,
  { status, headers, body: bytes }: Answer,
  milliseconds: number,
): string {
  const request = headers["halfkey-request"];
  return [
    `POST ${url.href} with ${Object.keys(body).join(", ")}: status ${status}`,
    `${bytes.length} bytes`,
    ...(request ? [`request ${request}`] : []),
    `${milliseconds} ms`,
  ].join(", ");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
