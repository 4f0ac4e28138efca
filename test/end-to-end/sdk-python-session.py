# What a user's program does with the official SDK from PyPI; the steps are those of sdk-npm-session.mjs. Input and
# transcript are JSON, told in test/support/sdk-session.ts.
import json
import re
import sys

import akeyless

given = json.load(sys.stdin)
folder = given["folder"]
transcript = {}


def step(name, call):
    """Does one thing and keeps how it ended."""
    try:
        reply = call()
    except akeyless.ApiException as error:
        body = json.loads(error.body)
        transcript[name] = {"status": error.status, "body": body, "code": error.headers.get("halfkey-code")}
        return None
    transcript[name] = {"reply": reply.to_dict() if hasattr(reply, "to_dict") else reply}
    return reply


def client_of(base):
    configuration = akeyless.Configuration(host=base)
    configuration.ssl_ca_cert = given["caFile"]
    return akeyless.ApiClient(configuration)


client = client_of(given["akeylessUrl"])
api = akeyless.V2Api(client)
access_id, access_key = given["accessId"], given["accessKey"]
alpha = folder + "/alpha"
beta = folder + "/sub/beta"
large = folder + "/large"
large_value = "x" * given["largeBytes"]


def log_in(api=api, access_id=access_id, access_key=access_key):
    return api.auth(akeyless.Auth(access_id=access_id, access_key=access_key))


token = step("auth", log_in).token


def create(token=token, **fields):
    return api.create_secret(akeyless.CreateSecret(token=token, **fields))


def get(api=api, token=token, **fields):
    return api.get_secret_value(akeyless.GetSecretValue(token=token, **fields))


def describe(token=token, **fields):
    return api.describe_item(akeyless.DescribeItem(token=token, **fields))


def update(**fields):
    return api.update_secret_val(akeyless.UpdateSecretVal(token=token, **fields))


def list_items(**fields):
    return api.list_items(akeyless.ListItems(token=token, **fields))


def remove(**fields):
    return api.delete_item(akeyless.DeleteItem(token=token, **fields))


def other(text, place):
    """The text with another character at the place."""
    characters = list(text)
    characters[place] = "B" if characters[place] == "A" else "A"
    return "".join(characters)


step(
    "create",
    lambda: create(name=alpha, value="first – wert\n✓", tags=["blue", "k8s"], description="the first one"),
)
step("create without slash", lambda: create(name=beta[1:], value='{"user":"u","n":1}'))
step("create large", lambda: create(name=large, value=large_value))
step("get", lambda: get(names=[alpha]))
step("get without slash", lambda: get(names=[alpha[1:]]))
step("get several", lambda: get(names=[alpha, beta]))
step("get large", lambda: get(names=[large])[large] == large_value)
step("update", lambda: update(name=alpha, value="second wert"))
step("get updated", lambda: get(names=[alpha]))
step("get version 1", lambda: get(names=[alpha], version=1))
step("describe", lambda: describe(name=alpha))
step("describe versions", lambda: describe(name=alpha, show_versions=True))
step("list by path", lambda: list_items(path=folder))
step("list by filter", lambda: list_items(filter="alpha", minimal_view=True, path=folder))
step("list by tag", lambda: list_items(tag="blue", path=folder))
step("list by type", lambda: list_items(type=["static-secret"], path=folder, minimal_view=True))
step("list keys", lambda: list_items(type=["key"], path=folder))

step("wrong access key", lambda: log_in(access_key=other(access_key, 0)))
step("unknown access id", lambda: log_in(access_id="p-nobodynobody"))
step("auth without key", lambda: log_in(access_key=None))
step("damaged token", lambda: get(names=[alpha], token=other(token, -1)))
step("no token", lambda: get(names=[alpha], token=None))
step("describe with a bad token", lambda: describe(name=alpha, token="t-bad"))
step("get absent", lambda: get(names=[folder + "/absent"]))
step("get one absent of two", lambda: get(names=[alpha, folder + "/absent"]))
step("get absent version", lambda: get(names=[alpha], version=9))
step("describe absent", lambda: describe(name=folder + "/absent"))
step("update absent", lambda: update(name=folder + "/absent", value="x"))
step("delete absent", lambda: remove(name=folder + "/absent"))
step("create twice", lambda: create(name=alpha, value="again"))
step("update stale", lambda: update(name=alpha, value="again", last_version=1))
# Shapes that the models would not let through: what a program written by hand sends.
step("names of a wrong type", lambda: api.get_secret_value({"token": token, "names": {"a": 1}}))
step("version of a wrong type", lambda: api.get_secret_value({"token": token, "names": [alpha], "version": "new"}))
step("names missing", lambda: api.get_secret_value({"token": token}))
step("name missing", lambda: api.create_secret({"token": token, "value": "x"}))
step("path with dots", lambda: create(name=folder + "/../x", value="x"))
step("create too large", lambda: create(name=folder + "/huge", value=large_value + "x"))
step("unbuilt command", lambda: api.usc_list(akeyless.UscList(usc_name="any", token=token)))
step(
    "unknown command",
    lambda: client.call_api(
        "/no-such-command",
        "POST",
        header_params={"Content-Type": "application/json"},
        body={"token": token},
        response_type="object",
    ),
)

for base in given["bases"]:

    def session():
        other_api = akeyless.V2Api(client_of(base))
        return get(api=other_api, token=log_in(other_api).token, names=[alpha])

    step("base " + base, session)

for sent in given["calls"]:

    def send():
        # The SDK names its methods after its models.
        model = sent.get("model", "".join(part.capitalize() for part in sent["command"].split("-")))
        method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model).lower()
        fields = {field.replace("-", "_"): value for field, value in sent["fields"].items()}
        return getattr(api, method)(getattr(akeyless, model)(token=token, **fields))

    step(sent["step"], send)

step("delete", lambda: remove(name=alpha))
step("get deleted", lambda: get(names=[alpha]))
step("list after delete", lambda: list_items(path=folder, minimal_view=True))
json.dump(transcript, sys.stdout, default=str)
