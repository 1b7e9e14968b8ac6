"""The extension driven as LocalStack Pro drives it, with real routers and handlers, no server."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from localstack import config
from localstack.aws.handlers import preprocess_request
from localstack.extensions.api import Extension
from localstack.http.router import GreedyPathConverter
from localstack.services.internal import get_internal_apis
from rolo import Request, Router
from rolo.gateway import (
    CompositeExceptionHandler,
    CompositeFinalizer,
    CompositeHandler,
    CompositeResponseHandler,
)
from rolo.routing import handler_dispatcher
from werkzeug.exceptions import NotFound

from localstack_outages.hosts.localstack import plux_hooks as hooks
from localstack_outages.hosts.localstack.extension import OutagesExtension


class Platform(NamedTuple):
    """What LocalStack gives to an extension."""

    router: Router
    requests: CompositeHandler
    responses: CompositeResponseHandler
    exceptions: CompositeExceptionHandler
    finalizers: CompositeFinalizer

    def handlers(self) -> int:
        """Count the handlers that extensions have added."""
        return len(self.requests.handlers) + len(self.finalizers.handlers)

    def ask(self, method: str, path: str, body: Any = None, host: str = "localhost:4566") -> Any:
        """Send a request to the router; give status and JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, headers={"Host": host}, body=data)
        response = self.router.dispatch(request)
        return response.status_code, json.loads(response.get_data())


@pytest.fixture
def platform() -> Platform:
    """A LocalStack that has not loaded anything."""
    return Platform(
        Router(dispatcher=handler_dispatcher(), converters={"greedy_path": GreedyPathConverter}),
        CompositeHandler(),
        CompositeResponseHandler(),
        CompositeExceptionHandler(),
        CompositeFinalizer(),
    )


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test is a process that has loaded nothing yet."""
    monkeypatch.setattr(OutagesExtension, "_the_one", None)
    monkeypatch.delenv("OUTAGES_RULES", raising=False)
    monkeypatch.delenv("OUTAGES_REFUSE_EARLY", raising=False)
    monkeypatch.setattr(preprocess_request, "handlers", [])
    hooks._extension.cache_clear()
    resources = get_internal_apis()
    before = list(resources.url_map.iter_rules())
    yield
    resources.remove([r for r in resources.url_map.iter_rules() if r not in before])
    hooks._extension.cache_clear()


def load(extension: Extension, platform: Platform) -> None:
    """Load an extension in the order that LocalStack documents."""
    extension.on_extension_load()
    extension.on_platform_start()
    extension.update_gateway_routes(platform.router)
    extension.update_request_handlers(platform.requests)
    extension.update_response_handlers(platform.responses)
    extension.update_exception_handlers(platform.exceptions)
    extension.update_finalizers(platform.finalizers)


def test_the_documented_order(platform: Platform) -> None:
    """Loaded so, it has one handler of requests, one of responses and one finalizer, and its API answers."""
    extension = OutagesExtension()
    load(extension, platform)
    assert (200, []) == platform.ask("GET", "/_extension/outages/outages")
    extension.on_platform_ready()
    status, document = platform.ask("GET", "/outages/status", host="outages.localhost:4566")
    assert (200, True) == (status, document["ready"])
    extension.on_platform_shutdown()

    assert (1, 1) == (len(platform.requests.handlers), len(platform.finalizers.handlers))
    assert 1 == len(platform.responses.handlers)
    assert [] == platform.exceptions.handlers


def test_the_plugin_is_named_as_the_distribution() -> None:
    """LocalStack's tools find the extension under the name of its distribution."""
    assert issubclass(OutagesExtension, Extension)
    assert ("localstack.extensions", "localstack-extension-outages") == (
        OutagesExtension.namespace,
        OutagesExtension.name,
    )


def test_loading_twice_registers_once(platform: Platform) -> None:
    """A second object of the extension does nothing, at any moment of its life."""
    first, second = OutagesExtension(), OutagesExtension()
    load(first, platform)
    routes, handlers = len(list(platform.router.url_map.iter_rules())), platform.handlers()
    load(second, platform)
    for extension in (first, second):
        extension.on_platform_ready()
    platform.ask("POST", "/_extension/outages/outages", [{"service": "s3"}])
    second.on_platform_shutdown()

    assert routes == len(list(platform.router.url_map.iter_rules()))
    assert handlers == platform.handlers()
    assert (200, [{"service": "s3"}]) == platform.ask("GET", "/_extension/outages/outages")
    first.on_platform_shutdown()
    assert (200, []) == platform.ask("GET", "/_extension/outages/outages")


