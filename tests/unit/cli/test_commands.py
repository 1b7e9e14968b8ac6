"""The command line where no LocalStack is needed: options, usage, files, names, start-up."""

import json
import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from typing import get_args

import pytest

from localstack_outages.cli.main import outages, run
from localstack_outages.cli.rule_options import rule_document
from localstack_outages.cli.settings import DEFAULT_TIMEOUT_SECONDS
from localstack_outages.cli.start_stop import start
from localstack_outages.client.client import DEFAULT_TIMEOUT
from localstack_outages.schema.effect import ConnectionFault
from localstack_outages.schema.rules import Rule
from localstack_outages.schema.vocabulary import FLAGS

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """No LocalStack is reached by accident."""
    monkeypatch.setenv("OUTAGES_ENDPOINT", NOWHERE)


def document(*arguments):
    """Give the rule that options of ``start`` stand for."""
    context = start.make_context("start", list(arguments))
    return rule_document(context.params)


def test_the_options_of_start_are_the_fields_of_a_rule():
    """Each field of a rule but the service has an option, and each option its field."""
    context = start.make_context(
        "start",
        [
            *("s3", "--region", "us-*", "--operation", "Put*", "--account", "000000000001"),
            *("--principal", "*:role/a", "--condition", "Bucket == 'a'", "--origin", "external"),
            *(
                "--error",
                "SlowDown",
                "--page",
                "2",
                "--call",
                "3",
                "--retry-after",
                "2s",
                "--skew",
                "-1h",
            ),
            *("--header", "x-test-id: run-7", "--header", "x-team:pay*"),
            *("--latency", "1-3s", "--throttle", "5/10", "--connection", "reset"),
            *("--payload", "truncate:9,bandwidth:100"),
            *("--sequence", "throttling,pass", "--probability", "20%", "--seed", "7"),
            *("--times", "3", "--after", "1m", "--for", "PT5M", "--flap", "5s/10s"),
            *("--description", "a drill"),
        ],
    )
    expected = {
        "region": "us-*",
        "operation": "Put*",
        "account": "000000000001",
        "principal": "*:role/a",
        "header": {"x-test-id": "run-7", "x-team": "pay*"},
        "condition": "Bucket == 'a'",
        "page": 2,
        "call": 3,
        "retryAfter": 2,
        "skew": -3600,
        "origin": "external",
        "error": {"code": "SlowDown"},
        "latency": {"min": 1000, "max": 3000},
        "throttle": {"rate": 5, "burst": 10},
        "connection": "reset",
        "payload": {"truncate": 9, "bandwidth": 100},
        "sequence": ["throttling", "pass"],
        "probability": 0.2,
        "seed": 7,
        "times": 3,
        "after": 60,
        "duration": 300,
        "flap": {"down": 5, "up": 10},
        "description": "a drill",
    }

    assert expected == rule_document(context.params)
    # They cannot stand beside a throttle.
    assert set(Rule.model_fields) == {"service", "listing", "partial", "phase", *expected}


