"""What two requests have in common that are after the same, and what tells others apart."""

import pytest

from localstack_outages.aws.aims import MAX_BODY_BYTES, aim_of


def post(body):
    """Give the aim of a JSON request."""
    return aim_of("POST", "/", body=body)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (post(b'{"Name":"a","ClientToken":"1"}'), post(b'{"Name":"a","ClientToken":"2"}')),
        (post(b'{"ClientToken":"1","Name":"a"}'), post(b'{"ClientToken":"2","Name":"a"}')),
        (post(b'{"TableName":"t","NextToken":"p1"}'), post(b'{"TableName":"t"}')),
        (
            post(b"<R><CallerReference>1</CallerReference><A>a</A></R>"),
            post(b"<R><CallerReference>2</CallerReference><A>a</A></R>"),
        ),
        (
            aim_of("POST", "/", form=[("Action", "RunInstances"), ("ClientToken", "1")]),
            aim_of("POST", "/", form=[("ClientToken", "2"), ("Action", "RunInstances")]),
        ),
        (
            aim_of("GET", "/b/k", content_range="bytes=0-99"),
            aim_of("GET", "/b/k", content_range="bytes=50-99"),
        ),
        (
            aim_of("GET", "/b/k", "X-Amz-Signature=1&versionId=v"),
            aim_of("GET", "/b/k", "versionId=v&X-Amz-Signature=2"),
        ),
        (
            aim_of("PUT", "/b/k", "partNumber=3&uploadId=1"),
            aim_of("PUT", "/b/k", "partNumber=3&uploadId=2"),
        ),
    ],
)
def test_the_same_aim(first, again):
    """Tokens, pages, signatures, the upload and where a download goes on change from try to try."""
    assert first.key == again.key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (post(b'{"Name":"a"}'), post(b'{"Name":"b"}')),
        (post(b'{"RequestId":"1"}'), post(b'{"RequestId":"2"}')),
        (aim_of("GET", "/b/k"), aim_of("GET", "/b/j")),
        (aim_of("GET", "/b/k"), aim_of("PUT", "/b/k")),
        (aim_of("PUT", "/b/k", "partNumber=1"), aim_of("PUT", "/b/k", "partNumber=2")),
        (
            aim_of("GET", "/b/k", content_range="bytes=0-99"),
            aim_of("GET", "/b/k", content_range="bytes=100-199"),
        ),
        (
            aim_of("POST", "/", form=[("QueueName", "a")]),
            aim_of("POST", "/", form=[("QueueName", "b")]),
        ),
        (post(b"x" * MAX_BODY_BYTES), post(b"x" * (MAX_BODY_BYTES + 1))),
    ],
)
def test_another_aim(one, other):
    """Other keys, parts, ranges and parameters are after something else."""
    assert one.key != other.key


def test_tokens_tell_that_a_service_knows_a_request_again():
    """Equal tokens are equal, and a page is no token."""
    assert post(b'{"ClientToken":"1"}').token == post(b'{"A":2,"ClientToken":"1"}').token
    assert post(b'{"ClientToken":"1"}').token != post(b'{"ClientToken":"2"}').token
    assert post(b'{"NextToken":"1"}').token is None
    assert aim_of("POST", "/", form=[("ClientToken", "1")]).token is not None
    assert aim_of("POST", "/", form=[("NextToken", "1")]).token is None


def test_the_same_in_each_process():
    """An aim is the same in whatever process: the attempts of one call may come to several. Python's own
    hash would differ.
    """
    form = [("Action", "RunInstances"), ("ClientToken", "1")]
    body = b'{"Name":"a","ClientToken":"1"}'

    assert (9249217730652146657, 17797172410793473910) == aim_of("POST", "/", "b=1&a=2", body=body)
    assert (9775486748642723074, 17797172410793473910) == aim_of("POST", "/", form=form)
