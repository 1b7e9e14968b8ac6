"""``/outages/verdicts``, how applications dealt with the faults, and ``/outages/marks``, from where on
that is asked.
"""

from functools import cache

from pydantic import Field, TypeAdapter

from localstack_outages.evidence.marks import Marks
from localstack_outages.evidence.selection import selection_of
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.documents import Mark, MarksDocument, VerdictsDocument
from localstack_outages.schema.errors import InvalidBody, InvalidRules
from localstack_outages.schema.model import Model
from localstack_outages.schema.parameters import MarkName, NoQuery, VerdictsQuery
from localstack_outages.schema.reading import validate

from .http import ControlRequest, Guard, read_json, read_query
from .streams import Patience, Readers


class NewMark(Model):
    """A mark that is to be set."""

    name: MarkName = Field(description="its name; one of the same name is moved")


@cache
def _new_mark() -> TypeAdapter[NewMark]:
    return TypeAdapter(NewMark)


class VerdictRoutes:
    """Answers the requests for verdicts and marks.

    :param verdicts: judges how applications dealt with the faults
    :param marks: keeps the marks
    :param readers: those who wait
    :param guard: says who may wait
    """

    def __init__(self, verdicts: Verdicts, marks: Marks, readers: Readers, guard: Guard) -> None:
        self._verdicts = verdicts
        self._marks = marks
        self._patience = Patience(readers, guard)

    def get(self, request: ControlRequest) -> VerdictsDocument:
        """Give the verdicts; where some are open, wait until none is."""
        query = read_query(request, VerdictsQuery)
        selection, since = selection_of(query), self._since(query)
        return self._patience.wait(
            request,
            query.wait,
            lambda: self._verdicts.report(query.limit, selection, since),
            lambda report: report["summary"]["endings"]["open"] > 0,
        )

    def get_marks(self, request: ControlRequest) -> MarksDocument:
        """Give the marks."""
        read_query(request, NoQuery)
        return {"marks": self._marks.all()}

    def set_mark(self, request: ControlRequest) -> Mark:
        """Set a mark here and now."""
        read_query(request, NoQuery)
        try:
            mark = validate(_new_mark(), read_json(request), NewMark)
        except InvalidRules as e:
            raise InvalidBody(e.message, e.path) from None
        self._verdicts.begin_afresh()
        return self._marks.set(mark.name)

    def _since(self, query: VerdictsQuery) -> float | None:
        """Give from when on efforts are asked for; the later moment where two are given."""
        moments = []
        if query.since is not None:
            moments.append(query.since.before(self._marks.clock()))
        if query.mark is not None:
            moments.append(self._marks.find(query.mark))
        return max(moments, default=None)
