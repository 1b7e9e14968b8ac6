"""The rules given at start, by a setting or an option, and what happens where they are not valid."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import NotShared, PreconditionFailed, RulesFileError

if TYPE_CHECKING:
    from localstack_outages.schema.reading import ParsedRule

LOG = logging.getLogger(__name__)

ENV_RULES = "OUTAGES_RULES"
"""The rules at start: a JSON list, or the path of a JSON or YAML file. None by default."""

ENV_STRICT = "OUTAGES_RULES_STRICT"
"""Whether LocalStack does not start where they are not valid: 1 or 0. 0 by default."""

OPTION = "--rules"
"""The gateway's option. It takes the place of the setting."""


class StartupRules:
    """The rules given at start.

    :param environ: the environment variables
    :param option: the value of ``--rules``; None where it is not given
    """

    def __init__(self, environ: Mapping[str, str], option: str | None = None) -> None:
        self._rules: list[ParsedRule] | None = None
        self._source = ENV_RULES if option is None else OPTION
        self.error: str | None = None
        """Why they are not valid; None where they are."""
        value = environ.get(ENV_RULES, "").strip() if option is None else option
        if value or option is not None:
            # Without rules at start, it does not wait for what reads them.
            from localstack_outages.schema.rules_file import rules_of_setting

            try:
                self._rules = rules_of_setting(value)
            except RulesFileError as e:
                self.error = f"{self._source}: {e}" + (
                    "; there are no rules" if option is None else ""
                )
        strict = environ.get(ENV_STRICT, "").strip() or "0"
        if strict not in ("0", "1"):
            LOG.error("%s: %r is neither 0 nor 1; it counts as 1", ENV_STRICT, strict)
        self._is_strict = strict != "0"

    def check(self) -> None:
        """End the process where the rules are not valid and must be; to be called before anybody is
        served.

        :raises SystemExit: with one line that says why
        """
        if self.error is not None and self._is_strict:
            raise SystemExit(f"{self.error}, and {ENV_STRICT} forbids starting without them")

    def put_into_force(self, store: Store) -> None:
        """Set the rules. Where they are not valid, the log says so."""
        self._put(store)

    def _put(self, store: Store, if_revision: int | None = None) -> None:
        if self.error is not None:
            self.log_error()
        elif self._rules is not None:
            store.replace(self._rules, if_revision=if_revision)
            LOG.info("%s: %d rules are in force", self._source, len(self._rules))

    def put_first(self, store: Store) -> None:
        """Set the rules of a list that other hosts may have changed: then theirs stay in force."""
        try:
            self._put(store, if_revision=0)
        except PreconditionFailed:
            LOG.info("%s: the fleet has rules, which stay in force", self._source)
        except NotShared as e:
            LOG.error("%s: %s", self._source, e)

    def log_error(self) -> None:
        """Log why they are not valid. To be called again once the host has said that it is ready: who
        looks only at the end of the log must see it.
        """
        if self.error is not None:
            LOG.error("%s", self.error)