def test_what_is_not_given_is_left_out():
    """A rule has only the fields that were asked for."""
    assert {"times": 1} == document("s3", "--times", "1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["start"], "name a service, such as s3; '*' means all"),
        (["start", "a b"], "Invalid value for 'SERVICE': 'a b' is not made of letters"),
        (["start", "s3", "--for", "5x"], "'--for': '5x' is not a duration; write 90s, 5m"),
        (["start", "s3", "--for", "0"], "'--for': 0.0 is out of range: more than 0"),
        (
            ["start", "s3", "--error", "throtling"],
            "'--error': 'throtling' is not an error: did you mean 'throttling'?",
        ),
        (["start", "s3", "--error", "999:X"], "'--error': statusCode: 999 is out of range"),
        (["start", "s3", "--error", '{"cod": "X"}'], "'--error': cod: unknown field 'cod'"),
        (["start", "s3", "--latency", "-5"], "'--latency': '-5' is not a latency; write"),
        (["start", "s3", "--throttle", "0"], "'--throttle': rate: 0 is out of range"),
        (["start", "s3", "--flap", "5s"], "'--flap': '5s' is not a pair of durations"),
        (["start", "s3", "--probability", "2"], "'--probability': 2 is out of range: at most 1"),
        (["start", "s3", "--condition", "=="], "'--condition': '==' is not a JMESPath expression"),
        (["start", "s3", "--connection", "cut"], "'--connection': 'cut' is not one of 'reset'"),
        (["start", "s3", "--sequence", "fail"], "'--sequence': [0]: 'fail' is not one of"),
        (["start", "s3", "--times", "x"], "'--times': 'x' is not a valid integer"),
        (["start", "s3", "--error", "X", "--connection", "hang"], "cannot stand beside 'error'"),
        (["stop"], "name a service, --region or --id; 'clear' ends all outages"),
        (["apply", "--first", "x.json"], "--first needs --add"),
        (["watch", "--count", "0"], "'--count'"),
        (["verdicts", "--fail-on", "bad"], "'--fail-on': 'bad' is none of neverRetried"),
        (["status", "--timeout", "0"], "'--timeout': it must be more than 0 seconds"),
        (["--timeout", "x", "status"], "'--timeout': 'x' is not a duration"),
        (["status", "--endpoint", "foo"], "'foo' is no URL of LocalStack"),
        (["status", "extra"], "Got unexpected extra argument (extra)"),
        (["completion", "csh"], "'csh' is not one of 'bash', 'zsh', 'fish'"),
        (["nothing"], "No such command 'nothing'"),
    ],
)
def test_wrong_usage_is_refused(cli, arguments, message):
    """Exit code 2, the message on the standard error, and LocalStack was not asked."""
    code, output, errors = cli(*arguments)

    assert (2, "") == (code, output)
    assert message in errors
    assert "Traceback" not in errors


def test_wrong_usage_is_told_in_json(cli):
    """With --json, wherever it stands, an error is an object of code, message and path."""
    code, output, errors = cli("start", "s3", "--error", "999:X", "--json")
    path = {"path": "--error", "code": "Usage"}
    assert (2, "") == (code, output)
    assert path == {name: json.loads(errors)["error"][name] for name in path}

    code, output, errors = cli("--json", "start")
    message = "name a service, such as s3; '*' means all"
    assert (2, "") == (code, output)
    assert {"error": {"code": "Usage", "message": message, "path": ""}} == json.loads(errors)


@pytest.mark.parametrize(
    "arguments",
    [["start", "s3"], ["stop", "s3"], ["clear"], ["status"], ["watch"], ["verdicts"], ["apply"]],
)
def test_a_localstack_that_is_not_there_has_a_code_of_its_own(cli, tmp_path, arguments):
    """Exit code 3, with the address that was asked and what to look at."""
    if arguments == ["apply"]:
        path = tmp_path / "rules.json"
        path.write_text("[]")
        arguments = ["apply", str(path)]
    code, output, errors = cli(*arguments)

    assert (3, "") == (code, output)
    assert f"error: cannot reach LocalStack at {NOWHERE}: Connection refused" in errors
    assert "does --endpoint or OUTAGES_ENDPOINT point to it?" in errors


def test_options_stand_before_a_command_or_after_it(cli):
    """The endpoint is taken from either place; the later one counts."""
    for arguments in (
        ["--endpoint", "http://127.0.0.1:2", "status"],
        ["status", "--endpoint", "http://127.0.0.1:2"],
        ["--endpoint", "http://127.0.0.1:3", "status", "--endpoint", "http://127.0.0.1:2"],
    ):
        code, _, errors = cli("--json", *arguments)
        error = json.loads(errors)["error"]
        assert (3, "Unreachable") == (code, error["code"])
        assert "http://127.0.0.1:2" in error["message"]


