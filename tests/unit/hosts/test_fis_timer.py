"""FIS's timer: a thread that is there while experiments run, and only then."""

import threading
import time

from localstack_outages.control.fis.emulator import EmulatorError
from localstack_outages.control.fis.service import Fis
from localstack_outages.engine.store import Store
from localstack_outages.hosts.fis_timer import FisTimer

PLACE = ("123456789012", "eu-west-1")


class Emulator:
    """Takes events."""

    def __init__(self):
        self.states = []

    def call(self, service, operation, *_, **parameters):
        if service != "events":
            raise EmulatorError(f"{service} is not included")
        self.states += [entry["Detail"] for entry in parameters["Entries"]]
        return {}


def threads():
    """Give the timer's threads."""
    return [thread for thread in threading.enumerate() if thread.name == "outages-fis"]


def wait_until(condition):
    """Ask until the answer is true."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(fis, duration):
    """Start an experiment that waits."""
    wait = {"actionId": "aws:fis:wait", "parameters": {"duration": duration}}
    template = fis.call(
        "CreateExperimentTemplate",
        {
            "clientToken": duration,
            "description": "test",
            "roleArn": "arn:aws:iam::123456789012:role/fis",
            "stopConditions": [],
            "targets": {},
            "actions": {"wait": wait},
        },
        *PLACE,
    )["experimentTemplate"]["id"]
    return fis.call(
        "StartExperiment", {"clientToken": duration, "experimentTemplateId": template}, *PLACE
    )


def test_life():
    """An experiment that nobody looks at is told of to its end; then the thread is gone."""
    emulator = Emulator()
    fis = Fis(Store(), emulator)
    fis.wake = FisTimer(fis).wake
    fis.call("ListActions", {}, *PLACE)
    assert [] == threads()

    start(fis, "PT0.2S")

    wait_until(lambda: any('"completed"' in state for state in emulator.states))
    wait_until(lambda: not threads())
    start(fis, "PT0.1S")
    wait_until(lambda: sum('{"status": "completed"' in state for state in emulator.states) == 2)
    wait_until(lambda: not threads())


def test_close():
    """A timer that is closed lets its thread go at once, and starts none again."""
    fis = Fis(Store(), Emulator())
    timer = FisTimer(fis)
    fis.wake = timer.wake
    start(fis, "PT10M")
    wait_until(threads)

    timer.close()

    wait_until(lambda: not threads())
    timer.wake()
    assert [] == threads()
