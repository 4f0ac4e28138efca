import assert from "node:assert/strict";
import type { DevJson } from "./product.ts";
import { type SdkCall, sdkCallDemands, sdkCalls } from "./sdk-calls.ts";

/** What a session program reads from standard input. */
export interface SdkSessionInput {
  readonly akeylessUrl: string;
  readonly caFile: string;
  readonly accessId: string;
  readonly accessKey: string;
  /** Where its items live. */
  readonly folder: string;
  /** The largest value there may be. */
  readonly largeBytes: number;
  /** Other base URLs for the same API. */
  readonly bases: readonly string[];
  /** Further commands, for the session to send one after the other. */
  readonly calls: readonly SdkCall[];
}

/** How one step of a session ended: with the SDK's reply, or with the error that the SDK threw. */
export interface SdkStep {
  readonly reply?: unknown;
  readonly status?: number;
  readonly body?: Record<string, unknown>;
  /** Of the header `halfkey-code`. */
  readonly code?: string;
}

/** What a session program writes to standard output: its steps by name. */
export type SdkTranscript = Readonly<Record<string, SdkStep>>;

const mounts = [
  ...["/v2", "/api/v2", "/akeyless-api", "/akeyless-api/api/v2", ""],
  ...["/akeyless-api/v2/", "/v2/", "//akeyless-api//v2", "/"],
];

export function sdkSessionInput(dev: DevJson, folder: string): SdkSessionInput {
  const { akeylessUrl, gatewayUrl, caFile, accessId, accessKey } = dev;
  const bases = mounts.map((mount) => `${gatewayUrl}${mount}`);
  return {
    akeylessUrl,
    caFile,
    accessId,
    accessKey,
    folder,
    largeBytes: 1_048_576,
    bases,
    calls: sdkCalls(folder),
  };
}

