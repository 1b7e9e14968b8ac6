"""A model of applications that meet an outage, in virtual time, and the truth about each effort.

It knows nothing of how efforts are found or judged: each effort writes down itself what it did.
"""

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from localstack_outages.aws.aims import Aim
from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected, Peer
from localstack_outages.evidence.record import Observed

from .samples import SAMPLE

STEP_SECONDS = 0.003
"""How long a request is on its way, there and back."""


class Habit(NamedTuple):
    """How an application retries."""

    name: str
    sdk_attempts: int = 1
    tries: int = 1
    pause: float = 0
    """Before a further try; 0 for none at all."""
    grows: bool = False
    """Whether that doubles each time, and is drawn at random."""
    threads: int = 1
    same_aim: bool = False
    """Whether all of its efforts are after the same."""
    processes: int = 1
    """How many of it run at once, with the same credentials and the same aims."""
    sends_ids: bool = True
    resumes: bool = False
    """Whether answers are cut off in the middle, which the SDK does not see."""
    names_threads: bool = False
    """Whether requests name their thread, as under the pytest plugin."""


HABITS = (
    Habit("careless"),
    Habit("SDK", sdk_attempts=3),
    Habit("SDK that tries often", sdk_attempts=5),
    Habit("tenacity", tries=6, pause=0.1, grows=True),
    Habit("tenacity and SDK", sdk_attempts=3, tries=3, pause=0.5, grows=True),
    Habit("tenacity without a pause", tries=8),
    Habit("hot loop", tries=60),
    Habit("hot loop with SDK", sdk_attempts=2, tries=30),
    Habit("patient loop", tries=25, pause=2.0),
    Habit("pool", sdk_attempts=3, threads=16),
    Habit("pool with retries of its own", tries=6, pause=0.2, grows=True, threads=16),
    Habit("poller", tries=1000, pause=1.5, same_aim=True),
    Habit("curl", tries=5, pause=0.3, grows=True, sends_ids=False),
    Habit("download", sdk_attempts=5, tries=5, pause=0.05, grows=True, resumes=True),
    Habit("two processes", tries=1000, pause=0.9, same_aim=True, processes=2),
    Habit("threads of a test", 3, 1000, 0.3, threads=8, same_aim=True, names_threads=True),
)


class Truth(NamedTuple):
    """What an effort did."""

    habit: str
    tries: int
    attempts: int
    ending: str
    flags: frozenset[str]


