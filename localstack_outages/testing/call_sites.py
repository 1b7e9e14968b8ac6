"""Notes for each call that botocore or aiobotocore makes in this process which line of the application
made it, and in which test. Loaded only where failure coverage or a sweep is asked for.

A call is noted by an event of botocore before its first attempt, and finished by one after its last.
The application is left as it is: a failure in here costs the note, not the call.
"""

import asyncio
import functools
import os
import sys
import sysconfig
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from .botocore_events import register, unregister

MAX_CALLS = 100_000
"""How many calls are kept: some 30 MB. The oldest go first."""

ORIGIN_DEPTH = 12
"""How many frames a coroutine of aiobotocore's users remembers of who made it."""

_LOOPS = tuple(
    os.path.join("asyncio", f"{name}.py") for name in ("base_events", "events", "runners")
)
"""What is below these frames has started a loop of asyncio, and not made the call."""

_LIBRARIES = ("site-packages", "dist-packages")


class Site(NamedTuple):
    """A line of the application."""

    file: str
    """Relative to the root of the run, with slashes; absolute where it is outside of it."""
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "?"


NOWHERE = Site("", 0)
"""Where no line of the application is known: a thread or a task of a library made the call."""


@dataclass(slots=True, eq=False)
class NotedCall:
    """A logical call, with all its attempts."""

    number: int
    """From 1, in the order in which calls of the process began."""
    id: str
    """The invocation id: the header ``amz-sdk-invocation-id`` of each attempt."""
    service: str
    """As botocore and the control API name it: ``logs``, not ``cloudwatch-logs``."""
    operation: str
    site: Site
    """The innermost frame of the application; ``NOWHERE`` where there is none."""
    test: str
    """The node id of the test that ran; empty between tests."""
    phase: str
    """``setup``, ``call`` or ``teardown``; empty between tests."""
    read_timeout: float | None
    """How long its client waits for an answer, seconds; None for as long as it takes."""
    attempts: int = 0
    """How many there were; 0 while the call is under way."""
    failure: str | None = None
    """What the application got in place of an answer: the error code, or the name of botocore's
    exception. None where the call went well or is under way."""

    @property
    def is_finished(self) -> bool:
        """Whether the application has got its answer or its error."""
        return self.attempts > 0


