"""Checks what the model of the API does not say of a template: what goes with what."""

import re
from collections.abc import Mapping
from typing import Any

from . import parameters
from .catalog import RULE_ACTION, Action, actions, resource_types
from .errors import QuotaExceeded, ValidationError
from .names import read_arn
from .schedule import groups

Document = Mapping[str, Any]

MAX_ACTIONS = 20
MAX_PARALLEL = 10
MAX_STOP_CONDITIONS = 5

ALARM = "aws:cloudwatch:alarm"
_SELECTION = re.compile(r"ALL|COUNT\((?P<count>[0-9]{1,6})\)|PERCENT\((?P<percent>[0-9]{1,3})\)")
_TAGS_ONLY = ("aws:s3:bucket",)
_PARAMETERS_ONLY = ("aws:eks:pod",)


def check_template(template: Document) -> None:
    """Check a template as a whole.

    :raises ValidationError: where its parts do not go together
    :raises QuotaExceeded: where it has more of something than FIS allows
    """
    targets = template.get("targets")
    if targets is None:
        raise ValidationError("targets is required. Send {} where no action has targets.")
    if not template["actions"]:
        raise ValidationError("At least one action is required.")
    for name, target in targets.items():
        _check_target(name, target)
    if len(template["actions"]) > MAX_ACTIONS:
        raise QuotaExceeded(f"A template can have at most {MAX_ACTIONS} actions.")
    for name, action in template["actions"].items():
        _check_action(name, action, targets)
    _check_order(template["actions"])
    _check_stop_conditions(template["stopConditions"])
    if read_arn(template["roleArn"]) is None:
        raise ValidationError(f"The roleArn '{template['roleArn']}' is not an ARN.")


def selected(mode: str, count: int) -> int:
    """Say how many of so many resources a selection mode selects. A percentage is rounded down.

    :raises ValidationError: where it is none
    """
    match = _SELECTION.fullmatch(mode)
    if match is None or (match["percent"] and not 1 <= int(match["percent"]) <= 100):
        raise ValidationError(
            f"The selectionMode '{mode}' is not ALL, COUNT(n) or PERCENT(n), n from 1 to 100."
        )
    if match["count"]:
        if int(match["count"]) < 1:
            raise ValidationError(f"The selectionMode '{mode}' selects nothing.")
        return min(count, int(match["count"]))
    return count * int(match["percent"]) // 100 if match["percent"] else count


def _check_target(name: str, target: Document) -> None:
    kind = target["resourceType"]
    known = resource_types().get(kind)
    if known is None:
        raise ValidationError(f"The resource type '{kind}' of target '{name}' is not supported.")
    selected(target["selectionMode"], 1)
    has_arns = bool(target.get("resourceArns"))
    has_tags = bool(target.get("resourceTags"))
    if has_arns and (has_tags or target.get("filters")):
        raise ValidationError(
            f"Target '{name}' has resourceArns beside resourceTags or filters; give only one way."
        )
    if kind in _TAGS_ONLY and has_arns:
        raise ValidationError(f"Target '{name}' of type {kind} takes resourceTags only.")
    if kind in _PARAMETERS_ONLY and (has_arns or has_tags):
        raise ValidationError(f"Target '{name}' of type {kind} takes parameters only.")
    if not (has_arns or has_tags or target.get("filters") or target.get("parameters")):
        raise ValidationError(
            f"Target '{name}' needs resourceArns, resourceTags, filters or parameters."
        )
    for arn in target.get("resourceArns", ()):
        if read_arn(arn) is None:
            raise ValidationError(f"'{arn}' of target '{name}' is not an ARN.")
    given = target.get("parameters", {})
    _check_names(f"target '{name}'", given, known.parameters)


def _check_action(name: str, action: Document, targets: Document) -> None:
    known = actions().get(action["actionId"])
    if known is None:
        raise ValidationError(f"The action '{action['actionId']}' of '{name}' is not supported.")
    _check_targets_of(name, action.get("targets", {}), known, targets)
    given = action.get("parameters", {})
    _check_names(f"action '{name}'", given, known.parameters)
    try:
        parameters.check_values(given)
        if known.id == RULE_ACTION:
            parameters.rule(given)
    except ValidationError as e:
        raise ValidationError(f"Action '{name}': {e.message}") from None


def _check_targets_of(
    name: str, given: Mapping[str, str], known: Action, targets: Document
) -> None:
    for key, target in given.items():
        if key not in known.targets:
            raise ValidationError(f'Unexpected target "{key}" found in action "{name}".')
        if target not in targets:
            raise ValidationError(f"Action '{name}' has target '{target}', which does not exist.")
        kind, wanted = targets[target]["resourceType"], known.targets[key]
        if kind != wanted:
            raise ValidationError(
                f"Target '{target}' of action '{name}' is of type {kind}; it takes {wanted}."
            )
    for key in known.targets:
        if key not in given:
            raise ValidationError(f'Target "{key}" is missing in action "{name}".')


def _check_names(where: str, given: Mapping[str, str], known: Mapping[str, Any]) -> None:
    for name in given:
        if name not in known:
            raise ValidationError(
                f"Unexpected parameter '{name}' found in {where}; it takes "
                f"{', '.join(known) or 'none'}."
            )
    missing = [name for name, one in known.items() if one.required and name not in given]
    if missing:
        raise ValidationError(f"Parameter '{missing[0]}' is missing in {where}.")


def _check_order(given: Document) -> None:
    for name, action in given.items():
        for other in action.get("startAfter", ()):
            if other not in given:
                raise ValidationError(
                    f"Action '{name}' starts after '{other}', which does not exist."
                )
    for group in groups({name: action.get("startAfter", ()) for name, action in given.items()}):
        if len(group) > MAX_PARALLEL:
            raise QuotaExceeded(f"At most {MAX_PARALLEL} actions can run in parallel.")


def _check_stop_conditions(conditions: list[Document]) -> None:
    if len(conditions) > MAX_STOP_CONDITIONS:
        raise QuotaExceeded(f"A template can have at most {MAX_STOP_CONDITIONS} stop conditions.")
    for condition in conditions:
        source, value = condition["source"], condition.get("value")
        if source not in ("none", ALARM):
            raise ValidationError(f"The stop condition source '{source}' is not none or {ALARM}.")
        if source == ALARM and alarm_name(value or "") is None:
            raise ValidationError(f"'{value}' is not the ARN of a CloudWatch alarm.")


def alarm_name(text: str) -> str | None:
    """Give the name of an alarm; None where the text is not the ARN of one."""
    arn = read_arn(text)
    if arn is None or arn.service != "cloudwatch" or not arn.resource.startswith("alarm:"):
        return None
    return arn.resource.removeprefix("alarm:")