/** Every demand on a transcript, by name. Both SDKs do the same steps, so both answer to this list. */
export function sdkDemands(input: SdkSessionInput): [string, (transcript: SdkTranscript) => void][] {
  const { folder } = input;
  const alpha = `${folder}/alpha`;
  const beta = `${folder}/sub/beta`;
  const large = `${folder}/large`;
  const first = "first – wert\n✓";
  const json = '{"user":"u","n":1}';

  const step = (transcript: SdkTranscript, name: string): SdkStep => {
    const found = transcript[name];
    assert(found, `the session has no step ${name}`);
    return found;
  };
  const reply = (transcript: SdkTranscript, name: string) => {
    const { reply: content, ...failure } = step(transcript, name);
    assert.deepEqual(failure, {}, name);
    return content as Record<string, unknown>;
  };
  const replies = (expected: Record<string, unknown>) => (transcript: SdkTranscript) => {
    for (const [name, content] of Object.entries(expected))
      assert.deepEqual(reply(transcript, name), content, name);
  };
  const names = (transcript: SdkTranscript, name: string) => {
    const items = reply(transcript, name).items as { item_name: string }[] | null;
    return items?.map((item) => item.item_name) ?? null;
  };
  /** The error's whole body is its text, and for describe-item the mark that older operators need. */
  const refuses = (
    status: number,
    code: string,
    text: RegExp,
    steps: readonly string[],
    more: Record<string, unknown> = {},
  ) => {
    return (transcript: SdkTranscript) => {
      for (const name of steps) {
        const found = step(transcript, name);
        assert.equal(found.status, status, `${name}: ${JSON.stringify(found)}`);
        assert.equal(found.code, code, name);
        const { error, ...rest } = found.body ?? {};
        assert.match(String(error), text, name);
        assert.deepEqual(rest, more, name);
      }
    };
  };

  return [
    ...sdkCallDemands(folder),
    [
      "auth gives a token",
      (transcript) => assert.match(String(reply(transcript, "auth").token), /^t-[\w-]{80,}$/),
    ],
    [
      "create-secret answers with the name as it was given",
      (transcript) => {
        assert.equal(reply(transcript, "create").name, alpha);
        assert.equal(reply(transcript, "create without slash").name, beta.slice(1));
        assert.equal(reply(transcript, "create large").name, large);
      },
    ],
    [
      "get-secret-value answers under the names as they were asked",
      replies({
        get: { [alpha]: first },
        "get without slash": { [alpha.slice(1)]: first },
        "get several": { [alpha]: first, [beta]: json },
        "get large": true,
      }),
    ],
    [
      "update-secret-val makes a new version and keeps the old one",
      (transcript) => {
        assert.equal(reply(transcript, "update").name, alpha);
        replies({ "get updated": { [alpha]: "second wert" }, "get version 1": { [alpha]: first } })(
          transcript,
        );
      },
    ],
    [
      "describe-item tells the item without its value",
      (transcript) => {
        const item = reply(transcript, "describe");
        assert.equal(item.item_name, alpha);
        assert.equal(item.item_type, "STATIC_SECRET");
        assert.equal(item.item_metadata, "the first one");
        assert.deepEqual(item.item_tags, ["blue", "k8s"]);
        assert.equal(item.last_version, 2);
        assert.equal(item.with_customer_fragment, true);
        assert.match(String(item.customer_fragment_id), /^cf-[a-z2-7]{16}$/);
        assert(Number.isSafeInteger(item.item_id));
        assert.doesNotMatch(JSON.stringify(item), /wert/);
        const versions = reply(transcript, "describe versions").item_versions as { version: number }[];
        assert.deepEqual(versions.map(({ version }) => version).sort(), [1, 2]);
      },
    ],
    [
      "list-items finds by path, filter, tag and type",
      (transcript) => {
        assert.deepEqual(names(transcript, "list by path"), [alpha, large, beta]);
        assert.deepEqual(names(transcript, "list by filter"), [alpha]);
        assert.deepEqual(names(transcript, "list by tag"), [alpha]);
        assert.deepEqual(names(transcript, "list by type"), [alpha, large, beta]);
        assert.equal(names(transcript, "list keys"), null);
        assert.equal(reply(transcript, "list by path").next_page, "");
      },
    ],
    [
      "401 for wrong credentials, the same whether the access id is known",
      (transcript) => {
        const steps = ["wrong access key", "unknown access id"];
        refuses(401, "E_TOKEN", /401 Unauthorized.*UnauthorizedAccess/, steps)(transcript);
        assert.deepEqual(...(steps.map((name) => transcript[name]) as [unknown, unknown]));
      },
    ],
    [
      "401 for a token that is damaged or missing",
      (transcript) => {
        refuses(401, "E_TOKEN", /token/, ["damaged token", "no token"])(transcript);
        refuses(401, "E_TOKEN", /token/, ["describe with a bad token"], { item_name: false })(transcript);
      },
    ],
    [
      "404 for what is absent, and only then",
      refuses(404, "E_NOT_FOUND", /404 Not Found.*NotFound/, [
        ...["get absent", "get one absent of two", "get absent version", "describe absent"],
        ...["update absent", "delete absent", "get deleted"],
      ]),
    ],
    ["409 for a name that exists", refuses(409, "E_EXISTS", /already exists/, ["create twice"])],
    [
      "409 for an update on top of another version than the last",
      refuses(409, "E_CONFLICT", /version/, ["update stale"]),
    ],
    [
      "400 for fields that are missing or of a wrong type, naming the field",
      (transcript) => {
        refuses(400, "E_INPUT", /names/, ["names of a wrong type", "names missing"])(transcript);
        refuses(400, "E_INPUT", /version/, ["version of a wrong type"])(transcript);
        refuses(400, "E_INPUT", /name/, ["name missing"])(transcript);
        refuses(400, "E_INPUT", /access-key/, ["auth without key"])(transcript);
        refuses(400, "E_PATH", /\.\./, ["path with dots"])(transcript);
      },
    ],
    ["413 for a value above 1 MiB", refuses(413, "E_TOO_LARGE", /1,?048,?576|1 MiB/, ["create too large"])],
    [
      "501 for a command that is not built, 400 for one that does not exist",
      (transcript) => {
        refuses(501, "E_UNSUPPORTED", /not supported/, ["unbuilt command"])(transcript);
        refuses(400, "E_ROUTE", /unknown command/, ["unknown command"])(transcript);
      },
    ],
    [
      "the API answers at every mount, with trailing and with double slashes",
      replies(Object.fromEntries(input.bases.map((base) => [`base ${base}`, { [alpha]: "second wert" }]))),
    ],
    [
      "delete-item takes the item away at once",
      (transcript) => {
        const deleted = reply(transcript, "delete");
        assert.equal(deleted.item_name, alpha);
        assert.equal(deleted.item_id, reply(transcript, "describe").item_id);
        assert.deepEqual(names(transcript, "list after delete"), [large, beta]);
      },
    ],
  ];
}
