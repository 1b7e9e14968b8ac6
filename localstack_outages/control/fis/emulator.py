"""What FIS asks of the emulator that it belongs to."""

from typing import Any, Protocol


class EmulatorError(Exception):
    """The emulator refused a call, or does not have its service.

    :param message: the code and the text of its error
    """


class Emulator(Protocol):
    """Carries out AWS calls. The rules do not apply to them."""

    def call(
        self, service: str, operation: str, account: str, region: str, **parameters: Any
    ) -> dict[str, Any]:
        """Make a call. All pages of a listing are read.

        :param service: by botocore's name
        :raises EmulatorError: where it fails
        """
