"""Who may ask: token, hosts that browsers ask at, web pages of other origins."""

from base64 import b64encode

import pytest

EVIL = "evil.example:4566"

BROWSER = [
    {"Origin": f"http://{EVIL}"},
    {"Sec_Fetch_Site": "same-origin"},
    {"Sec_Fetch_Mode": "navigate"},
    {"User_Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"},
]
"""By what a request is known to come from a browser. To plain http most say no more than the last."""

PATHS = ["/outages", "/outages/status", "/outages/events", "/metrics", "/", "/console/main.js"]


@pytest.mark.parametrize("headers", BROWSER)
@pytest.mark.parametrize("path", PATHS)
def test_a_name_that_anybody_can_point_here(api, path, headers):
    """A browser that asks at a name of a stranger (DNS rebinding) gets nothing."""
    status, code, message = api.refusal(path=path, Host=EVIL, **headers)

    assert (403, "ForeignHost") == (status, code)
    assert "at the host 'evil.example:4566'" in message


def test_a_rebound_page_changes_nothing(api):
    """To a browser a page and its rebound name are of the same origin; its changes are refused."""
    headers = {"Host": EVIL, "Origin": f"http://{EVIL}", "Sec_Fetch_Site": "same-origin"}

    assert (403, "ForeignHost") == api.refusal("POST", body=[{}], **headers)[:2]
    assert [] == api.store.documents()


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:4566",
        "LOCALHOST.:4566",
        "outages.localhost:4566",
        "127.0.0.1:4566",
        "10.1.2.3",
        "[::1]:4566",
        "localstack:4566",
        "outages.localhost.localstack.cloud:4566",
        "localhost.localstack.cloud",
        "corp.example",
        "outages.corp.example:4566",
        "Corp.Example",
    ],
)
@pytest.mark.parametrize("headers", BROWSER[1:])
def test_names_that_nobody_else_can_point_here(make_api, host, headers):
    """Names of this machine, addresses, and the hosts that are given are open to browsers."""
    api = make_api(hosts=["Corp.example"])

    assert (200, []) == api.ask(Host=host, **headers)


@pytest.mark.parametrize(
    "host",
    ["evil.localhost.localstack.cloud.example", "xlocalhost.localstack.cloud", "127.0.0.1.nip.io",
     "notcorp.example", "1.2.3", "localhost.evil.example:80", ""],
)  # fmt: skip
def test_names_that_only_look_so(make_api, host):
    """What merely begins or ends like such a name is none."""
    api = make_api(hosts=["corp.example"])
    status = api.answer(Host=host, Sec_Fetch_Site="none").status

    assert (200 if not host else 403) == status


@pytest.mark.parametrize("agent", ["curl/8.5", "Boto3/1.42", ""])
def test_tools_may_ask_at_any_name(api, agent):
    """What is no browser cannot be led astray by a page."""
    assert 200 == api.answer("POST", body=[], Host=EVIL, User_Agent=agent).status


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://[broken"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://localhost:4566", "Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/outages"), ("DELETE", "/outages"), ("PUT", "/outages/rules/r1")],
)
def test_a_foreign_page_may_not_write(api, method, path, headers):
    """A page of another origin changes nothing."""
    refusal = api.refusal(method, path, body=[{}], Host="localhost:4566", **headers)

    assert (403, "ForeignPage") == refusal[:2]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_may_not_wait(api, headers):
    """A page of another origin can ask what it wants, but gets no thread to hold."""
    headers = {**headers, "Host": "localhost:4566"}

    assert 200 == api.answer(path="/outages/events", **headers).status
    for path in ("/outages/events", "/outages/calls", "/outages/verdicts"):
        assert 403 == api.answer(path=path, query="wait=5", **headers).status
    assert 403 == api.answer(path="/outages/calls", Accept="text/event-stream", **headers).status


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:4566", "http://localhost:4566"),
        ("localhost:80", "http://localhost"),
        ("outages.localhost:4566", "http://outages.localhost:4566"),
    ],
)
def test_a_page_of_its_own_may_write(api, host, origin):
    """A page of the origin that it asks at may do all."""
    headers = {"Host": host, "Origin": origin, "Sec_Fetch_Site": "same-origin"}

    assert 200 == api.answer("POST", body=[{}], **headers).status


def test_a_token(make_api):
    """Where a token is asked for, nothing but the console's files is given without it."""
    api = make_api(token="s3cret")
    bearer = {"Authorization": "Bearer s3cret"}

    for headers, expected in (
        ({}, "a token is needed: send 'Authorization: Bearer TOKEN'"),
        ({"Authorization": "Digest s3cret"}, "a token is needed"),
        ({"Authorization": "Basic s3cret"}, "is not the right one"),
        ({"Authorization": f"Basic {b64encode(b'me:s3cre').decode()}"}, "is not the right one"),
        ({"Authorization": "Bearer s3cre"}, "is not the right one"),
        ({"Authorization": "Bearer "}, "is not the right one"),
        ({"Authorization": "Bearer ü"}, "is not the right one"),
    ):
        for path in ("/outages", "/nothing"):
            status, code, message = api.refusal(path=path, **headers)
            assert (401, "Unauthorized") == (status, code)
            assert expected in message
    assert 'Basic realm="LocalStack Outages"' == api.answer().headers["WWW-Authenticate"]
    assert (200, []) == api.ask(**bearer)
    assert 200 == api.answer(Authorization="bearer  s3cret").status
    assert 403 == api.answer("POST", body=[], Origin="http://evil.example", **bearer).status
    assert 200 == api.answer(path="/").status


def test_a_token_of_a_browser(make_api):
    """A person is asked for it by the page, and the browser sends it as a password from then on."""
    api = make_api(token="s3cret")
    browser = {"Accept": "text/html,*/*", "Host": "localhost:4566"}
    basic = {"Authorization": f"Basic {b64encode(b'anybody:s3cret').decode()}"}

    assert 401 == api.answer(path="/", **browser).status
    assert 200 == api.answer(path="/", **browser, **basic).status
    assert 200 == api.answer(path="/outages", **basic).status
