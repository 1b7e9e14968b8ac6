"""The operations on experiments and on the safety lever."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.reading import parse_rules

from .actions import plan
from .actions.work import Context, Work
from .emulator import Emulator
from .errors import Conflict, NotFound, QuotaExceeded, TargetsNotResolved
from .experiment import Experiment
from .experiment_documents import document, summary
from .moments import Clocks
from .names import LEVER_ID, Place, new_id
from .paging import page
from .space import Space, Template
from .states import EMPTY, STOPPED, ActionRun, State
from .targets import Resolver, Resource

Document = dict[str, Any]

MAX_ACTIVE = 5


class ExperimentOperations:
    """Carries out the operations on experiments. The caller holds the lock but where one says so.

    :param store: where the rules go
    :param emulator: where the resources are
    :param clocks: where the time comes from
    :param speed: by how much actions are shorter than their parameters say
    :param was_assumed: whether calls of a role can be told from others, by its ARN
    :param chance: draws which resources are selected
    """

    def __init__(
        self,
        store: Store,
        emulator: Emulator,
        clocks: Clocks,
        speed: float,
        was_assumed: Callable[[str], bool],
        chance: random.Random,
    ) -> None:
        self._store = store
        self._emulator = emulator
        self._clocks = clocks
        self._speed = speed
        self._was_assumed = was_assumed
        self._resolver = Resolver(emulator, chance)
        self.table: Mapping[str, Callable[[Space, Document], Document]] = {
            "StopExperiment": self.stop,
            "GetExperiment": self.get,
            "ListExperiments": self.list_all,
            "ListExperimentResolvedTargets": self.list_targets,
            "GetExperimentTargetAccountConfiguration": self.get_account,
            "ListExperimentTargetAccountConfigurations": self.list_accounts,
            "GetSafetyLever": self.get_lever,
            "UpdateSafetyLeverState": self.update_lever,
        }

    def make(self, space: Space, parameters: Document) -> tuple[Experiment | None, Document]:
        """Make an experiment that is initiating.

        :return: it, and the answer; None in its place where a request with the same token made it
        """
        before = space.answered("StartExperiment", parameters)
        if before is not None:
            return None, before
        template = space.template(parameters["experimentTemplateId"])
        if sum(not experiment.is_over for experiment in space.experiments) >= MAX_ACTIVE:
            raise QuotaExceeded(f"At most {MAX_ACTIVE} experiments can be active at once.")
        experiment = self._experiment(space.place, template, parameters)
        space.keep(experiment)
        answer = {"experiment": document(experiment)}
        space.remember("StartExperiment", parameters, answer)
        if space.lever.status == "engaged":
            experiment.refuse(
                State("cancelled", "Experiment was cancelled: the safety lever is engaged.")
            )
        return experiment, answer

    def prepare(self, experiment: Experiment) -> Callable[[], None]:
        """Resolve the targets of an experiment and say what its actions come to. To be called without
        the lock: the emulator is asked.

        :return: begins it; to be called with the lock
        """
        places = [
            experiment.place._replace(account=account["accountId"])
            for account in experiment.accounts
        ] or [experiment.place]
        resolved: dict[str, list[Resource]] = {}
        empty: dict[str, TargetsNotResolved] = {}
        for name, target in experiment.template["targets"].items():
            try:
                resolved[name] = self._resolver.resolve(name, target, places)
            except TargetsNotResolved as e:
                resolved[name], empty[name] = [], e
            else:
                if not resolved[name]:
                    empty[name] = TargetsNotResolved(EMPTY, name, experiment.place.account)
        if empty and experiment.options["emptyTargetResolutionMode"] == "fail":
            state = _not_resolved(next(iter(empty.values())))
            return lambda: experiment.refuse(state)
        skips_all = experiment.options["actionsMode"] == "skip-all"
        skipped: dict[str, str] = {}
        works: dict[str, Work] = {}
        for name, run in experiment.runs.items():
            missing = [empty[t] for t in run.document.get("targets", {}).values() if t in empty]
            if skips_all:
                skipped[name] = "Action was skipped."
            elif missing:
                skipped[name] = f"Action was skipped: {missing[0].reason}"
            else:
                works[name] = self._work(experiment, run, resolved)

        def begin() -> None:
            experiment.resolved = resolved
            experiment.begin(works, skipped, self._speed)

        return begin

    def stop(self, space: Space, parameters: Document) -> Document:
        """Stop an experiment. One that has ended stays as it is."""
        experiment = space.experiment(parameters["id"])
        experiment.halt(State("stopped", STOPPED), self._clocks.steady())
        return {"experiment": document(experiment)}

    def get(self, space: Space, parameters: Document) -> Document:
        """Give an experiment."""
        return {"experiment": document(space.experiment(parameters["id"]))}

    def list_all(self, space: Space, parameters: Document) -> Document:
        """List the experiments, or those of a template."""
        template = parameters.get("experimentTemplateId")
        found = [
            summary(experiment)
            for experiment in space.experiments
            if template in (None, experiment.template["id"])
        ]
        return page(found, parameters, "experiments")

    def list_targets(self, space: Space, parameters: Document) -> Document:
        """List the resources that the targets of an experiment resolved to."""
        experiment = space.experiment(parameters["experimentId"])
        wanted = parameters.get("targetName")
        targets = experiment.template["targets"]
        if wanted is not None and wanted not in targets:
            raise NotFound(f"The experiment '{experiment.id}' has no target '{wanted}'.")
        found = [
            {
                "resourceType": targets[name]["resourceType"],
                "targetName": name,
                "targetInformation": {"arn": resource.arn},
            }
            for name, resources in experiment.resolved.items()
            for resource in resources
            if wanted in (None, name)
        ]
        return page(found, parameters, "resolvedTargets")

    def get_account(self, space: Space, parameters: Document) -> Document:
        """Give a target account of an experiment."""
        experiment = space.experiment(parameters["experimentId"])
        for account in experiment.accounts:
            if account["accountId"] == parameters["accountId"]:
                return {"targetAccountConfiguration": account}
        raise NotFound(
            f"The experiment '{experiment.id}' has no target account '{parameters['accountId']}'."
        )

    def list_accounts(self, space: Space, parameters: Document) -> Document:
        """List the target accounts of an experiment."""
        experiment = space.experiment(parameters["experimentId"])
        return page(experiment.accounts, parameters, "targetAccountConfigurations")

    def get_lever(self, space: Space, parameters: Document) -> Document:
        """Give the safety lever."""
        _check_lever(parameters)
        return {"safetyLever": space.lever.document()}

    def update_lever(self, space: Space, parameters: Document) -> Document:
        """Engage the safety lever, which stops all experiments, or disengage it."""
        _check_lever(parameters)
        wanted = parameters["state"]
        if wanted["status"] == space.lever.status:
            raise Conflict(
                "The reason of the safety lever cannot be updated without a status change."
            )
        space.lever.status, space.lever.reason = wanted["status"], wanted["reason"]
        if wanted["status"] == "engaged":
            state = State("stopped", "Experiment stopped: the safety lever was engaged.")
            for experiment in space.experiments:
                experiment.halt(state, self._clocks.steady())
        return {"safetyLever": space.lever.document()}

    def _experiment(self, place: Place, template: Template, parameters: Document) -> Experiment:
        options = {
            **template.document["experimentOptions"],
            "actionsMode": parameters.get("experimentOptions", {}).get("actionsMode", "run-all"),
        }
        return Experiment(
            new_id("EXP"),
            place,
            {**template.document, "id": template.id},
            options=options,
            tags=parameters.get("tags", {}),
            accounts=list(template.accounts.values()),
            at=(self._clocks.steady(), self._clocks.wall()),
            place_rules=self._place_rules,
            end_rules=self._end_rules,
        )

    def _work(
        self, experiment: Experiment, run: ActionRun, resolved: Mapping[str, Sequence[Resource]]
    ) -> Work:
        targets = run.document.get("targets", {})
        context = Context(
            experiment.place,
            run.document.get("parameters", {}),
            {key: resolved[name] for key, name in targets.items()},
            {
                name: value
                for target in targets.values()
                for name, value in experiment.template["targets"][target]
                .get("parameters", {})
                .items()
            },
            self._emulator,
            self._was_assumed,
        )
        work = plan(run.document["actionId"], context)
        try:
            parse_rules([{**rule, "duration": 1} for rule in work.rules])
        except InvalidRules as e:
            return Work(failure=f"No rule can be made of it: {e}")
        return work

    def _place_rules(self, experiment: Experiment, run: ActionRun, begins: float) -> None:
        """Put the rules of an action before all others."""
        late = self._clocks.steady() - experiment.started_at
        window: Document = {"duration": round(run.work.seconds / experiment.speed, 6)}
        if begins > late:
            window["after"] = round(begins - late, 6)
        said = f"{experiment.id}, {run.name}: {run.document['actionId']}"
        rules = [
            {
                **rule,
                "description": f"{said}. {rule.get('description', '')}".removesuffix(". "),
                **window,
            }
            for rule in run.work.rules
        ]
        self._store.add(parse_rules(rules), owner=experiment.owner, first=True)

    def _end_rules(self, experiment: Experiment) -> None:
        self._store.remove(None, owner=experiment.owner)


def _not_resolved(why: TargetsNotResolved) -> State:
    error = {"accountId": why.account, "code": "InvalidTarget", "location": why.target}
    return State("failed", why.reason, error)


def _check_lever(parameters: Document) -> None:
    if parameters["id"] != LEVER_ID:
        raise NotFound(f"The safety lever '{parameters['id']}' does not exist; its id is default.")
