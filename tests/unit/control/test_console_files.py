"""The console's files as answers; what they do in a browser is tested in ``tests/console``."""

import pytest

from localstack_outages.control.negotiation import prefers

ROOT = "/_extension/outages"


def test_the_page(api):
    """The page stands at the root, and is not sent again to who has it."""
    page = api.answer(path="/")
    again = api.answer(path="/", If_None_Match=f'"x", W/{page.headers["ETag"]}')

    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["Content-Type"])
    assert page.body.startswith(b"<!doctype html>")
    assert (304, b"") == (again.status, again.body)
    assert page.headers["ETag"] == again.headers["ETag"]
    assert 200 == api.answer(path="/", If_None_Match='"x"').status
    assert (200, b"") == (api.answer("HEAD", "/").status, api.answer("HEAD", "/").body)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("text/html", 200),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200),
        ("application/json", 404),
        ("text/html;q=0.5, application/json", 404),
        ("text/html, application/json;q=0.9", 200),
    ],
)
def test_the_root_as_json(api, accept, status):
    """Who would rather have JSON is told what there is in JSON."""
    assert status == api.answer(path="/", Accept=accept).status


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/*", True),
        ("text/*", False),
        ("application/json;q=0", False),
        ("*/*;q=0.1, application/json; q=0.2", True),
        ("*/*;q=0.3, application/json;q=0.2", False),
        ("application/json;q=x", False),
        ("APPLICATION/JSON", True),
    ],
)
def test_preferences(accept, expected):
    """The most exact part of the header counts, with its quality."""
    assert expected is prefers(accept, "application/json", "text/html")


@pytest.mark.parametrize(
    ("path", "host", "better"),
    [
        ("", "localhost:4566", f"http://localhost:4566{ROOT}/"),
        ("/", "127.0.0.1:4566", f"http://localhost:4566{ROOT}/"),
        ("/", "127.0.0.1", f"http://localhost{ROOT}/"),
        ("/", "localhost:4566", None),
    ],
)
def test_better_addresses(api, path, host, better):
    """Asked for where it would not work, the page says where it does."""
    answer = api.answer(path=path, root=ROOT, Host=host)

    assert better == answer.headers.get("Location")
    assert (307 if better else 200) == answer.status


@pytest.mark.parametrize("path", ["/console/x.js", "/console/../routes.py", "/console/index.html"])
def test_nothing_else_is_served(api, path):
    """What is none of the files is not found."""
    assert (404, "UnknownPath") == api.refusal(path=path)[:2]
    assert 404 == api.answer("POST", "/console/main.js").status
