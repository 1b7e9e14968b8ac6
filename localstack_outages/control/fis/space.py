"""What FIS keeps for one account in one region."""

from dataclasses import dataclass, field
from typing import Any

from .errors import Conflict, NotFound
from .experiment import Experiment
from .names import LEVER_ID, Place

MAX_EXPERIMENTS = 1000
"""So many experiments are remembered; the oldest that have ended are forgotten first."""

MAX_TOKENS = 10_000

Document = dict[str, Any]


@dataclass
class Template:
    """An experiment template."""

    id: str
    place: Place
    document: Document
    """What was sent, with defaults filled in."""
    tags: dict[str, str]
    created: float
    """Seconds since 1970."""
    updated: float
    accounts: dict[str, Document] = field(default_factory=dict)
    """Its target account configurations by account."""

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.place.arn(f"experiment-template/{self.id}")


@dataclass
class Lever:
    """The safety lever."""

    place: Place
    status: str = "disengaged"
    reason: str = "Initial state"

    def document(self) -> Document:
        """Describe it."""
        return {
            "id": LEVER_ID,
            "arn": self.place.arn(f"safety-lever/{LEVER_ID}"),
            "state": {"status": self.status, "reason": self.reason},
        }


class Space:
    """What FIS keeps for one account in one region.

    :param place: which
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.lever = Lever(place)
        self.templates: dict[str, Template] = {}
        self._experiments: dict[str, Experiment] = {}
        self._answers: dict[tuple[str, str], tuple[Document, Document]] = {}

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """All experiments, the first one first."""
        return tuple(self._experiments.values())

    def template(self, template_id: str) -> Template:
        """Give a template.

        :raises NotFound: where there is none with the id
        """
        found = self.templates.get(template_id)
        if found is None:
            raise NotFound(f"The experiment template '{template_id}' does not exist.")
        return found

    def experiment(self, experiment_id: str) -> Experiment:
        """Give an experiment.

        :raises NotFound: where there is none with the id
        """
        found = self._experiments.get(experiment_id)
        if found is None:
            raise NotFound(f"The experiment '{experiment_id}' does not exist.")
        return found

    def keep(self, experiment: Experiment) -> None:
        """Remember an experiment."""
        self._experiments[experiment.id] = experiment
        if len(self._experiments) > MAX_EXPERIMENTS:
            ended = next((e.id for e in self.experiments if e.is_over), None)
            if ended is not None:
                del self._experiments[ended]

    def answered(self, operation: str, parameters: Document) -> Document | None:
        """Give what a request with the same token was answered before.

        :raises Conflict: where that request had another content
        """
        before = self._answers.get((operation, parameters["clientToken"]))
        if before is None:
            return None
        if before[0] != parameters:
            raise Conflict("The client token was used before, with another request.")
        return before[1]

    def remember(self, operation: str, parameters: Document, answer: Document) -> None:
        """Keep an answer for requests with the same token."""
        if len(self._answers) >= MAX_TOKENS:
            del self._answers[next(iter(self._answers))]
        self._answers[operation, parameters["clientToken"]] = (parameters, answer)
