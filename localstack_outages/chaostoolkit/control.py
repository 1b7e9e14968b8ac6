"""The control: outages end with their experiment, however it ends, and its journal has the verdicts."""

import logging
from typing import Any

from localstack_outages.schema.errors import OutagesError

from .probes import verdicts
from .target import Configuration, outages, owner_of

__all__ = ["after_experiment_control"]

LOG = logging.getLogger("chaostoolkit")


def after_experiment_control(
    context: dict[str, Any],  # noqa: ARG001 - Chaos Toolkit's signature
    state: dict[str, Any],
    configuration: Configuration = None,
    **_: Any,
) -> None:
    """End the outages of the experiment, and write the verdicts into its journal, as ``outages``."""
    try:
        with outages(configuration) as client:
            client.clear(owner=owner_of(configuration))
        state["outages"] = verdicts(configuration=configuration)
    except OutagesError as e:
        LOG.warning("Outages: the journal has no verdicts: %s", e)
