// What a user's program does with the official SDK from npm. It runs as a process of its own, because Node reads
// NODE_EXTRA_CA_CERTS once; input and transcript are JSON, told in test/support/sdk-session.ts.
import { text } from "node:stream/consumers";
import akeyless from "akeyless";

const { akeylessUrl, bases, calls, accessId, accessKey, folder, largeBytes } = JSON.parse(
  await text(process.stdin),
);
const transcript = {};

/** Does one thing and keeps how it ended. */
async function step(name, call) {
  try {
    transcript[name] = { reply: await call() };
  } catch (error) {
    if (error.status === undefined) throw error;
    transcript[name] = {
      status: error.status,
      body: error.body,
      code: error.response.headers["halfkey-code"],
    };
  }
  return transcript[name].reply;
}

/** A base URL as a user types it: the constructor would tidy it up. */
function clientOf(base) {
  const client = new akeyless.ApiClient();
  client.basePath = base;
  return client;
}

const client = clientOf(akeylessUrl);
const api = new akeyless.V2Api(client);
const make = (model, fields) => akeyless[model].constructFromObject(fields);
const credentials = { "access-id": accessId, "access-key": accessKey };
const alpha = `${folder}/alpha`;
const beta = `${folder}/sub/beta`;
const large = `${folder}/large`;
const largeValue = "x".repeat(largeBytes);

const { token } = await step("auth", () => api.auth(make("Auth", credentials)));
const create = (fields) => api.createSecret(make("CreateSecret", { token, ...fields }));
const get = (fields) => api.getSecretValue(make("GetSecretValue", { token, ...fields }));
const describe = (fields) => api.describeItem(make("DescribeItem", { token, ...fields }));
const update = (fields) => api.updateSecretVal(make("UpdateSecretVal", { token, ...fields }));
const list = (fields) => api.listItems(make("ListItems", { token, ...fields }));
const remove = (fields) => api.deleteItem(make("DeleteItem", { token, ...fields }));

await step("create", () =>
  create({ name: alpha, value: "first – wert\n✓", tags: ["blue", "k8s"], description: "the first one" }),
);
await step("create without slash", () => create({ name: beta.slice(1), value: '{"user":"u","n":1}' }));
await step("create large", () => create({ name: large, value: largeValue }));
await step("get", () => get({ names: [alpha] }));
await step("get without slash", () => get({ names: [alpha.slice(1)] }));
await step("get several", () => get({ names: [alpha, beta] }));
await step("get large", async () => (await get({ names: [large] }))[large] === largeValue);
await step("update", () => update({ name: alpha, value: "second wert" }));
await step("get updated", () => get({ names: [alpha] }));
await step("get version 1", () => get({ names: [alpha], version: 1 }));
await step("describe", () => describe({ name: alpha }));
await step("describe versions", () => describe({ name: alpha, "show-versions": true }));
await step("list by path", () => list({ path: folder }));
await step("list by filter", () => list({ filter: "alpha", "minimal-view": true, path: folder }));
await step("list by tag", () => list({ tag: "blue", path: folder }));
await step("list by type", () => list({ type: ["static-secret"], path: folder, "minimal-view": true }));
await step("list keys", () => list({ type: ["key"], path: folder }));

await step("wrong access key", () =>
  api.auth(
    make("Auth", { ...credentials, "access-key": accessKey.replace(/^./, (c) => (c === "A" ? "B" : "A")) }),
  ),
);
await step("unknown access id", () =>
  api.auth(make("Auth", { ...credentials, "access-id": "p-nobodynobody" })),
);
await step("auth without key", () => api.auth(make("Auth", { "access-id": accessId })));
await step("damaged token", () =>
  get({ names: [alpha], token: `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}` }),
);
await step("no token", () => get({ names: [alpha], token: undefined }));
await step("describe with a bad token", () => describe({ name: alpha, token: "t-bad" }));
await step("get absent", () => get({ names: [`${folder}/absent`] }));
await step("get one absent of two", () => get({ names: [alpha, `${folder}/absent`] }));
await step("get absent version", () => get({ names: [alpha], version: 9 }));
await step("describe absent", () => describe({ name: `${folder}/absent` }));
await step("update absent", () => update({ name: `${folder}/absent`, value: "x" }));
await step("delete absent", () => remove({ name: `${folder}/absent` }));
await step("create twice", () => create({ name: alpha, value: "again" }));
await step("update stale", () => update({ name: alpha, value: "again", "last-version": 1 }));
// Shapes that the models would not let through: what a program written by hand sends.
await step("names of a wrong type", () => api.getSecretValue({ token, names: { a: 1 } }));
await step("version of a wrong type", () => api.getSecretValue({ token, names: [alpha], version: "new" }));
await step("names missing", () => api.getSecretValue({ token }));
await step("name missing", () => api.createSecret({ token, value: "x" }));
await step("path with dots", () => create({ name: `${folder}/../x`, value: "x" }));
await step("create too large", () => create({ name: `${folder}/huge`, value: `${largeValue}x` }));
await step("unbuilt command", () => api.uscList(make("UscList", { token, "usc-name": "any" })));
await step("unknown command", () =>
  client.callApi(
    "/no-such-command",
    "POST",
    {},
    {},
    {},
    {},
    { token },
    [],
    ["application/json"],
    ["application/json"],
    Object,
    null,
  ),
);

for (const base of bases) {
  await step(`base ${base}`, async () => {
    const other = new akeyless.V2Api(clientOf(base));
    const login = await other.auth(make("Auth", credentials));
    return other.getSecretValue(make("GetSecretValue", { token: login.token, names: [alpha] }));
  });
}

const upper = (text) => text.replace(/(^|-)(.)/g, (_, _dash, letter) => letter.toUpperCase());
for (const { step: name, command, fields, model = upper(command) } of calls) {
  const method = model.replace(/^./, (letter) => letter.toLowerCase());
  await step(name, () => api[method](make(model, { token, ...fields })));
}

await step("delete", () => remove({ name: alpha }));
await step("get deleted", () => get({ names: [alpha] }));
await step("list after delete", () => list({ path: folder, "minimal-view": true }));
process.stdout.write(JSON.stringify(transcript));
