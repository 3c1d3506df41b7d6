"""docs/OPERATIONS.md: every operation of the vendors' clients is in it, and what it says works."""

import fnmatch
import json
import re
import shlex

import boto3
import ibm_boto3
import obs
import pytest

from bucket_under_test import FORMS, names, stores  # noqa: F401 (fixtures)
from deadlines import run
from mounts import WINDLASS
from object_under_test import Objects
from stores import ROOT

DOCS = ROOT / "docs"
VENDORS = {"S3": "s3", "Huawei OBS": "obs", "IBM COS": "cos", "CTYun OOS": "oos"}
# Methods of Huawei's client that are no operations of the store.
NO_OPERATIONS = {"bucketClient", "check_file_path", "close", "get_shadow_client", "initLog", "init_session", "refresh"}
# What only asks can be run without harm.
ASKS = re.compile(
    r"bucket \S+ get|bucket (list|info)|object (list|stat|get|cat|presign|form)|object \S+ (get|list)|versions list|access-key list|doctor|ls|du|cp URL")
# Only Ceph tells these of a bucket, and of IBM only its Resource Configuration, with an API key.
NOT_HERE = {("s3", "bucket quota get"), ("s3", "bucket storage-info get"), ("cos", "bucket quota get"), ("cos", "bucket storage-info get"),
            ("cos", "bucket firewall get")}


class Row:
    """A line of the table: operations, and how they are done."""

    def __init__(self, line):
        self.text, _, self.way = (cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split(" | "))
        self.operations = set(re.findall(r"\w+", self.text))
        self.commands = [command for command in re.findall(r"`([^`]+)`", self.way) if command.startswith("windlass ")]

    @property
    def is_without(self):
        return self.way == "-"


def rows():
    """Vendor -> its rows."""
    found = {vendor: [] for vendor in VENDORS.values()}
    vendor = None
    for line in (DOCS / "OPERATIONS.md").read_text().splitlines():
        if line.startswith("## "):
            vendor = VENDORS[line[3:].split(":")[0]]
        elif line.startswith("| ") and not line.startswith("| operation "):
            found[vendor].append(Row(line))
    return found


def exceptions():
    """(vendors, patterns, reason) of each line of what no command does."""
    section = (DOCS / "DIALECTS.md").read_text().split("## Operations without a command")[1].split("\n## ")[0]
    found = []
    for line in section.splitlines():
        if line.startswith("| ") and not line.startswith("| what "):
            _, vendors, patterns, reason = (cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split(" | "))
            found.append(({VENDORS[vendor] for vendor in vendors.split(", ")}, patterns.split(", "), reason))
    return found


ROWS = rows()
EXCEPTIONS = exceptions()
COMMANDS = sorted({command for vendor in ROWS.values() for row in vendor for command in row.commands})


@pytest.fixture(scope="module")
def described():
    """What the program says of its commands: words -> (options, whether values follow them, arguments)."""
    found = {}

    def take(command, path):
        options, arguments = {}, 0
        for argument in command.get("arguments", []):
            for name in argument.get("names", []):
                options[("-" if name["kind"] == "short" else "--") + name["name"]] = argument["kind"] == "option"
            if argument["kind"] == "positional":
                arguments = 99 if argument.get("isRepeating") else arguments + 1
        found[path] = (options, arguments)
        for below in command.get("subcommands", []):
            take(below, (*path, below["commandName"]))

    done = run([WINDLASS, "--experimental-dump-help"], timeout=20)
    take(json.loads(done.stdout)["command"], ("windlass",))
    return found


def vendors_own():
    s3 = boto3.client("s3", region_name="x", aws_access_key_id="a", aws_secret_access_key="b")
    cos = ibm_boto3.client("s3", endpoint_url="http://x", aws_access_key_id="a", aws_secret_access_key="b")
    methods = {name for name in dir(obs.ObsClient) if not name.startswith("_") and callable(getattr(obs.ObsClient, name))}
    return {
        "s3": set(s3.meta.service_model.operation_names), "cos": set(cos.meta.service_model.operation_names), "obs": methods - NO_OPERATIONS}


