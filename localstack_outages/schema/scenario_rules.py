"""From a scenario to the rules that play it."""

from typing import Any

from .errors import InvalidScenario
from .model import MAX_SECONDS
from .scenario import ParsedScenario, ScenarioPhase
from .scenario_fields import Document
from .vocabulary import MAX_RULES, MAX_SPEED

_GLOBS = ("service", "operation", "region", "account", "principal")
_Rank = tuple[object, ...]


def compile_scenario(
    parsed: ParsedScenario,
    *,
    speed: float = 1,
    phase: str | None = None,
    account: str | None = None,
) -> list[Document]:
    """Make the rules of a scenario. Each starts and ends with its phase by itself, by ``after`` and
    ``duration``.

    Phases may overlap, and of the rules that match a call the first in the list that fires decides.
    So the most specific rule stands first, whichever phase it is of: one with a condition before
    one without, and one with a header before that; then by service, operation, region, account and principal, in that order, a name
    before a glob, a longer glob before a shorter one, and ``*`` last; then one for calls of one origin
    before one for all. A rule thus stands before every rule that is for the same calls and more.
    Of rules that are equally specific, that of the phase that begins last stands first, since it
    is the news; within a phase their order is as written, dependents last.

    Example::

        compile_scenario(parsed, speed=60)  # an hour takes a minute

    :param speed: by how much phases start sooner and are shorter; nothing else changes: a latency
        of two seconds meets the same time-out of the client at any speed
    :param phase: the name of a phase that is wanted alone; it starts at once
    :param account: the account that rules are for which name none
    :raises InvalidScenario: where it has no such phase, or the speed makes it too long or too quick
    """
    if not 0 < speed <= MAX_SPEED:
        raise InvalidScenario(
            f"{speed!r} is out of range: more than 0, at most {MAX_SPEED:g}", "speed"
        )
    chosen = _chosen(parsed, phase)
    begin = 0.0 if phase is None else chosen[0][0].at
    timed: list[tuple[_Rank, Document]] = []
    for number, (part, rules) in enumerate(chosen):
        window = _window(part, begin, speed)
        for rule in rules:
            text = rule.get("description") or part.text
            description = f"{parsed.scenario.name}, {part.name}: {text}"
            rank = (*_specificity(rule), -part.at, -number)
            timed.append((rank, {**rule, "description": description, **window}))
    if len(timed) > MAX_RULES:
        raise InvalidScenario(f"it has {len(timed)} rules; at most {MAX_RULES} are taken")
    # The sort is stable: what ranks the same stays as written.
    made = [rule for _, rule in sorted(timed, key=lambda pair: pair[0])]
    return made if account is None else [{"account": account, **rule} for rule in made]


def phases_to_run(parsed: ParsedScenario, phase: str | None = None) -> list[ScenarioPhase]:
    """Give the phases of a scenario that a run of it has, in the order in which they start.

    :param phase: the name of the one that is wanted alone; it starts at once then
    :raises InvalidScenario: where it has no such phase
    """
    chosen = [part for part, _ in _chosen(parsed, phase)]
    if phase is not None:
        return [part.model_copy(update={"at": 0.0}) for part in chosen]
    return sorted(chosen, key=lambda part: part.at)


def _chosen(
    parsed: ParsedScenario, name: str | None
) -> list[tuple[ScenarioPhase, tuple[Document, ...]]]:
    phases = parsed.scenario.phases
    names = [phase.name for phase in phases]
    if name is not None and name not in names:
        raise InvalidScenario(
            f"'{parsed.scenario.name}' has no phase '{name}'; it has {', '.join(names)}", "phase"
        )
    pairs = zip(phases, parsed.rules, strict=True)
    return [(phase, rules) for phase, rules in pairs if name in (None, phase.name)]


def _window(phase: ScenarioPhase, begin: float, speed: float) -> dict[str, float]:
    after, duration = _plain((phase.at - begin) / speed), _plain(phase.length / speed)
    if max(after, duration) > MAX_SECONDS:
        raise InvalidScenario(
            f"{speed:g} makes phase '{phase.name}' start or last longer than "
            f"{MAX_SECONDS / 86_400:g} days, which are the most",
            "speed",
        )
    return {"after": after, "duration": duration}


def _plain(seconds: float) -> float:
    """Round to microseconds, and write whole seconds as a person does."""
    rounded = round(seconds, 6)
    return int(rounded) if rounded.is_integer() else rounded


def _specificity(rule: Document) -> _Rank:
    """Rank a rule: the more specific it is, the less."""
    globs = (_generality(rule.get(field, "*")) for field in _GLOBS)
    return (
        "header" not in rule,
        "condition" not in rule,
        *globs,
        rule.get("origin", "any") == "any",
    )


def _generality(glob: Any) -> tuple[bool, int, int]:
    """Rank a glob: the fewer names it can match, the less."""
    wildcards = sum(glob.count(wildcard) for wildcard in "*?[")
    if not wildcards:
        return False, 0, 0
    literals = len([c for c in glob if c not in "*?[]!"])
    return True, -literals, glob.count("*") - glob.count("?") - glob.count("[")
