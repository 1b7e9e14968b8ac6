"""A journal over HTTP: a page at a time, a long poll, or a stream of Server-Sent Events."""

import json
from collections.abc import Iterator
from typing import Any

from rolo import Request, Response

from .control import read_query
from .errors import InvalidQuery
from .journal import Journal
from .queries import EventsQuery

KEEP_ALIVE_SECONDS = 10
"""How often a silent stream says that it is alive, by which a client that is gone is noticed."""


class Events:
    """Answers the requests to ``/outages/events`` or ``/outages/calls``.

    :param journal: the journal
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def get(self, request: Request) -> Response | dict[str, Any]:
        """Give the events that a request asks for, as a stream where it accepts one."""
        query = read_query(request, EventsQuery)
        if "text/event-stream" in request.headers.get("Accept", ""):
            return self._stream(query, request.headers.get("Last-Event-ID"))
        page = self._journal.wait(query.after, query.wait, query.selection, query.limit)
        return page._asdict()

    def _stream(self, query: EventsQuery, last_event_id: str | None) -> Response:
        """Answer with a stream; a browser that comes back says which event it saw last."""
        after = query.after
        if last_event_id:
            if not last_event_id.isdecimal():
                raise InvalidQuery(f"'{last_event_id}' is no event's number", "Last-Event-ID")
            after = int(last_event_id)
        response = Response(self._messages(query, after), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        return response

    def _messages(self, query: EventsQuery, after: int) -> Iterator[str]:
        yield ": calls, as they end\n\n"
        while not self._journal.is_closed:
            page = self._journal.wait(after, KEEP_ALIVE_SECONDS, query.selection)
            after = page.next
            if page.missed:
                yield f"event: missed\ndata: {json.dumps({'missed': page.missed})}\n\n"
            for event in page.events:
                yield f"id: {event['sequence']}\nevent: call\ndata: {json.dumps(event)}\n\n"
            if not page.events:
                yield f": alive\nid: {after}\n\n"
