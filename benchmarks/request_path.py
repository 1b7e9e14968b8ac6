"""What the extension costs a call that no rule touches, beside what LocalStack pays to read it.

Run: .venv/bin/python benchmarks/request_path.py
"""

import statistics
import time
from collections.abc import Callable

from localstack.aws.forwarder import create_aws_request_context
from localstack.aws.handlers.service import ServiceRequestParser
from localstack.http import Response
from rolo.gateway import HandlerChain

from localstack_outages.extension import OutagesExtension
from localstack_outages.parsing import parse_rules

ROUNDS = 20_000
SCOPE = "Credential=AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/sqs/aws4_request"
USER_AGENT = "Boto3/1.42.72 md/Botocore#1.42.72 ua/2.1 os/linux cfg/retry-mode#standard"


def main() -> None:
    """Print medians in microseconds, and ratios within this run."""
    extension = OutagesExtension()
    interceptor = extension._interceptor
    chain: HandlerChain = HandlerChain()
    parameters = {"QueueUrl": "http://localhost:4566/000000000000/q", "MessageBody": "x"}
    context = create_aws_request_context("sqs", "SendMessage", parameters=parameters)
    context.region, context.account_id = "us-east-1", "000000000000"
    environ = context.request.environ
    environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 {SCOPE}, SignedHeaders=host, Signature=0"
    environ["HTTP_USER_AGENT"] = USER_AGENT
    environ["HTTP_AMZ_SDK_REQUEST"] = "attempt=1"
    response = Response(status=200)
    parse = ServiceRequestParser()

    def ours(i: int) -> None:
        environ["HTTP_AMZ_SDK_INVOCATION_ID"] = f"29f0c374-3b2f-48b9-b1cf-{i:012d}"
        interceptor.on_request(chain, context, response)
        interceptor.on_finish(chain, context, response)

    def theirs(_: int) -> None:
        parse(chain, context, response)

    reading = median_us(theirs)
    print(f"LocalStack reads the request:         {reading:6.1f} us")
    for count in (0, 10_000):
        rules = [{"service": f"none-{i}", "region": "us-*"} for i in range(count)]
        extension.store.replace(parse_rules(rules))
        cost = median_us(ours)
        print(
            f"extension, {count:6d} rules that miss it: {cost:6.1f} us, {cost / reading:.2f} of that"
        )


def median_us(call: Callable[[int], None]) -> float:
    """Give the median time of a call, microseconds."""
    times = []
    for i in range(ROUNDS):
        started = time.perf_counter_ns()
        call(i)
        times.append(time.perf_counter_ns() - started)
    return statistics.median(times) / 1000


if __name__ == "__main__":
    main()