class World:
    """Runs applications, and collects the calls that they make and the truth about them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.calls: list[Observed] = []
        self.truths: dict[tuple[str | None, float], Truth] = {}
        """By access key and the time of the first attempt."""
        self._threads: list[tuple[float, int, Iterator[float]]] = []
        self._ids = 0
        self._ports = 40_000
        self.now = 0.0

    def new_id(self) -> int:
        """Give a number that was not given before."""
        self._ids += 1
        return self._ids

    def new_port(self) -> int:
        """Give the port of a new connection."""
        self._ports += 1
        return self._ports

    def add(self, thread: Iterator[float], at: float) -> None:
        """Start a thread; it yields how long it waits."""
        heapq.heappush(self._threads, (at, self.new_id(), thread))

    def run(self) -> None:
        """Let time pass until all threads are done."""
        while self._threads:
            self.now, _, thread = heapq.heappop(self._threads)
            wait = next(thread, None)
            if wait is not None:
                self.add(thread, self.now + wait)


class Process:
    """A process of an application: a client with its connections."""

    def __init__(
        self, world: World, habit: Habit, access_key: str, failing: float, *, resets: bool
    ) -> None:
        self.world = world
        self.habit = habit
        self.access_key = access_key
        self.failing = failing
        """Which share of its attempts fails."""
        self.resets = resets
        """Whether connections are reset, in place of errors."""
        self.free: list[int] = []
        """The ports of connections that are open and not in use."""

    def thread(self, aims: Iterator[int]) -> Iterator[float]:
        """Make efforts one after the other."""
        name = str(self.world.new_id()) if self.habit.names_threads else None
        for aim in aims:
            yield from self.effort(aim, name)
            yield self.world.chance.uniform(0.05, 0.5)

    def effort(self, aim: int, thread: str | None) -> Iterator[float]:
        """Try to get one thing done."""
        habit, attempts_of, is_done, first = self.habit, [], False, None
        gaps: list[float] = []
        while not is_done and len(attempts_of) < habit.tries:
            if attempts_of:
                pause = self._pause(len(attempts_of))
                gaps.append(pause)
                yield pause
            attempts_of.append(0)
            invocation = self.world.new_id()
            while attempts_of[-1] < habit.sdk_attempts:
                if attempts_of[-1]:
                    pause = self.world.chance.random() * 0.05 * 2 ** attempts_of[-1]
                    gaps.append(pause)
                    yield pause + STEP_SECONDS
                attempts_of[-1] += 1
                first = self.world.now if first is None else first
                source = aim, thread, invocation
                is_done = yield from self._attempt(*source, attempts_of[-1])
                if is_done or habit.resumes:
                    break
        self._tell(first or 0.0, attempts_of, gaps, is_done=is_done)

    def _pause(self, number: int) -> float:
        habit, chance = self.habit, self.world.chance
        if habit.grows:
            return chance.uniform(0.3, 1) * habit.pause * 2 ** (number - 1) + STEP_SECONDS
        return habit.pause + STEP_SECONDS * chance.uniform(0.5, 1.5)

    def _attempt(
        self, aim: int, thread: str | None, invocation: int, number: int
    ) -> Iterator[float]:
        world, habit = self.world, self.habit
        port = self.free.pop() if self.free else world.new_port()
        at, fails = world.now, world.chance.random() < self.failing
        yield world.chance.uniform(0.001, 0.01)
        fault = None
        if fails:
            connection = "truncate" if habit.resumes else "reset" if self.resets else None
            code, status = (None, None) if connection else ("SlowDown", 503)
            fault = Injected("r1", 0, code=code, status=status, connection=connection)
        world.calls.append(
            SAMPLE._replace(
                time=at,
                at=at,
                duration_ms=(world.now - at) * 1000,
                status=503 if fault and fault.code else 200,
                outcome="injected" if fails else "ok",
                error_code=fault.code if fault else None,
                injected=fault,
                access_key=self.access_key,
                client=Sdk("boto3", "1.42.0", "standard") if habit.sends_ids else Sdk("curl"),
                invocation_id=str(invocation) if habit.sends_ids else None,
                attempt=number if habit.sends_ids else None,
                max_attempts=habit.sdk_attempts if habit.sends_ids else None,
                aim=Aim(aim),
                peer=Peer("10.0.0.1", port, thread),
            )
        )
        if fault is None or fault.connection is None:
            self.free.append(port)
        return not fails

    def _tell(
        self, first: float, attempts_of: list[int], gaps: list[float], *, is_done: bool
    ) -> None:
        count, tries, habit = sum(attempts_of), len(attempts_of), self.habit
        if count == 1 and is_done:
            return  # the outage did not touch it
        flags = set()
        if count == 1:
            flags.add("neverRetried")
        if tries > 2 and not habit.pause:
            flags.add("noBackoff")
        if count > 10 and sorted(gaps)[len(gaps) // 2] < 1:
            flags.add("retryStorm")
        if Counter(attempts > 1 for attempts in attempts_of)[True] > 1:
            flags.add("amplified")
        ending = "recovered" if is_done else "failed"
        truth = Truth(habit.name, tries, count, ending, frozenset(flags))
        self.world.truths[self.access_key, first] = truth


def generate(efforts: int, seed: int) -> World:
    """Let applications of all habits make some efforts."""
    world = World(seed)
    while sum(1 for _ in world.truths) < efforts:
        for habit in HABITS:
            access_key = f"AKIA{world.new_id()}"
            failing = world.chance.choice((0.3, 0.5, 0.7, 0.9))
            # Without their connections nothing tells two processes apart.
            resets = habit.processes == 1 and world.chance.random() < 0.3
            start, aim = world.now + world.chance.random(), world.new_id()
            for _ in range(habit.processes):
                process = Process(world, habit, access_key, failing, resets=resets)
                for _ in range(habit.threads):
                    aims = [aim if habit.same_aim else world.new_id() for _ in range(6)]
                    world.add(process.thread(iter(aims)), start + world.chance.random())
        world.run()
    return world
