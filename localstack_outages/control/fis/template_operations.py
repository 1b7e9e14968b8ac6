"""The operations on experiment templates and on their target account configurations."""

from collections.abc import Callable, Mapping
from typing import Any

from .errors import Conflict, NotFound, QuotaExceeded
from .moments import Clocks, moment
from .names import new_id
from .paging import page
from .space import Space, Template
from .template_checks import check_template

Document = dict[str, Any]

MAX_TEMPLATES = 500
MAX_ACCOUNTS = 40

_PARTS = (
    "description",
    "targets",
    "actions",
    "stopConditions",
    "roleArn",
    "logConfiguration",
    "experimentOptions",
    "experimentReportConfiguration",
)
_CAN_BE_EMPTY = ("logConfiguration", "experimentReportConfiguration")
"""Parts that an empty object takes away."""


class TemplateOperations:
    """Carries out the operations on templates.

    :param clocks: where the time comes from
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self.table: Mapping[str, Callable[[Space, Document], Document]] = {
            "CreateExperimentTemplate": self.create,
            "GetExperimentTemplate": self.get,
            "UpdateExperimentTemplate": self.update,
            "DeleteExperimentTemplate": self.delete,
            "ListExperimentTemplates": self.list_all,
            "CreateTargetAccountConfiguration": self.create_account,
            "GetTargetAccountConfiguration": self.get_account,
            "UpdateTargetAccountConfiguration": self.update_account,
            "DeleteTargetAccountConfiguration": self.delete_account,
            "ListTargetAccountConfigurations": self.list_accounts,
        }

    def create(self, space: Space, parameters: Document) -> Document:
        """Make a template."""
        before = space.answered("CreateExperimentTemplate", parameters)
        if before is not None:
            return before
        given = {name: parameters[name] for name in _PARTS if name in parameters}
        given["experimentOptions"] = {
            "accountTargeting": "single-account",
            "emptyTargetResolutionMode": "fail",
            **given.get("experimentOptions", {}),
        }
        given = _without_empty(given)
        check_template(given)
        if len(space.templates) >= MAX_TEMPLATES:
            raise QuotaExceeded(f"There can be at most {MAX_TEMPLATES} experiment templates.")
        now = self._clocks.wall()
        template = Template(
            new_id("EXT"), space.place, given, dict(parameters.get("tags", {})), now, now
        )
        space.templates[template.id] = template
        answer = {"experimentTemplate": describe(template)}
        space.remember("CreateExperimentTemplate", parameters, answer)
        return answer

    def get(self, space: Space, parameters: Document) -> Document:
        """Give a template."""
        return {"experimentTemplate": describe(space.template(parameters["id"]))}

    def update(self, space: Space, parameters: Document) -> Document:
        """Change parts of a template, each as a whole."""
        template = space.template(parameters["id"])
        changes = {name: parameters[name] for name in _PARTS if name in parameters}
        options = {
            **template.document["experimentOptions"],
            **changes.get("experimentOptions", {}),
        }
        document = _without_empty({**template.document, **changes, "experimentOptions": options})
        check_template(document)
        template.document = document
        template.updated = self._clocks.wall()
        return {"experimentTemplate": describe(template)}

    def delete(self, space: Space, parameters: Document) -> Document:
        """Take a template away. Its experiments go on."""
        template = space.template(parameters["id"])
        del space.templates[template.id]
        return {"experimentTemplate": describe(template)}

    def list_all(self, space: Space, parameters: Document) -> Document:
        """List the templates."""
        found = [_summary(template) for template in space.templates.values()]
        return page(found, parameters, "experimentTemplates")

    def create_account(self, space: Space, parameters: Document) -> Document:
        """Add a target account."""
        before = space.answered("CreateTargetAccountConfiguration", parameters)
        if before is not None:
            return before
        template, account = (
            space.template(parameters["experimentTemplateId"]),
            parameters["accountId"],
        )
        if template.document["experimentOptions"]["accountTargeting"] != "multi-account":
            raise Conflict(
                f"The experiment template '{template.id}' targets a single account; its "
                "accountTargeting must be multi-account."
            )
        if account in template.accounts:
            raise Conflict(
                f"The experiment template '{template.id}' has account '{account}' already."
            )
        if len(template.accounts) >= MAX_ACCOUNTS:
            raise QuotaExceeded(f"A template can have at most {MAX_ACCOUNTS} target accounts.")
        made: Document = {
            n: parameters[n] for n in ("accountId", "roleArn", "description") if n in parameters
        }
        template.accounts[account] = made
        template.updated = self._clocks.wall()
        answer = {"targetAccountConfiguration": made}
        space.remember("CreateTargetAccountConfiguration", parameters, answer)
        return answer

    def get_account(self, space: Space, parameters: Document) -> Document:
        """Give a target account."""
        return {"targetAccountConfiguration": _account(_template_of(space, parameters), parameters)}

    def update_account(self, space: Space, parameters: Document) -> Document:
        """Change a target account."""
        template = _template_of(space, parameters)
        changes: Document = {
            n: parameters[n] for n in ("roleArn", "description") if n in parameters
        }
        changed = {**_account(template, parameters), **changes}
        template.accounts[parameters["accountId"]] = changed
        return {"targetAccountConfiguration": changed}

    def delete_account(self, space: Space, parameters: Document) -> Document:
        """Take a target account away."""
        template = _template_of(space, parameters)
        found = _account(template, parameters)
        del template.accounts[parameters["accountId"]]
        return {"targetAccountConfiguration": found}

    def list_accounts(self, space: Space, parameters: Document) -> Document:
        """List the target accounts of a template."""
        template = _template_of(space, parameters)
        return page(list(template.accounts.values()), parameters, "targetAccountConfigurations")


def describe(template: Template) -> Document:
    """Describe a template as GetExperimentTemplate does."""
    return {
        **template.document,
        **_summary(template),
        "targetAccountConfigurationsCount": len(template.accounts),
    }


def _summary(template: Template) -> Document:
    return {
        "id": template.id,
        "arn": template.arn,
        "description": template.document["description"],
        "creationTime": moment(template.created),
        "lastUpdateTime": moment(template.updated),
        "tags": dict(template.tags),
    }


def _without_empty(document: Document) -> Document:
    return {name: part for name, part in document.items() if part or name not in _CAN_BE_EMPTY}


def _template_of(space: Space, parameters: Document) -> Template:
    return space.template(parameters["experimentTemplateId"])


def _account(template: Template, parameters: Document) -> Document:
    found = template.accounts.get(parameters["accountId"])
    if found is None:
        raise NotFound(
            f"The experiment template '{template.id}' has no target account "
            f"'{parameters['accountId']}'."
        )
    return found
