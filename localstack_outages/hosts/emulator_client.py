"""Makes the calls of FIS into the emulator, by botocore."""

import os
import secrets
import threading
from typing import Any

from localstack_outages.control.fis.emulator import EmulatorError

OWN_HEADER = "X-Outages-Own"
"""Marks the calls of FIS, which the rules do not apply to."""

TIMEOUT_SECONDS = 10
MAX_CLIENTS = 200


class EmulatorClient:
    """Carries out AWS calls at an endpoint.

    The session and its clients are made when they are first needed: most hosts never run an
    experiment.

    """

    def __init__(self) -> None:
        self.url: str | None = None
        """Where the emulator listens; the host sets it."""
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: dict[tuple[str, str, str], Any] = {}
        self.mark = secrets.token_hex(16)
        """The value of ``OWN_HEADER``, which nobody else can know."""

    def call(
        self, service: str, operation: str, account: str, region: str, **parameters: Any
    ) -> dict[str, Any]:
        """Make a call. All pages of a listing are read.

        :raises EmulatorError: where it fails
        """
        if self.url is None:
            raise EmulatorError(f"{service}:{operation} cannot be called: no emulator is there yet")
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self._client(service, account, region)
            name = xform_name(operation)
            answer: dict[str, Any]
            if client.can_paginate(name):
                answer = client.get_paginator(name).paginate(**parameters).build_full_result()
            else:
                answer = getattr(client, name)(**parameters)
                self._check_entries(service, operation, answer)
        except ClientError as e:
            error = e.response["Error"]
            raise EmulatorError(
                f"{service}:{operation} failed with {error['Code']}: {error['Message']}"
            ) from None
        except (BotoCoreError, OSError) as e:
            raise EmulatorError(f"{service}:{operation} failed: {e}") from None
        return answer

    @staticmethod
    def _check_entries(service: str, operation: str, answer: dict[str, Any]) -> None:
        """Refuse an answer of success in which an event was not taken."""
        if operation == "PutEvents" and answer.get("FailedEntryCount"):
            raise EmulatorError(f"{service}:{operation} failed for an entry: {answer['Entries']}")

    def _client(self, service: str, account: str, region: str) -> Any:
        key = (service, account, region)
        with self._lock:  # a client may be used by several threads, but not made by them
            found = self._clients.get(key)
            if found is None:
                if len(self._clients) >= MAX_CLIENTS:
                    self._clients.clear()
                found = self._clients[key] = self._new_client(service, account, region)
            return found

    def _new_client(self, service: str, account: str, region: str) -> Any:
        from botocore.config import Config
        from botocore.session import Session

        if self._session is None:
            # Explicit settings alone: whatever profile the user has is for AWS itself.
            self._session = Session(
                session_vars={
                    "profile": (None, None, None, None),
                    "config_file": (None, None, os.devnull, None),
                }
            )
        client = self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self.url,
            # LocalStack under HTTPS has a certificate that is for another name.
            verify=False if (self.url or "").startswith("https://localhost") else None,
            aws_access_key_id=account,
            aws_secret_access_key="fis",  # noqa: S106 - emulators check none
            config=Config(
                proxies={},
                connect_timeout=TIMEOUT_SECONDS,
                read_timeout=TIMEOUT_SECONDS,
                retries={"total_max_attempts": 2, "mode": "standard"},
                s3={"addressing_style": "path"},
            ),
        )
        client.meta.events.register("before-sign.*", self._add_mark)
        return client

    def _add_mark(self, request: Any, **_: Any) -> None:
        request.headers[OWN_HEADER] = self.mark
