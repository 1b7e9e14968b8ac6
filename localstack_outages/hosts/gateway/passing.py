"""Passes the answers of an upstream on to clients: they stream through as they are, or as a rule says."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from localstack_outages.aws.answer_headers import Headers
from localstack_outages.engine.body import BodyShaper
from localstack_outages.engine.steps import Wait

from .connection import Connection
from .incoming import Incoming
from .tunnel import tunnel, upgrade_headers
from .upstream import Answer, end_to_end
from .waiting import wait

_NO_BODY = (204, 304)


async def pass_on(
    answer: Answer,
    incoming: Incoming,
    headers: Headers = (),
    *,
    cut: bool = False,
    shaper: BodyShaper | None = None,
) -> web.StreamResponse:
    """Pass an answer on to the client.

    :param headers: take the place of those of the answer that are called so
    :param cut: whether it stops in the middle of its body, the promised length unchanged
    :param shaper: changes its body
    """
    response, connection = answer.response, Connection(incoming.request)
    if response.status == 101:
        upgraded = end_to_end(response.headers.items())
        upgraded.update(upgrade_headers(response.headers))
        upgraded.update(headers)
        return await tunnel(response, incoming, upgraded)
    passed = web.StreamResponse(
        status=response.status,
        reason=response.reason,
        headers=end_to_end(response.headers.items()),
    )
    passed.headers.update(headers)
    try:
        is_empty = incoming.head.method == "HEAD" or response.content_length == 0
        if cut and (is_empty or response.status in _NO_BODY):
            connection.close()
            return passed
        await passed.prepare(incoming.request)
        if shaper is not None:
            is_whole = await _write_shaped(answer, passed, shaper)
        elif cut:
            is_whole = await _write_half(answer, passed)
        else:
            is_whole = await _write(answer, passed)
        if not is_whole:
            connection.close()
            return passed
        await passed.write_eof()
    # The upstream broke off, and so does the gateway; or the client has gone.
    except (aiohttp.ClientPayloadError, ConnectionResetError):
        connection.reset()
    finally:
        response.close()
    return passed


async def _write(answer: Answer, passed: web.StreamResponse) -> bool:
    async for part in _parts(answer):
        await passed.write(part)
    return True


async def _write_half(answer: Answer, passed: web.StreamResponse) -> bool:
    """Write the first half of a body, or the half of its first part where its length is unknown.

    :return: whether that was all of it
    """
    length = answer.response.content_length
    left = None if length is None else length // 2
    async for part in _parts(answer):
        most = len(part) // 2 if left is None else left
        await passed.write(part[:most])
        if left is None or len(part) >= most:
            return False
        left -= len(part)
    return True


async def _write_shaped(answer: Answer, passed: web.StreamResponse, shaper: BodyShaper) -> bool:
    """Write a body as a shaper says.

    :return: whether it does not break off
    """
    async for part in _parts(answer):
        for seconds, piece in shaper.feed(part):
            if seconds:
                await wait(Wait(shaper.hold, seconds))
            await passed.write(piece)
        if shaper.is_cut:
            return False
    return True


async def _parts(answer: Answer) -> AsyncIterator[bytes]:
    if answer.beginning:
        yield answer.beginning
    async for part in answer.response.content.iter_any():
        yield part
