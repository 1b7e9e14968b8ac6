"""How the unit tests ask the control API: without any socket."""

import json
from io import BytesIO

from localstack_outages.control.http import ControlRequest, Headers, Peer


def request(method="GET", path="/outages", query="", body=b"", peer=None, root="", **headers):
    """Make a request. Names of headers are given with underscores."""
    return ControlRequest(
        method=method,
        path=path,
        query=query,
        headers=Headers((name.replace("_", "-"), value) for name, value in headers.items()),
        read=BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode()).read,
        root=root,
        peer=peer or Peer(),
    )


def decoded(answer):
    """Give the status of an answer, and what its JSON says."""
    return answer.status, json.loads(answer.body)
