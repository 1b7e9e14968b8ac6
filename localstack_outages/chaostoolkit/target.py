"""Where an experiment's outages go, and whose they are."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from localstack_outages.client.client import OutagesClient

if TYPE_CHECKING:
    from localstack_outages.schema.documents import EvidenceDocument

Configuration = Mapping[str, Any] | None
"""The configuration of an experiment, as Chaos Toolkit hands it to a function."""

OWNER = f"chaostoolkit {secrets.token_hex(4)}"
"""Who owns the rules of an experiment that names nobody. A run is a process, so that no run counts what
an earlier one did.
"""


@contextmanager
def outages(configuration: Configuration) -> Iterator[OutagesClient]:
    """Give a client for one activity.

    :raises ValueError: where ``outages_endpoint`` is no URL
    """
    with OutagesClient((configuration or {}).get("outages_endpoint")) as client:
        yield client


def owner_of(configuration: Configuration) -> str:
    """Give whose rules an experiment's are: ``outages_owner`` of its configuration."""
    return str((configuration or {}).get("outages_owner") or OWNER)


class OwnersWitness:
    """Knows what the rules of an owner did, for assertions.

    :param client: to the control API
    :param owner: the owner
    """

    def __init__(self, client: OutagesClient, owner: str) -> None:
        self._client = client
        self._owner = owner

    def evidence(self) -> "EvidenceDocument":
        """Give what they did until now."""
        return self._client.evidence(self._owner)

    def explain(self) -> str:
        """Say where more is to be read; the journal of an experiment has no room for every call."""
        return f"More: localstack-outages verdicts --owner '{self._owner}'"
