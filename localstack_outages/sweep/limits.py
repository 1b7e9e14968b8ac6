"""How long a run with a fault may take, and what tells that it took longer."""

from .points import Faults


class Hung(BaseException):
    """A test that does not end. No ``except Exception`` of the application takes it."""


GRACE_SECONDS = 10.0


def hang_of(seconds: float | None, *, everything: bool) -> float | None:
    """Give how much longer than usual a run may take where a call gets no answer, seconds.

    :param seconds: what is wanted; None where nothing is
    :param everything: whether all faults are to be tried
    :return: None where each call is to get an answer
    """
    return GRACE_SECONDS if seconds is None and everything else seconds


def grace_of(faults: Faults, hang: float | None = None) -> float:
    """Give how much longer than usual a run may take, seconds.

    :param hang: what is wanted where a call gets no answer
    """
    if hang is None or all(fault.name != "hang" for fault in faults):
        return GRACE_SECONDS
    return hang


def limit_of(seconds: float, faults: Faults = (), hang: float | None = None) -> float:
    """Give how long a faulted run may take, seconds.

    :param seconds: how long it took without a fault
    :param hang: how much longer it may take where a call gets no answer
    """
    return 3 * seconds + grace_of(faults, hang)
