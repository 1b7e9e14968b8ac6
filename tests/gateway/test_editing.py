"""Requests and answers that the gateway edits, byte by byte."""

import json

import pytest

pytest.importorskip("aiohttp")

from aiohttp import web

HEADERS = ("X-Amz-Target: AmazonSQS.SendMessageBatch", "Content-Type: application/x-amz-json-1.0")
ENTRIES = [{"Id": name, "MessageBody": "ü", "New": name} for name in "ab"]
BODY = json.dumps({"QueueUrl": "q", "Entries": ENTRIES}).encode()


def send(setup, body=BODY):
    return setup.call("sqs", "POST /", *HEADERS, body=body)


def answering(setup, status, text):
    """Have the upstream answer so."""

    async def answer(request):
        await setup.echo(request)
        return web.Response(
            status=status, text=text, headers={"Content-Type": "application/x-amz-json-1.0"}
        )

    setup.answer = answer


def test_both_are_edited(play):
    """The upstream gets the entry that is left, with all that it has; the answer has both."""

    async def scene(setup):
        answering(setup, 200, '{"Successful": [{"Id": "b", "Unknown": [1.5]}]}')
        setup.rules({"service": "sqs", "partial": {"count": 1}})
        status, headers, body = await send(setup)

        ((_, sent, got),) = setup.got
        assert {"QueueUrl": "q", "Entries": ENTRIES[1:]} == json.loads(got)
        assert str(len(got)) == sent["content-length"]
        answer = json.loads(body)
        assert (200, str(len(body))) == (status, headers["content-length"])
        assert [{"Id": "b", "Unknown": [1.5]}] == answer["Successful"]
        assert ["a"] == [entry["Id"] for entry in answer["Failed"]]
        (event,) = setup.events()
        assert {"failed": 1, "of": 2} == event["injected"]["partial"]

    play(scene)


def test_nothing_is_left(play):
    """Where all entries fail, the upstream is not asked."""

    async def scene(setup):
        setup.rules({"service": "sqs", "partial": {"share": 1}, "error": {"code": "Busy"}})
        status, headers, body = await send(setup)

        assert (200, []) == (status, setup.got)
        assert "application/x-amz-json-1.0" == headers["content-type"]
        assert ["Busy", "Busy"] == [entry["Code"] for entry in json.loads(body)["Failed"]]
        (event,) = setup.events()
        assert ("ok", {"failed": 2, "of": 2}) == (event["outcome"], event["injected"]["partial"])

    play(scene)


def test_the_upstream_refuses(play):
    """An error of the upstream is what the client gets."""

    async def scene(setup):
        answering(setup, 400, '{"__type": "QueueDoesNotExist"}')
        setup.rules({"service": "sqs", "partial": {"count": 1}})
        status, _, body = await send(setup)

        assert (400, b'{"__type": "QueueDoesNotExist"}') == (status, body)
        assert [] == setup.events()

    play(scene)


def test_an_answer_that_cannot_be_edited(play):
    """It goes out as it came."""

    async def scene(setup):
        answering(setup, 200, "nonsense")
        setup.rules({"service": "sqs", "partial": {"count": 1}, "phase": "after"})
        status, _, body = await send(setup)

        assert (200, b"nonsense", BODY) == (status, body, setup.got[0][2])

    play(scene)


def test_a_request_that_may_not_be_changed(play):
    """Where requests pass as they were signed, such a call passes untouched."""

    async def scene(setup):
        answering(setup, 200, "{}")
        setup.upstream.may_change_requests = False
        setup.rules({"service": "sqs", "partial": {"count": 1}})
        status, _, body = await send(setup)

        assert (200, b"{}", BODY) == (status, body, setup.got[0][2])
        assert [] == setup.events()

    play(scene)
