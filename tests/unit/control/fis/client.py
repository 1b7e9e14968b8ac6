"""A client of FIS without any socket, and an emulator that says what a test wants."""

import random

from botocore.session import Session
from botocore.validate import ParamValidator

from localstack_outages.control.fis.emulator import EmulatorError
from localstack_outages.control.fis.service import Fis
from localstack_outages.engine.store import Store

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/fis"

_MODEL = Session().get_service_model("fis")


class Emulator:
    """Answers calls, and keeps them. An operation that it does not have fails."""

    def __init__(self):
        self.answers = {}
        self.calls = []

    def call(self, service, operation, account, region, **parameters):
        self.calls.append((f"{service}:{operation}", parameters))
        answer = self.answers.get(f"{service}:{operation}")
        if answer is None:
            raise EmulatorError(f"{service}:{operation} failed with InternalFailure: not included")
        if isinstance(answer, Exception):
            raise answer
        return answer(**parameters) if callable(answer) else answer

    def operations(self):
        return [name for name, _ in self.calls]


class Client:
    """Asks FIS as an SDK does. Each answer is checked against botocore's model."""

    def __init__(self, clock):
        self.clock = clock
        self.store = Store(clock)
        self.emulator = Emulator()
        self.assumed = set()
        self.tokens = 0
        self.make()

    def make(self, **options):
        """Make another FIS."""
        self.fis = Fis(
            self.store,
            self.emulator,
            wall=lambda: 1_700_000_000 + self.clock(),
            chance=random.Random(1),
            **options,
        )
        self.fis.was_assumed = self.assumed.__contains__

    def __call__(self, operation, account=ACCOUNT, region=REGION, **parameters):
        shape = _MODEL.operation_model(operation)
        if "clientToken" in shape.input_shape.members and "clientToken" not in parameters:
            self.tokens += 1
            parameters["clientToken"] = f"token-{self.tokens}"
        answer = self.fis.call(operation, parameters, account, region)
        report = ParamValidator().validate(answer, shape.output_shape)
        assert not report.has_errors(), report.generate_report()
        return answer

    def template(self, **parts):
        """Make a template; give its id."""
        sent = {
            "description": "test",
            "roleArn": ROLE,
            "stopConditions": [{"source": "none"}],
            "targets": {},
            "actions": {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}},
            **parts,
        }
        return self("CreateExperimentTemplate", **sent)["experimentTemplate"]["id"]

    def start(self, **parts):
        """Make a template and start it; give the id of the experiment."""
        template = self.template(**parts)
        return self("StartExperiment", experimentTemplateId=template)["experiment"]["id"]

    def get(self, experiment):
        """Give an experiment."""
        return self("GetExperiment", id=experiment)["experiment"]

    def state(self, experiment):
        """Give the state of an experiment."""
        return self.get(experiment)["state"]["status"]

    def actions(self, experiment):
        """Give the states of its actions."""
        return {n: a["state"]["status"] for n, a in self.get(experiment)["actions"].items()}