def test_without_a_command_there_is_help(cli):
    """It lists all commands, on the standard error, and is wrong usage."""
    code, output, errors = cli()

    assert (2, "") == (code, output)
    assert set(outages.commands) == set(re.findall(r"^  (\w+)  ", errors, re.MULTILINE))


def test_every_command_and_option_has_help(cli):
    """Nothing in the help is left without a word."""
    scenarios = outages.commands["scenario"].commands
    names = [(name,) for name in outages.commands] + [("scenario", name) for name in scenarios]
    for name in names:
        command = (scenarios if len(name) > 1 else outages.commands)[name[-1]]
        code, output, _ = cli(*name, "--help")
        assert 0 == code
        assert command.help
        assert command.help.split(".")[0] in output
        assert [] == [
            p.name for p in command.params if p.param_type_name == "option" and not p.help
        ]


def test_the_words_of_options_are_those_of_a_rule():
    """What the help lists is what a rule takes."""
    metavars = {param.name: param.metavar for param in start.params if hasattr(param, "field")}

    assert "|".join(get_args(ConnectionFault)) == metavars["connection"]
    origins = get_args(Rule.model_fields["origin"].annotation)
    assert "|".join(origins) == metavars["origin"]


@pytest.mark.parametrize("name", ["rules.json", "rules.yaml"])
def test_a_file_is_checked(cli, tmp_path, name):
    """A file of valid rules is found valid, without LocalStack."""
    path = tmp_path / name
    path.write_text('[{"service": "s3"}, {"service": "sqs", "latency": 250}]')

    assert (0, f"{path}: valid, 2 rules\n", "") == cli("check", str(path))


def test_faults_are_told_with_their_places(cli, tmp_path):
    """All faults of a file are named, in words and as JSON, and the exit code is 1."""
    path = tmp_path / "rules.yaml"
    path.write_text("- service: s3\n- servce: s3\n  times: 0\n")
    unknown = "unknown field 'servce': did you mean 'service'?"
    faults = [
        {"path": "[1].times", "message": "0 is out of range: at least 1", "line": 3},
        {"path": "[1].servce", "message": unknown, "line": 2},
    ]
    lines = [f"{path}:{fault['line']}: {fault['path']}: {fault['message']}" for fault in faults]

    expected = "\n".join([*lines, f"{path}: not valid, 2 faults", ""])
    assert (1, expected, "") == cli("check", str(path))
    code, output, errors = cli("check", str(path), "--json")
    assert (1, "") == (code, errors)
    assert {
        "file": str(path),
        "valid": False,
        "rules": 0,
        "faults": faults,
        "warnings": [],
    } == json.loads(output)


def test_warnings_count_when_asked_to(cli, tmp_path):
    """A likely mistake is named; it is a failure with --strict alone."""
    path = tmp_path / "rules.yaml"
    path.write_text("- service: step-functions\n")
    message = "no service matches 'step-functions': did you mean 'stepfunctions'?"

    code, output, _ = cli("check", str(path))
    assert 0 == code
    assert (
        f"{path}:1: warning: [0].service: {message}\n{path}: valid, 1 rule, 1 warning\n" == output
    )
    code, output, _ = cli("check", "--strict", "--json", str(path))
    assert 1 == code
    warning = {"code": "UnknownService", "message": message, "path": "[0].service", "line": 1}
    assert [warning] == json.loads(output)["warnings"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "rules.json",
            '[\n\t{"service": "s3"},\n\t{\n\t\t"error": {\n\t\t\t"cod": "X"\n\t\t}\n\t}\n]',
        ),
        ("rules.yaml", "- service: s3\n- # the second\n  error:\n    # a code\n    cod: X\n"),
    ],
)
def test_a_fault_has_its_line(cli, tmp_path, name, text):
    """The line is that of the field, in JSON and in YAML, however it is laid out."""
    path = tmp_path / name
    path.write_text(text)

    _, output, _ = cli("check", str(path))
    assert f"{path}:5: [1].error.cod: unknown field 'cod'" in output


