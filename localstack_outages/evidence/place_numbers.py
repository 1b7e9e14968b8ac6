"""A bounded numbering of the places that calls go to: pairs of service and region."""

MAX_PLACES = 256
"""A real application has dozens. Regions come from requests, so their number must be bounded."""

OTHER = "other"
"""Stands for the service and the region of all places beyond the bound."""


class Places:
    """Numbers pairs of service and region in the order in which they are first seen.

    The caller holds a lock of its own around ``number``.

    :param size: how many pairs are told apart; all others are counted as one, number 0
    """

    def __init__(self, size: int = MAX_PLACES) -> None:
        self.names: list[tuple[str, str]] = [(OTHER, OTHER)]
        """The service and region by number."""
        self._size = size
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, service: str, region: str) -> int:
        """Give the number of a service in a region."""
        place = (service, region)
        number = self._numbers.get(place)
        if number is None:
            if len(self._numbers) >= self._size:
                return 0
            number = self._numbers[place] = len(self.names)
            self.names.append(place)
        return number
