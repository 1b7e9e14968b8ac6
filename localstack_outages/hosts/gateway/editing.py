"""Gives the upstream other requests than came, and clients other answers than the upstream gave."""

import uuid
from typing import Any

from aiohttp import web

from localstack_outages.aws.wire.editing import Exchange
from localstack_outages.aws.wire.messages import AwsCall
from localstack_outages.engine.edits import Answer as AnswerStep, EditAnswer, EditRequest

from .addresses import RewrittenAnswer
from .incoming import Incoming
from .upstream import Answer


async def read_whole(answer: Answer) -> Answer:
    """Read the body of an answer, to be edited."""
    body = answer.beginning + await answer.response.content.read()
    response: Any = RewrittenAnswer(answer.response, {}, body)
    return answer._replace(response=response, beginning=body)


class Editor:
    """Edits the request and the answer of one call.

    :param found: the call
    :param incoming: its request
    """

    def __init__(self, found: AwsCall, incoming: Incoming) -> None:
        self._found = found
        self._incoming = incoming
        self._made: Exchange | None = None

    async def edit_request(self, step: EditRequest) -> None:
        """Have the upstream get another request."""
        edited = (await self._exchange()).edit_request(step.change, step.values)
        self._incoming.replace(edited)

    async def edit_answer(self, step: EditAnswer, answer: Answer) -> Answer:
        """Have the client get another result than the upstream gave.

        :param answer: as ``read_whole`` gives it
        :raises ValueError: where it cannot be edited
        """
        response = answer.response
        headers = {name.lower(): value for name, value in response.headers.items()}
        edited = (await self._exchange()).edit_answer(headers, answer.beginning, step.change)
        changed: Any = RewrittenAnswer(response, edited.headers, edited.body)
        return answer._replace(response=changed, beginning=edited.body)

    async def answer(self, step: AnswerStep) -> web.Response:
        """Answer with a result to which no upstream contributed."""
        written = (await self._exchange()).answer(step.change, str(uuid.uuid4()))
        return web.Response(status=written.status, headers=written.headers, body=written.body)

    async def _exchange(self) -> Exchange:
        if self._made is None:
            found, incoming = self._found, self._incoming
            headers = {name.lower(): value for name, value in incoming.head.headers.items()}
            head = incoming.head._replace(headers=headers)
            body = await incoming.peek()
            self._made = Exchange(found.service, found.operation or "", head, body)
        return self._made