def test_what_is_missing_has_the_line_of_what_lacks_it(cli, tmp_path):
    """A list that is no list, and a field that is not there, are told where they should be."""
    path = tmp_path / "rules.yaml"
    path.write_text("# rules\n- service: s3\n\n- latency:\n    {}\n")
    _, output, _ = cli("check", str(path))
    assert f"{path}:5: [1].latency.min: " in output

    path.write_text("service: s3\n")
    _, output, _ = cli("check", str(path))
    assert output.startswith(f"{path}: ")


def test_a_long_file_has_no_lines(cli, tmp_path):
    """To find them would take longer than the check."""
    path = tmp_path / "rules.json"
    rules = [{"service": "s3", "description": "x" * 8000}] * 130
    path.write_text(json.dumps([*rules, {"servce": "s3"}]))

    _, output, _ = cli("check", str(path))
    assert output.startswith(f"{path}: [130].servce: ")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone.json", None, "No such file or directory"),
        ("folder", "folder", "Is a directory"),
        ("binary.json", b"\xfe\x00", "is not UTF-8"),
        ("binary.yaml", b"\xfe\x00", "is not valid YAML"),
        ("date.yaml", b"- service: 2024-13-45", "is not valid YAML: month must be in 1..12"),
        ("deep.yaml", b"[" * 5_000, "is not valid YAML"),
        ("deep.json", b"[" * 100_000, "nested too deep"),
        ("empty.json", b"", "it is empty; expected JSON"),
        ("code.yaml", b"- !!python/object/apply:os.getcwd []", "is not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(cli, tmp_path, name, data, message):
    """Exit code 1 and one line that names the file."""
    path = tmp_path / name
    if data == "folder":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)

    for command in ("check", "apply"):
        code, output, errors = cli(command, str(path))
        assert (1, "") == (code, output)
        assert f"'{path}'" in errors
        assert message in errors
        assert 1 == errors.count("\n")


def test_names_are_listed_without_localstack(cli):
    """Services, regions and operations stand one a line, or in JSON, all or those that match."""
    assert (0, "dynamodb\ndynamodbstreams\n", "") == cli("services", "dynamodb*")
    assert (0, "us-west-1\nus-west-2\n", "") == cli("regions", "us-west-?")
    code, output, _ = cli("operations", "sqs", "SendMessage*", "--json")
    assert (0, {"operations": ["SendMessage", "SendMessageBatch"]}) == (code, json.loads(output))
    assert "s3\n" in cli("services")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["operations", "sfn"], "UnknownService", "did you mean 'stepfunctions'?"),
        (["operations", "s*"], "UnknownService", "'s*' is a pattern; name one service"),
        (["operations", "a b"], "UnknownService", "no service matches 'a b'"),
        (["services", "zz*"], "NothingMatched", "none of the services matches 'zz*'"),
    ],
)
def test_names_that_are_not_there_are_told(cli, arguments, code, message):
    """Exit code 1, and what was meant where that can be guessed."""
    exit_code, output, errors = cli(*arguments, "--json")
    error = json.loads(errors)["error"]

    assert (1, "", code) == (exit_code, output, error["code"])
    assert message in error["message"]


