"""The console's files over HTTP. What they do in a browser is tested in ``tests/console``."""

import re
from urllib.parse import urlsplit

import pytest
import requests

ROOTS = ["host", "prefix"]


@pytest.fixture(params=ROOTS)
def get(request, endpoint: str):
    """A function that asks for a path below the root, at the console's host or below the prefix."""
    port = urlsplit(endpoint).port
    name = "outages.localhost.localstack.cloud" if request.param == "host" else "localhost"
    base = endpoint if request.param == "host" else f"{endpoint}/_extension/outages"

    def ask(path: str, method: str = "GET", **headers: str) -> requests.Response:
        headers = {"Host": f"{name}:{port}"} | {n.replace("_", "-"): v for n, v in headers.items()}
        url = f"{base}/{path}"
        return requests.request(method, url, headers=headers, timeout=30, allow_redirects=False)

    return ask


def links(page: str) -> set[str]:
    """Give what a page loads."""
    return set(re.findall(r'(?:href|src)="([^"]+)"', page))


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("", "text/html"),
        ("console/main.js", "text/javascript"),
        ("console/console.css", "text/css"),
        ("console/icon.svg", "image/svg+xml"),
    ],
)
def test_files(get, path: str, content_type: str) -> None:
    """Each file comes with its type, is asked for anew each time, and is not sent twice."""
    answer = get(path)
    assert (200, f"{content_type}; charset=utf-8") == (
        answer.status_code,
        answer.headers["Content-Type"],
    )
    assert "no-cache" == answer.headers["Cache-Control"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    policy = answer.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"} <= set(
        policy.split("; ")
    )
    assert "unsafe" not in policy

    again = get(path, If_None_Match=answer.headers["ETag"])
    assert (304, b"") == (again.status_code, again.content)
    assert (200, b"") == (get(path, "HEAD").status_code, get(path, "HEAD").content)


def test_the_page_loads_only_what_is_here(get) -> None:
    """All that the page and its modules name is relative, and there."""
    page = get("").text
    assert not re.search(r"<style|<script(?! type=\"module\" src=)| on\w+=| style=", page)
    wanted, seen = links(page), set()
    while wanted - seen:
        path = (wanted - seen).pop()
        assert not path.startswith(("/", "http:", "https:", "data:"))
        answer = get(path)
        assert 200 == answer.status_code
        seen.add(path)
        wanted |= {f"console/{name}" for name in re.findall(r'"\./([\w.]+)"', answer.text)}

    assert len(seen) > 20


@pytest.mark.parametrize(
    "path",
    [
        "console/nothing.js",
        "console/__init__.py",
        "console/../__init__.py",
        "console/%2e%2e/api.py",
        "console/..%2fapi.py",
        "console/static/main.js",
        "console/",
        "console",
        "console/index.html",
        "console/types.d.ts",
    ],
)
def test_nothing_else_is_served(get, path: str) -> None:
    """What is none of the files is answered with 404 in JSON."""
    answer = get(path)

    assert (404, "UnknownPath") == (answer.status_code, answer.json()["error"]["code"])


@pytest.mark.parametrize("path", ["", "console/main.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_files_are_only_read(get, method: str, path: str) -> None:
    """Other methods are answered with 404 in JSON."""
    assert (404, "application/json") == (
        get(path, method).status_code,
        get(path, method).headers["Content-Type"],
    )


def test_the_root_as_json(get) -> None:
    """Who wants JSON gets what there is in JSON."""
    answer = get("", Accept="application/json")

    assert (404, "UnknownPath") == (answer.status_code, answer.json()["error"]["code"])


@pytest.mark.parametrize(
    ("asked", "better"),
    [
        (
            "http://localhost:{port}/_extension/outages",
            "http://localhost:{port}/_extension/outages/",
        ),
        (
            "http://127.0.0.1:{port}/_extension/outages/",
            "http://localhost:{port}/_extension/outages/",
        ),
        (
            "http://127.0.0.1:{port}/_extension/outages",
            "http://localhost:{port}/_extension/outages/",
        ),
    ],
)
def test_redirects(endpoint: str, asked: str, better: str) -> None:
    """Asked for where it would not work, the page says where it does."""
    port = urlsplit(endpoint).port
    url = urlsplit(asked.format(port=port))
    answer = requests.get(
        endpoint + url.path, headers={"Host": url.netloc}, timeout=30, allow_redirects=False
    )

    assert (307, better.format(port=port)) == (answer.status_code, answer.headers["Location"])


OWN = "{scheme}://outages.localhost.localstack.cloud:{port}"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (OWN, 200),
        (OWN.replace("{port}", "1"), 403),
        (OWN.replace("outages.", "outages.evil."), 403),
        (OWN.replace("outages.", "my-outages."), 403),
        ("{scheme}://outages.evil.example:{port}", 403),
    ],
)
def test_pages_of_its_own_host_may_act(endpoint, outages, origin: str, status: int) -> None:
    """LocalStack's guard lets exactly the console's own origin through to the control API."""
    port = urlsplit(endpoint).port
    origin = origin.format(scheme="http", port=port)
    host = urlsplit(OWN.format(scheme="http", port=port)).netloc
    headers = {"Host": host, "Origin": origin, "Referer": f"{origin}/"}
    answer = requests.post(f"{endpoint}/outages", "[{}]", headers=headers, timeout=30)

    assert status == answer.status_code
    assert ([{}] if status == 200 else []) == outages.get()[1]


def test_names(outages) -> None:
    """The names that a form completes from: services, regions, and the operations of a service."""
    status, names = outages.send("GET", path="/names")
    assert (200, {"services", "regions"}) == (status, names.keys())
    assert {"s3", "stepfunctions"} <= set(names["services"])
    assert {"us-east-1", "us-gov-west-1"} <= set(names["regions"])

    assert "PutObject" in outages.send("GET", path="/names?service=s3")[1]["operations"]
    assert [] == outages.send("GET", path="/names?service=nothing")[1]["operations"]
    assert 400 == outages.send("GET", path="/names?service=%20")[0]
    assert 400 == outages.send("GET", path="/names?servce=s3")[0]
