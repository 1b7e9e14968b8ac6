"""The operations on actions, types of resources, and tags."""

from collections.abc import Callable, Mapping
from typing import Any

from .catalog import actions, resource_types
from .errors import NotFound, ValidationError
from .names import read_arn
from .paging import page
from .space import Space

Document = dict[str, Any]

MAX_TAGS = 50


def list_actions(space: Space, parameters: Document) -> Document:
    """List the actions."""
    return page([a.summary(space.place) for a in actions().values()], parameters, "actions")


def get_action(space: Space, parameters: Document) -> Document:
    """Give an action."""
    found = actions().get(parameters["id"])
    if found is None:
        raise NotFound(f"The action '{parameters['id']}' does not exist.")
    return {"action": found.document(space.place)}


def list_resource_types(_: Space, parameters: Document) -> Document:
    """List the types of resources."""
    found = [kind.summary() for kind in resource_types().values()]
    return page(found, parameters, "targetResourceTypes")


def get_resource_type(_: Space, parameters: Document) -> Document:
    """Give a type of resources."""
    found = resource_types().get(parameters["resourceType"])
    if found is None:
        raise NotFound(f"The target resource type '{parameters['resourceType']}' does not exist.")
    return {"targetResourceType": found.document()}


def tag(space: Space, parameters: Document) -> Document:
    """Add tags."""
    tags = _tags(space, parameters["resourceArn"])
    if len({*tags, *parameters["tags"]}) > MAX_TAGS:
        raise ValidationError(f"A resource can have at most {MAX_TAGS} tags.")
    tags.update(parameters["tags"])
    return {}


def untag(space: Space, parameters: Document) -> Document:
    """Take tags away: those with the given keys, or all."""
    tags = _tags(space, parameters["resourceArn"])
    for key in parameters.get("tagKeys", tuple(tags)):
        tags.pop(key, None)
    return {}


def list_tags(space: Space, parameters: Document) -> Document:
    """List the tags of a resource."""
    return {"tags": dict(_tags(space, parameters["resourceArn"]))}


def _tags(space: Space, text: str) -> dict[str, str]:
    arn = read_arn(text)
    kind, _, name = arn.resource.partition("/") if arn is not None else ("", "", "")
    if kind == "experiment-template":
        return space.template(name).tags
    if kind == "experiment":
        return space.experiment(name).tags
    if kind == "action" and name in actions():
        return {}
    raise NotFound(f"The resource '{text}' does not exist.")


TABLE: Mapping[str, Callable[[Space, Document], Document]] = {
    "ListActions": list_actions,
    "GetAction": get_action,
    "ListTargetResourceTypes": list_resource_types,
    "GetTargetResourceType": get_resource_type,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
}
