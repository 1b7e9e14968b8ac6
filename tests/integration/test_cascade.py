"""An outage cascades: the calls that LocalStack's services make to each other are hit as well."""

import json
from typing import Any, NamedTuple

import pytest

from .helpers import ONCE, OUT, outcome, unique, wait_until

pytestmark = pytest.mark.host(
    "localstack", reason="calls between the services of an emulator do not pass by a gateway"
)


class Subscribed(NamedTuple):
    """A topic and the queue that is subscribed to it."""

    topic: str
    queue: str


@pytest.fixture
def subscribed(client) -> Subscribed:
    """A topic of SNS with a queue of SQS subscribed to it."""
    sns, sqs = client("sns"), client("sqs")
    name = unique("cascade")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return Subscribed(topic, queue)


def received(client, queue: str, wait: int = 0) -> list[str]:
    """Give the SNS messages that are in a queue."""
    answer = client("sqs").receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait
    )
    return [json.loads(message["Body"])["Message"] for message in answer.get("Messages", [])]


def hits(outages) -> int:
    """Give how often the first rule has fired."""
    return int(outages.status()[1]["rules"][0]["hits"])


def test_sns_cannot_deliver_to_sqs(outages, client, subscribed: Subscribed) -> None:
    """Publish succeeds in an outage of SQS; what was published comes only if SQS is back in time."""
    sns = client("sns", retries=ONCE)
    outages.post([{"service": "sqs"}])
    sns.publish(TopicArn=subscribed.topic, Message="during")
    wait_until(lambda: hits(outages))
    outages.post([])
    sns.publish(TopicArn=subscribed.topic, Message="after")

    arrived: list[str] = []
    wait_until(lambda: arrived.extend(received(client, subscribed.queue, 1)) or "after" in arrived)
    assert set(arrived) <= {"during", "after"}


def test_a_message_is_lost_when_sqs_stays_out(outages, client, subscribed: Subscribed) -> None:
    """LocalStack's SNS tries a few times; then the message is lost, and later ones arrive."""
    sns = client("sns", retries=ONCE)
    # SNS's own client retries a server's error for seconds, and one of the client not at all.
    denied = {"statusCode": 403, "code": "AccessDenied"}
    outages.post([{"service": "sqs", "operation": "SendMessage*", "error": denied}])
    sns.publish(TopicArn=subscribed.topic, Message="lost")
    wait_until(lambda: hits(outages))
    outages.post([])
    sns.publish(TopicArn=subscribed.topic, Message="after")

    assert ["after"] == wait_until(lambda: received(client, subscribed.queue, 1))
    assert [] == received(client, subscribed.queue, 1)


@pytest.mark.parametrize(
    ("origin", "own_call", "is_delivered"),
    [("external", OUT, True), ("internal", "ok", False), ("any", OUT, False)],
)
def test_origin(
    outages, client, subscribed: Subscribed, origin: str, own_call: str, *, is_delivered: bool
) -> None:
    """`external` leaves internal calls alone, `internal` hits only them, `any` hits both."""
    sqs, sns = client("sqs", retries=ONCE), client("sns", retries=ONCE)
    rule = {"service": "sqs", "operation": "SendMessage*", "origin": origin}
    outages.post([rule])

    def send() -> Any:
        return sqs.send_message(QueueUrl=subscribed.queue, MessageBody='{"Message": "own"}')

    assert own_call == outcome(send)
    hit_by_own_call = hits(outages)
    assert (own_call == OUT) == hit_by_own_call
    sns.publish(TopicArn=subscribed.topic, Message="published")
    if is_delivered:
        arrived: list[str] = []
        wait_until(lambda: arrived.extend(received(client, subscribed.queue, 1)) or arrived)
        assert ["published"] == arrived
        assert hit_by_own_call == hits(outages)
    else:
        wait_until(lambda: hits(outages) > hit_by_own_call)


class Stack(NamedTuple):
    """How a stack ended."""

    status: str
    reasons: list[str]


def deploy(client, resource: str) -> Stack:
    """Make a stack with one resource, and wait until it is there or failed."""
    cloudformation = client("cloudformation")
    name = unique("cascade")
    template = json.dumps({"Resources": {"R": {"Type": resource}}})
    cloudformation.create_stack(StackName=name, TemplateBody=template)

    def ended() -> str:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return "" if stack["StackStatus"].endswith("IN_PROGRESS") else stack["StackStatus"]

    status = wait_until(ended, within=60)
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in events
        if (event["LogicalResourceId"], event["ResourceStatus"]) == ("R", "CREATE_FAILED")
    ]
    return Stack(status, reasons)


@pytest.mark.parametrize(
    ("service", "resource"), [("sqs", "AWS::SQS::Queue"), ("sns", "AWS::SNS::Topic")]
)
def test_a_stack_fails_with_the_service_that_it_needs(outages, client, service, resource) -> None:
    """CreateStack succeeds, the resource fails with the outage's message, the stack with it."""
    # an error that is not retried, for the sake of time; it says the same as an outage
    error = {"statusCode": 400, "code": OUT}
    outages.post([{"service": service, "error": error}])
    stack = deploy(client, resource)

    assert stack.status in ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
    assert f"Service '{service}' not accessible in 'us-east-1' region" in " ".join(stack.reasons)


def test_a_stack_survives_a_short_outage(outages, client) -> None:
    """LocalStack's internal client retries, so that an outage of two calls is not noticed."""
    outages.post([{"service": "sqs", "times": 2}])

    assert ("CREATE_COMPLETE", []) == deploy(client, "AWS::SQS::Queue")
    assert ["spent"] == [gone["state"] for gone in outages.status()[1]["departed"][:1]]


def test_a_stack_is_made_while_only_clients_are_hit(outages, client) -> None:
    """With `origin` external, CloudFormation can use the service that the application cannot."""
    outages.post([{"service": "sqs", "origin": "external"}])

    assert OUT == outcome(client("sqs", retries=ONCE).list_queues)
    assert ("CREATE_COMPLETE", []) == deploy(client, "AWS::SQS::Queue")


def test_an_outage_of_the_internal_region(outages, client) -> None:
    """A call between services counts in the region in which the calling service works."""
    outages.post([{"service": "sns", "region": "eu-west-1"}])

    assert ("CREATE_COMPLETE", []) == deploy(client, "AWS::SNS::Topic")