def complete(line):
    """Give what bash is told to complete the last word of a line with."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-c", "from localstack_outages.cli.main import main; main()"],
        env={
            **os.environ,
            "_LOCALSTACK_OUTAGES_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == done.stderr
    return [word.removeprefix("plain,") for word in done.stdout.split()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("localstack-outages sta", ["start", "status"]),
        ("localstack-outages start dyn", ["dynamodb", "dynamodbstreams"]),
        ("localstack-outages start s3 --region eu-c", ["eu-central-1", "eu-central-2"]),
        ("localstack-outages start dynamodb --operation PutI", ["PutItem"]),
        ("localstack-outages operations sq", ["sqs"]),
        ("localstack-outages start s3 --error th", ["throttling"]),
        ("localstack-outages start sqs --error QueueN", ["QueueNameExists"]),
        ("localstack-outages start s3 --error Slo", ["SlowDown"]),
        ("localstack-outages start s3 --connection r", ["reset"]),
        ("localstack-outages start s3 --origin e", ["external"]),
        ("localstack-outages verdicts --fail-on any,neverR", ["any,neverRetried"]),
        ("localstack-outages stop --id r", []),
    ],
)
def test_the_shell_completes(line, words):
    """Services, regions, operations, errors and words of options; a LocalStack that is gone is no error."""
    assert words == complete(line)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(cli, shell):
    """The script calls the command back by the variable that it looks for."""
    code, output, errors = cli("completion", shell)

    assert (0, "") == (code, errors)
    assert f"_LOCALSTACK_OUTAGES_COMPLETE={shell}_complete" in output


def test_help_imports_little():
    """Neither help nor the version waits for botocore, pydantic, requests, rich or LocalStack."""
    script = """
import sys
from localstack_outages.cli.main import run
assert run(sys.argv[1:]) == 0
heavy = ("botocore", "pydantic", "requests", "rich", "yaml", "localstack", "pytest", "jmespath")
print("heavy:", *(name for name in heavy if name in sys.modules))
"""
    for arguments in (["--help"], ["start", "--help"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
        )
        assert "heavy:" == done.stdout.splitlines()[-1]


def test_the_package_is_the_command_line():
    """``python -m localstack_outages`` takes what ``localstack-outages`` takes."""
    done = subprocess.run(
        [sys.executable, "-m", "localstack_outages", "regions", "eu-north-*"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "eu-north-1\n", "") == (done.returncode, done.stdout, done.stderr)


def test_ctrl_c_while_it_is_read_is_no_traceback(tmp_path):
    """The process ends by the signal, and says nothing."""
    (tmp_path / "click.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "localstack_outages", "regions"],
        env={**os.environ, "PYTHONPATH": path},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (-signal.SIGINT, "", "") == (done.returncode, done.stdout, done.stderr)


def test_the_version_is_told(cli):
    """It is that of the package."""
    from localstack_outages import __version__

    assert (0, f"localstack-outages {__version__}\n", "") == cli("--version")


def test_a_defect_is_no_traceback(cli, monkeypatch):
    """What nobody thought of is named in one line."""
    monkeypatch.setattr("localstack_outages.aws.names.services", lambda: 1 / 0)

    expected = (
        "error: this is a defect of localstack-outages: ZeroDivisionError: division by zero\n"
    )
    assert (1, "", expected) == cli("services")


def test_the_timeout_is_that_of_the_client():
    """What the help says is what happens where --timeout is left out."""
    assert DEFAULT_TIMEOUT == DEFAULT_TIMEOUT_SECONDS


def test_flags_are_those_of_verdicts(cli):
    """Each flag can be failed on."""
    for flag in (*FLAGS, "any"):
        assert 3 == cli("verdicts", "--fail-on", flag)[0]


def test_the_mcp_server_without_its_extra(monkeypatch, tmp_path, capsys):
    """Where the SDK is missing or too old, one line says what to install."""
    wanted = "pip install 'localstack-extension-outages[mcp]'\n"
    if find_spec("mcp") is None:
        assert 1 == run(["mcp"])
        assert f"error: the MCP server is not installed: {wanted}" == capsys.readouterr().err
    (tmp_path / "mcp-1.30.0.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: mcp\nVersion: 1.30.0\n"
    (tmp_path / "mcp-1.30.0.dist-info" / "METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(tmp_path)

    assert 1 == run(["mcp"])
    expected = "error: mcp 1.30.0 is too old for the MCP server, which needs 2.0: "
    assert expected + wanted == capsys.readouterr().err