class CallSites:
    """The calls of this process since ``install``.

    :param root: of the run, to which the files of sites are relative
    """

    def __init__(self, root: Path) -> None:
        self.lost = 0
        """How many calls were not kept."""
        self._root = os.path.join(os.path.realpath(root), "")
        self._foreign = _foreign_folders()
        self._files: dict[str, str | None] = {}
        """By the name of a frame's file: how it is called in a site; None where it is a library's,
        empty where it is a loop of asyncio."""
        self._calls: dict[str, NotedCall] = {}
        self._lock = threading.Lock()
        self._count = 0
        self._told_test = ""
        self._test: tuple[str, str] = ("", "")
        self._carried = threading.local()
        self._submit: Callable[..., Any] | None = None

    def __len__(self) -> int:
        """Give how many calls were noted, kept or not."""
        return self._count

    def install(self) -> None:
        """Note the calls of clients that are made from now on."""
        for event, handler in self._handlers():
            register(event, handler)
        if find_spec("aiobotocore") is not None:
            sys.set_coroutine_origin_tracking_depth(ORIGIN_DEPTH)
        self._submit = ThreadPoolExecutor.submit
        ThreadPoolExecutor.submit = self._carrying(self._submit)  # type: ignore[method-assign]

    def uninstall(self) -> None:
        """Leave botocore and pools of threads as they were."""
        for event, handler in self._handlers():
            unregister(event, handler)
        sys.set_coroutine_origin_tracking_depth(0)
        if self._submit is not None:
            ThreadPoolExecutor.submit = self._submit  # type: ignore[method-assign]
            self._submit = None

    def get(self, invocation_id: str | None) -> NotedCall | None:
        """Give the call of an invocation id; None where it is not known."""
        return self._calls.get(invocation_id or "")

    def calls(self, after: int = 0) -> list[NotedCall]:
        """Give calls in the order in which they began.

        :param after: the number of a call; those that began after it
        """
        with self._lock:
            return [call for call in self._calls.values() if call.number > after]

    def here(self) -> Site:
        """Give the innermost frame of the application that is on the stack."""
        above, loop = self._first_of(sys._getframe(1))  # noqa: SLF001 # CPython's way
        return (
            above
            or self._where_task_began()
            or getattr(self._carried, "site", None)
            or self._first_of(loop, through_loops=True)[0]
            or NOWHERE
        )

    def _handlers(self) -> Iterator[tuple[str, Callable[..., None]]]:
        yield "before-call", self._begin
        yield "after-call", self._finish
        yield "after-call-error", self._finish

    def _begin(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        """Note a call, with the invocation id that botocore keeps where there is one."""
        try:
            retries = context.setdefault("retries", {})
            invocation_id = retries.setdefault("invocation-id", str(uuid.uuid4()))
            site, (test, phase) = self.here(), self._running_test()
            service = model.service_model.service_name
            timeout = getattr(context.get("client_config"), "read_timeout", None)
            with self._lock:
                self._count += 1
                self._calls[invocation_id] = NotedCall(
                    self._count, invocation_id, service, model.name, site, test, phase, timeout
                )
                if len(self._calls) > MAX_CALLS:
                    del self._calls[next(iter(self._calls))]
                    self.lost += 1
        except Exception:  # noqa: BLE001 - whatever it is, the call must go on
            self.lost += 1

    def _finish(self, context: dict[str, Any], **told: Any) -> None:
        try:
            retries = context.get("retries", {})
            call = self._calls.get(retries.get("invocation-id", ""))
            if call is not None:
                call.failure = _failure(**told)
                call.attempts = retries.get("attempt", 1)
        except Exception:  # noqa: BLE001 - whatever it is, the call must go on
            self.lost += 1

    def _running_test(self) -> tuple[str, str]:
        """Give the test and its phase. pytest names them in the environment."""
        told = os.environ.get("PYTEST_CURRENT_TEST", "")
        if told != self._told_test:
            test, _, phase = told.rpartition(" ")
            self._test, self._told_test = (test, phase.strip("()")), told
        return self._test

    def _first_of(self, frame: Any, *, through_loops: bool = False) -> tuple[Site | None, Any]:
        """Give the first frame of the application; otherwise the one of a loop that ended the search."""
        while frame is not None:
            file = self._file(frame.f_code.co_filename)
            if file:
                return Site(file, frame.f_lineno), None
            if file is not None and not through_loops:
                return None, frame
            frame = frame.f_back
        return None, None

    def _where_task_began(self) -> Site | None:
        """Give where the coroutine was made that a task of asyncio runs: ``gather(client.put(...))``
        makes it in the application and runs it elsewhere.
        """
        try:
            task = asyncio.current_task()
        except RuntimeError:  # no event loop runs in this thread
            return None
        origin = getattr(task.get_coro() if task else None, "cr_origin", None)
        for name, line, _ in origin or ():
            file = self._file(name)
            if file:
                return Site(file, line)
        return None

    def _carrying(self, submit: Callable[..., Any]) -> Callable[..., Any]:
        """Give a ``submit`` whose functions know from where they were submitted: boto3 uploads and
        downloads in threads of its own.
        """

        @functools.wraps(submit)
        def carry(pool: Any, function: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
            site, carried = self.here(), self._carried

            def run(*args: Any, **named: Any) -> Any:
                carried.site = site
                try:
                    return function(*args, **named)
                finally:
                    carried.site = None

            return submit(pool, run, *args, **named)

        return carry

    def _file(self, name: str) -> str | None:
        try:
            return self._files[name]
        except KeyError:
            file = self._files[name] = self._of_application(name)
            return file

    def _of_application(self, name: str) -> str | None:
        if name.startswith("<"):  # made by exec, or frozen
            return None
        if name.endswith(_LOOPS):
            return ""
        path = os.path.realpath(name)
        if path.startswith(self._foreign) or not set(_LIBRARIES).isdisjoint(Path(path).parts):
            return None
        if not path.startswith(self._root):
            return Path(path).as_posix()
        return Path(path[len(self._root) :]).as_posix()


def _failure(
    parsed: dict[str, Any] | None = None,
    http_response: Any = None,
    exception: BaseException | None = None,
    **_: Any,
) -> str | None:
    if exception is not None:
        return type(exception).__name__
    if http_response is None or http_response.status_code < 300:  # as botocore judges it
        return None
    return str((parsed or {}).get("Error", {}).get("Code") or http_response.status_code)


def _foreign_folders() -> tuple[str, ...]:
    """Give the folders whose code is not the application's, wherever they are."""
    import botocore

    paths = sysconfig.get_paths()
    package = Path(__file__).parents[1]
    folders = [Path(paths["stdlib"]), Path(paths["platstdlib"]), package]
    folders.append(Path(botocore.__file__).parent)
    return tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)