@pytest.fixture
def hooked(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The places into which the hooks hang the extension, for this test alone."""
    monkeypatch.setattr(hooks, "ROUTER", platform.router)
    for name, place in (
        ("serve_custom_service_request_handlers", platform.requests),
        ("run_custom_response_handlers", platform.responses),
        ("serve_custom_exception_handlers", platform.exceptions),
        ("run_custom_finalizers", platform.finalizers),
    ):
        monkeypatch.setattr(hooks.handlers, name, place)
    return platform


@pytest.mark.parametrize("first", ["hooks", "pro"])
def test_hooks_and_pro_together_register_once(hooked: Platform, first: str) -> None:
    """Whichever comes first acts, and the other does nothing."""
    loads = [hooks.on_start, lambda: load(OutagesExtension(), hooked)]
    for action in loads if first == "hooks" else reversed(loads):
        action()

    assert 2 == hooked.handlers()
    assert (200, []) == hooked.ask("GET", "/_extension/outages/outages")


def chaos_paths() -> list[str]:
    """Give the routes of the Chaos API among LocalStack's own."""
    rules = get_internal_apis().url_map.iter_rules()
    return sorted({rule.rule for rule in rules if "/chaos/" in rule.rule})


def test_the_chaos_api_is_served_where_there_is_none(platform: Platform) -> None:
    """Without Pro it is added to LocalStack's own resources when LocalStack is ready."""
    extension = OutagesExtension()
    load(extension, platform)
    with pytest.raises(NotFound):
        get_internal_apis().url_map.bind("localhost").match("/_localstack/chaos/faults")
    extension.on_platform_ready()

    assert ["/_localstack/chaos/effects", "/_localstack/chaos/faults"] == chaos_paths()


@pytest.mark.parametrize(
    ("persistence", "given", "expected"),
    [(True, "", "/data/outages"), (True, "/mine", "/mine"), (False, "", None)],
)
def test_fis_remembers_where_localstack_does(
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    persistence: bool,
    given: str,
    expected: str | None,
) -> None:
    """What FIS keeps over a restart is with LocalStack's own state, where it keeps any."""
    monkeypatch.setattr(config, "PERSISTENCE", persistence)
    monkeypatch.setattr(config.dirs, "data", "/data")
    monkeypatch.setenv("OUTAGES_FIS_STATE", given)
    extension = OutagesExtension()
    load(extension, platform)
    extension.on_platform_ready()

    folder = extension.app.fis_state
    assert expected == (None if folder is None else str(folder))


def test_localstacks_own_chaos_api_is_left_alone(platform: Platform) -> None:
    """Where LocalStack serves it itself, it goes on to do so."""
    served = []
    get_internal_apis().add("/_localstack/chaos/faults", served.append)
    extension = OutagesExtension()
    load(extension, platform)
    extension.on_platform_ready()
    rules = [
        rule.endpoint
        for rule in get_internal_apis().url_map.iter_rules()
        if rule.rule == "/_localstack/chaos/faults"
    ]

    assert 1 == len(rules)


@pytest.mark.parametrize(
    ("value", "rules", "words"),
    [
        ('[{"service": "s3"}]', [{"service": "s3"}], "1 rules are in force"),
        ("[]", [], "0 rules are in force"),
        ("", [], ""),
        ("  ", [], ""),
        ("/does/not/exist.json", [], "cannot read '/does/not/exist.json'"),
        ('[{"service": 1}]', [], "[0].service: 1 is a number; expected a string"),
        ("[", [], "not valid JSON"),
        ('{"service": "s3"}', [], "put it in a list"),
    ],
)
def test_rules_at_start(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog, value: str, rules, words: str
) -> None:
    """Rules of OUTAGES_RULES come into force when LocalStack is ready, and bad ones are logged."""
    monkeypatch.setenv("OUTAGES_RULES", value)
    caplog.set_level("INFO")
    extension = OutagesExtension()
    load(extension, platform)
    assert (200, []) == platform.ask("GET", "/_extension/outages/outages")
    extension.on_platform_ready()

    assert (200, rules) == platform.ask("GET", "/_extension/outages/outages")
    lines = [record.getMessage() for record in caplog.records if "OUTAGES_RULES" in record.message]
    assert len(lines) == bool(words)
    assert words in "".join(lines)


@pytest.mark.parametrize(
    ("value", "expected", "is_valid"),
    [(None, 1, True), ("1", 1, True), (" 0 ", 0, True), ("no", 1, False)],
)
def test_the_short_way_can_be_switched_off(
    platform: Platform, monkeypatch, caplog, value: str | None, expected: int, is_valid: bool
) -> None:
    """With ``OUTAGES_REFUSE_EARLY=0`` no AWS call is refused before LocalStack's parser."""
    if value is not None:
        monkeypatch.setenv("OUTAGES_REFUSE_EARLY", value)

    load(OutagesExtension(), platform)

    owners = [type(handler.__self__).__name__ for handler in preprocess_request.handlers]
    assert ["EarlyHandler", "DataPlane"][1 - expected :] == owners
    assert is_valid is ("OUTAGES_REFUSE_EARLY" not in caplog.text)
