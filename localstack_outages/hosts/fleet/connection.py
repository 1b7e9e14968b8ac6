"""The connection of a replica to Redis: short time-outs, and a breaker, so that no call waits for a Redis
that is gone.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected, RedisError
from redis.retry import Retry

from localstack_outages.schema.errors import OutagesError

from .settings import Share

LOG = logging.getLogger(__name__)

TIMEOUT = 0.25
"""Seconds for an answer of Redis, and for a connection to it."""

PATIENCE = 5.0
"""Seconds for an answer where no call waits for it."""

BEAT = 0.5
"""Seconds between two beats while Redis is there."""

RETRY = 0.1
"""Seconds between two tries to reach a Redis that is gone, at first; then twice as many each time."""

MAX_RETRY = 0.5

MAX_CONNECTIONS = 1_000
"""Of one client: as many as LocalStack has threads. redis-py's default is fewer, and an error beyond it."""

PREFIX = "outages:"
"""All keys and channels begin with it."""

T = TypeVar("T")
Client = Any
"""``redis.Redis``, whose types say that each answer may have to be awaited."""
Callback = Callable[[], None]


class Gone(Exception):
    """Redis does not answer."""


class Connection:
    """Redis, as long as it answers.

    :param share: where it is
    """

    def __init__(self, share: Share) -> None:
        self._share = share
        self._lock = threading.Lock()
        self._run_id: bytes | None = None
        self._client = self._make(TIMEOUT)
        self._patient = self._make(PATIENCE)
        self._listening = self._make(None)
        self._on_back: list[Callback] = []
        self._on_beat: list[Callback] = []
        self._wake = threading.Event()
        self._came = threading.Event()
        self._is_closed = False
        self._complaint = ""
        self._thread = threading.Thread(target=self._watch, name="outages-fleet", daemon=True)
        self.is_up = False
        """Whether Redis answered when it was last asked. While it is false nobody is to ask."""
        self.gone_since: float | None = time.time()
        """When it ceased to answer, by the wall clock; None while it does."""

    @property
    def name(self) -> str:
        """Its URL, for messages."""
        return self._share.name

    @property
    def run_id(self) -> str:
        """Of the process of Redis: another one after each of its starts."""
        return "" if self._run_id is None else self._run_id.decode()

    def client(self) -> Client:
        """Give the client, whose time-outs are short. Threads may share it."""
        return self._client

    def patient_client(self) -> Client:
        """Give a client with a longer time-out for answers, for what may be much."""
        return self._patient

    def listener(self) -> Client:
        """Give a client without a time-out for answers, for threads that wait for messages."""
        return self._listening

    def on_back(self, callback: Callback) -> None:
        """Have something done whenever Redis has come (back), before others may ask it: in the
        thread that found it, or in ``start``. Where it raises a ``RedisError``, Redis stays gone.
        """
        self._on_back.append(callback)

    def on_beat(self, callback: Callback) -> None:
        """Have something done every half second while Redis is there, in a thread of its own. A
        ``RedisError`` that it raises counts as ``failed``.
        """
        self._on_beat.append(callback)

    def start(self) -> None:
        """Connect, which takes half a second at most, and watch from now on."""
        try:
            self._come_back()
        except (RedisError, OSError) as e:
            LOG.warning(
                "%s does not answer (%s): until it does, this replica is on its own, and its rules "
                "cannot be changed",
                self._share.name,
                why(e),
            )
        self._thread.start()

    def ask(self, ask: Callable[[Client], T]) -> T:
        """Ask Redis.

        :raises Gone: where it does not answer, at once where that is known
        """
        if not self.is_up:
            raise Gone
        try:
            return ask(self._client)
        except (RedisError, OSError) as e:
            self.failed(e)
            raise Gone from e

    def failed(self, error: Exception) -> None:
        """Take note that Redis did not answer as it should: nobody asks until it is back."""
        with self._lock:
            if not self.is_up:
                return
            self.is_up = False
            self._came.clear()
            self.gone_since = time.time()
        LOG.warning(
            "%s is gone (%s): this replica goes on by what it knew last",
            self._share.name,
            why(error),
        )
        self._wake.set()

    def wait_until_up(self) -> bool:
        """Wait until Redis answers; give False once the connection is closed."""
        self._came.wait()
        return not self._is_closed

    def close(self) -> None:
        """Hang up, for good."""
        self._is_closed = True
        self.is_up = False
        self._wake.set()
        self._came.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(2)
        self._client.connection_pool.disconnect()
        self._patient.connection_pool.disconnect()
        self._listening.connection_pool.disconnect()

    def _make(self, timeout: float | None) -> Client:
        pool = ConnectionPool.from_url(
            self._share.url,
            socket_timeout=timeout,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._on_connect,
            max_connections=MAX_CONNECTIONS,
            protocol=2,  # whatever the release of redis-py takes by default
        )
        return Redis(connection_pool=pool)

    def _on_connect(self, connection: Any) -> None:
        """Make sure that a new connection is to the process that the others are to: one that was
        started anew may have lost what this replica counts on.
        """
        connection.on_connect()
        connection.send_command("INFO", "server")
        run_id = _run_id(connection.read_response())
        if self._run_id is None:
            self._run_id = run_id
        elif run_id != self._run_id:
            raise Disconnected("it was started anew")

    def _come_back(self) -> bool:
        for client in (self._client, self._patient):
            client.connection_pool.disconnect(inuse_connections=False)
        self._run_id = None
        self._client.ping()
        for callback in self._on_back:
            callback()
        with self._lock:
            self.is_up = not self._is_closed
            self.gone_since = None
            self._came.set()
        return self.is_up

    def _watch(self) -> None:
        pause = RETRY
        while not self._is_closed:
            if self.is_up:
                self._wake.wait(BEAT)
                if self.is_up:
                    self._beat()
                pause = RETRY
                continue
            self._wake.clear()
            self._wake.wait(pause)
            pause = min(MAX_RETRY, 2 * pause)
            try:
                is_back = self._come_back()
            except (RedisError, OSError):
                continue
            except Exception:
                LOG.exception(
                    "What this replica knows could not be joined with %s", self._share.name
                )
                continue
            if is_back:
                LOG.info("%s answers: this replica shares again", self._share.name)

    def _beat(self) -> None:
        for callback in self._on_beat:
            try:
                callback()
            except (RedisError, OSError) as e:
                self.failed(e)
                return
            except Gone:
                return
            except Exception as e:
                is_new, self._complaint = str(e) != self._complaint, str(e)
                if is_new:
                    LOG.error("This replica of a fleet cannot go along: %s", e, exc_info=_if_odd(e))


def _if_odd(error: Exception) -> Exception | None:
    """Give an error to be logged with its traceback, unless its message says all."""
    return None if isinstance(error, OutagesError) else error


def why(error: BaseException) -> str:
    """Say what went wrong with Redis, in a few words."""
    return str(error).rstrip(".") or type(error).__name__


def _run_id(info: bytes | str) -> bytes:
    text = info if isinstance(info, bytes) else info.encode()
    return next(
        (line.partition(b":")[2] for line in text.split(b"\r\n") if line.startswith(b"run_id:")),
        b"",
    )