@pytest.mark.parametrize("vendor", ["s3", "obs", "cos"])
def test_every_operation_of_the_vendors_client_is_there(vendor):
    named = set().union(*(row.operations for row in ROWS[vendor]))
    missing = vendors_own()[vendor] - named
    assert not missing, f"docs/OPERATIONS.md does not say how to do {sorted(missing)}"


@pytest.mark.parametrize("vendor", VENDORS.values())
def test_every_setting_that_a_command_has_is_there(vendor):
    table = [line.split() for line in run([WINDLASS, "bucket", "features"], timeout=20).stdout.splitlines()]
    column = [name.lower() for name in table[0]].index(vendor)
    commands = {" ".join(shlex.split(command)[1:4]) for row in ROWS[vendor] for command in row.commands}
    for row in table[1:]:
        for verb in row[column].split(",") if row[column] != "-" else []:
            # Amazon and its followers have no request that takes these away.
            if verb != "delete" or row[0] not in ("object-lock", "logging", "notification", "quota", "request-payment", "accelerate"):
                assert f"bucket {row[0]} {verb}" in commands, (vendor, row[0], verb)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_there_with_its_options(command, described):
    words = shlex.split(command)
    path = ()
    while words and (*path, words[0]) in described:
        path += (words.pop(0),)
    assert len(path) > 1, f"there is no command {command}"
    options, most = described[path]
    arguments = 0
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            assert word in options, f"{' '.join(path)} does not take {word}"
            if options[word]:
                words.pop(0)
        else:
            arguments += 1
    assert arguments <= most, f"{command} has too many arguments"


def test_what_no_command_does_has_its_reason():
    for vendor, table in ROWS.items():
        patterns = [pattern for vendors, patterns, _ in EXCEPTIONS if vendor in vendors for pattern in patterns]
        for row in table:
            for name in [row.text] if " " in row.text and "," not in row.text else row.text.split(", "):
                is_excepted = any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
                assert is_excepted == row.is_without, f"{vendor} {name}: docs/DIALECTS.md and docs/OPERATIONS.md do not agree"


def test_every_reason_is_for_something():
    for vendors, patterns, reason in EXCEPTIONS:
        assert reason
        for pattern in patterns:
            for vendor in vendors:
                assert any(fnmatch.fnmatchcase(name, pattern) for row in ROWS[vendor] if row.is_without for name in row.text.split(", ")), pattern


@pytest.mark.parametrize("vendor", VENDORS.values())
def test_what_only_asks_is_answered(vendor, stores, tmp_path):
    form = FORMS[vendor]
    bucket = Objects(form, stores(form.dialect), tmp_path, *(("--object-lock",) if vendor in ("s3", "obs") else ()))
    bucket.vendor.put(bucket.name, "folder/key", b"0123456789")
    known = {
        "BUCKET": f"{form.dialect}://{bucket.name}", "BUCKET/KEY": bucket.address("folder/key"), "URL": bucket.address("folder/key"),
        "FILE": str(tmp_path / "file")}
    asked = 0
    for command in sorted({command for row in ROWS[vendor] for command in row.commands}):
        words = shlex.split(command)[1:]
        if not ASKS.match(" ".join(words)) or "--image-process" in words:
            continue
        wanted = (4,) if (vendor, " ".join(words[:3])) in NOT_HERE else (0,)
        place = ["--dialect", form.dialect] if "BUCKET" not in command and "URL" not in command else []
        done = run(
            [WINDLASS, *(known.get(word, word) for word in words), *place, "--endpoint", bucket.endpoint.url, "--max-retries", "1"],
            check=False, timeout=60, env=bucket.endpoint.environment(tmp_path) | {"OOS_IAM_ENDPOINT": bucket.store.endpoint.url})
        assert done.returncode in wanted, (command, done.returncode, done.stderr)
        asked += 1
    assert asked > 20


def test_the_checks_notice():
    """A table with a hole, a reason for nothing."""
    assert Row("| GetTorrent | `GET /` | - |").is_without
    assert not Row("| a, b | `GET /` | `windlass ls URL`; `ls` |").is_without
    assert Row("| a, b | `GET /` | `windlass ls URL`; `ls` |").operations == {"a", "b"}
    assert not any(fnmatch.fnmatchcase("PutObject", pattern) for _, patterns, _ in EXCEPTIONS for pattern in patterns)
