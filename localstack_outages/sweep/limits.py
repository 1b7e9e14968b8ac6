"""How long a run with a fault may take, and what tells that it took longer."""


class Hung(BaseException):
    """A test that does not end. No ``except Exception`` of the application takes it."""


GRACE_SECONDS = 10.0


def limit_of(seconds: float) -> float:
    """Give how long a faulted run may take, seconds.

    :param seconds: how long it took without a fault
    """
    return 3 * seconds + GRACE_SECONDS
