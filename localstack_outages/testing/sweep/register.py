"""Reads the options of the sweep, refuses what is not valid, and makes the plugin that they ask for."""

import pytest

from localstack_outages.sweep.expectations import INI, known_findings, read_lines, read_outcomes
from localstack_outages.sweep.faults import rule_of
from localstack_outages.sweep.limits import hang_of
from localstack_outages.sweep.points import Faults, read_faults
from localstack_outages.sweep.report import FORMS
from localstack_outages.sweep.sweeping import Wanted
from localstack_outages.testing.call_sites import CallSites

from .plugin import Options, OutagesOf, Sweeper
from .replay import Replayer


def make_plugin(
    config: pytest.Config, outages_of: OutagesOf, sites: CallSites
) -> Sweeper | Replayer:
    """Make the plugin of the sweep, or of the replay.

    :raises pytest.UsageError: where an option is not valid
    """
    replay: str | None = config.getoption("outages_replay")
    if replay is not None and config.getoption("outages_sweep"):
        raise pytest.UsageError(
            "--outages-replay: it is one run of a sweep; leave out --outages-sweep"
        )
    if config.getoption("outages_report") is not None:
        raise pytest.UsageError("--outages-report: a sweep has its own, --outages-sweep-report")
    plugin: Sweeper | Replayer
    if replay is not None:
        plugin = Replayer(_faults(replay), outages_of, sites, _hang(config))
    else:
        worker = getattr(config, "workerinput", {}).get("workerid", "")
        plugin = Sweeper(config, _options(config), outages_of, sites, worker)
    return plugin


def _faults(text: str) -> Faults:
    try:
        faults = read_faults(text)
        for fault in faults:
            rule_of(fault)
    except ValueError as e:
        raise pytest.UsageError(f"--outages-replay: {e}") from None
    return faults


def _options(config: pytest.Config) -> Options:
    reports = tuple(config.getoption("outages_sweep_report") or ())
    try:
        for path in reports:
            FORMS.of(path)
    except ValueError as e:
        raise pytest.UsageError(f"--outages-sweep-report: {e}") from None
    try:
        known = known_findings(config.rootpath)
    except ValueError as e:
        raise pytest.UsageError(str(e)) from None
    try:
        expected = read_lines(config.getini(INI))
    except ValueError as e:
        raise pytest.UsageError(f"{INI}: {e}") from None
    everything = bool(config.getoption("outages_sweep_all"))
    return Options(
        Wanted(_depth(config), everything, _seconds(config), known, _hang(config)),
        reports,
        _fail_on(config),
        expected,
    )


def _given(config: pytest.Config, name: str) -> tuple[str, str]:
    """Give what to call a setting in a message, and its value: of the command line, else of the ini file."""
    key = f"outages_sweep_{name.replace('-', '_')}"
    given: str | None = config.getoption(key)
    return (key, config.getini(key)) if given is None else (f"--outages-sweep-{name}", given)


def _depth(config: pytest.Config) -> int:
    name, given = _given(config, "depth")
    if given not in ("1", "2"):
        raise pytest.UsageError(f"{name}: {given!r} is no depth; it is 1 or 2")
    return int(given)


def _seconds(config: pytest.Config) -> float | None:
    minutes = _time(config, "minutes")
    return None if minutes is None else 60 * minutes


def _hang(config: pytest.Config) -> float | None:
    everything = bool(config.getoption("outages_sweep_all"))
    return hang_of(_time(config, "hang", "seconds"), everything=everything)


def _time(config: pytest.Config, of: str, unit: str = "minutes") -> float | None:
    name, given = _given(config, of)
    if not given:
        return None
    try:
        number = float(given)
    except ValueError:
        number = 0
    if not 0 < number < 10**6:
        raise pytest.UsageError(f"{name}: {given!r} is no number of {unit}; write one such as 5")
    return number


def _fail_on(config: pytest.Config) -> frozenset[str]:
    name, given = _given(config, "fail-on")
    try:
        return read_outcomes(given)
    except ValueError as e:
        raise pytest.UsageError(f"{name}: {e}") from None
