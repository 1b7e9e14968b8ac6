"""The steps by which a decision is carried out on one call, and the record of what was done.

It says what is to be done and a host does it, as h11 does for HTTP::

    injection = injector.inject(call, envelope, at)
    for step in injection.before(can_break):
        match step:
            case Wait():
                ...  # wait, and write down in the step how that ended
            case Refuse(error):
                ...  # answer with the error; the call is not carried out
            case Break(kind):
                ...  # break the connection; the call is not carried out
    ...  # carry the call out
    for step in injection.after(can_break):
        ...  # the same steps, once its answer is there: what the client gets in its place
    injection.finish(status, error_code, request_id)

The module has over 300 lines because the way of a call stands in it from the decision to the record.
"""

from collections.abc import Callable, Iterator

from localstack_outages.aws.aims import Aim
from localstack_outages.aws.answer_headers import RULE_HEADER, Headers, answer_headers
from localstack_outages.schema.effect import (
    AwsError,
    ConnectionFault,
    ListingFault,
    PartialFailure,
    PayloadFault,
)
from localstack_outages.schema.globs import compile_glob

from .call import Call, HeaderOf, Principal, no_header
from .decide import Engine, Undecided
from .decision import AwsErrors, Decision
from .edits import (
    Answer,
    BatchFailure,
    EditAnswer,
    empty_page,
    shorter_page,
)
from .entries import Place, WatchedBatches, fingerprints
from .finished import MAX_REQUEST_ID_LENGTH, Envelope, Finished, Injected, Peer
from .rule_state import Clock
from .steps import Break, Delivery, Refuse, Shape, Step, Wait


class Injection:
    """What is to be done to one call, step by step."""

    __slots__ = (
        "_decision",
        "_decision_ms",
        "_delivery",
        "_dressing",
        "_edit_answer",
        "_entries",
        "_injector",
        "_is_done",
        "_is_to_cut",
        "_waited_ms",
        "aim",
        "at",
        "call",
        "envelope",
        "injected",
        "peer",
    )

    def __init__(
        self,
        injector: "Injector",
        call: Call,
        envelope: Envelope,
        decision: Decision | None,
        at: float,
    ) -> None:
        self._injector = injector
        self._decision = decision
        self.at = at
        """When the call came, by the clock of the rules, seconds."""
        self._decision_ms = (injector.clock() - at) * 1000
        self._waited_ms = 0.0
        self._delivery: Delivery | None = None
        self._is_done = False
        self._is_to_cut = False
        self._edit_answer: EditAnswer | None = None
        self._entries: tuple[str, ...] = ()
        self.call = call
        self.envelope = envelope
        self.injected: Injected | None = None
        """What was done to the call so far."""
        self._dressing: Headers = ()
        self.aim: Aim | None = None
        """What its client is after. The host sets it where ``wants_aim``."""
        self.peer: Peer | None = None
        """Where its client sends from. The host sets it as well."""

    @property
    def headers(self) -> Headers:
        """What the answer says beside its own headers, whoever writes it. ``Date`` takes the place of
        the host's own.
        """
        injected = self.injected
        if injected is None or injected.rule_id is None:
            return self._dressing
        return (*self._dressing, (RULE_HEADER, injected.rule_id))

    @property
    def wants_aim(self) -> bool:
        """Whether it is of interest what the client is after: a rule touches the call, or it may be
        another try of one that a rule touched.
        """
        return (
            self._decision is not None
            or self.injected is not None
            or self._injector.is_awaited(self.call, self.envelope.access_key)
        )

    @property
    def passes(self) -> bool:
        """Whether nothing is to be done to the call, before it is carried out or after it."""
        return self._decision is None

    @property
    def is_late(self) -> bool:
        """Whether the answer is to be waited for, refused or edited once the call was carried out."""
        decision = self._decision
        return self._edit_answer is not None or (decision is not None and decision.phase == "after")

    @property
    def refuses_at_once(self) -> bool:
        """Whether the call is answered with an error and waits for nothing."""
        decision = self._decision
        return decision is not None and decision.error is not None and not decision.delay_ms

    def before(self, can_break: Callable[[], bool] = lambda: True) -> Iterator[Step]:
        """Give what is to be done before the call is carried out.

        :param can_break: whether the call came by a connection that can be broken; asked only where
            it is to be
        """
        decision = self._decision
        if decision is not None and decision.phase == "before":
            yield from self._act(decision, can_break)

    def after(
        self, can_break: Callable[[], bool] = lambda: True, *, was_refused: bool = False
    ) -> Iterator[Step]:
        """Give what is to be done once the answer of the service is there.

        :param can_break: as for ``before``
        :param was_refused: whether it is an error: the call was not carried out then
        """
        decision = self._decision
        if decision is None:
            return
        self._is_done = not was_refused and decision.acts == "after"
        if decision.phase == "after":
            yield from self._act(decision, can_break)
            if self._decision is None:
                return
        if self._is_to_cut and decision.connection is not None:
            self.injected = self._done(decision, connection=decision.connection)
            yield Break(decision.connection)
        elif decision.payload is not None:
            self.injected = self._done(decision, payload=decision.payload.worst)
            self._delivery = Delivery(self._injector.clock)
            yield Shape(decision.payload, decision.hold, self._delivery)
        elif self._edit_answer is not None:
            yield self._edit_answer

    def watch_entries(self) -> None:
        """Have the record tell the entries of the call."""
        self._entries = fingerprints(self.call)

    def let_pass(self) -> None:
        """Do nothing more: the host could not carry out a step, and the call passes."""
        decision, self._decision = self._decision, None
        self._edit_answer = None
        self.injected = None
        self._dressing = ()
        if decision is not None and self._waited_ms:
            self.injected = self._done(decision)

    def finish(self, status: int | None, error_code: str | None, request_id: str | None) -> None:
        """Have the call recorded, now that it has ended.

        :param status: the HTTP status of the answer. It does not count where the client got none
        :param error_code: the AWS error code of the answer
        """
        injected, injector = self.injected, self._injector
        was_answered = injected is None or injected.connection in (None, "truncate")
        injector.on_finished(
            Finished(
                self.call,
                self.envelope,
                injected,
                self.at,
                injector.clock(),
                self._decision_ms,
                status if was_answered else None,
                error_code,
                request_id[:MAX_REQUEST_ID_LENGTH] if request_id else request_id,
                self._entries,
                self.aim,
                self.peer,
                self._delivery,
            )
        )

    def _act(self, decision: Decision, can_break: Callable[[], bool]) -> Iterator[Step]:
        """Have the call wait, and then fail."""
        if decision.delay_ms:
            yield from self._wait(decision, Wait(decision.hold, decision.delay_ms / 1000))
            if self._decision is None:
                return
        if decision.connection is not None:
            yield from self._break(decision, decision.connection, can_break)
        elif decision.entries is not None:
            yield self._fail_entries(decision, decision.entries)
        elif decision.listing is not None:
            yield from self._change_page(decision, decision.listing)
        elif decision.error is not None:
            self._dress(decision)
            yield self._refuse(decision, decision.error)
        elif decision.skew:
            self._dress(decision)
            self.injected = self._done(decision)

    def _wait(self, decision: Decision, wait: Wait) -> Iterator[Step]:
        """Have the call wait. Nothing more is to be done to it where its rule was deleted meanwhile:
        it goes on as if the rule had never been.
        """
        clock, waiting = self._injector.clock, self._injector.waiting
        started = clock()
        waiting.add(self)
        try:
            yield wait
        finally:
            waiting.discard(self)
        self._waited_ms += (clock() - started) * 1000
        self.injected = self._done(decision)
        if wait.refusal is not None:
            self._decision = None
            yield self._refuse(decision, wait.refusal)
        elif wait.hold.is_released and not wait.client_left:
            self._decision = None

    def _dress(self, decision: Decision) -> None:
        """Have the answer say what the rule wants it to say."""
        if decision.retry_after is not None or decision.skew:
            passed = self._injector.clock() - self.at
            self._dressing = answer_headers(
                decision.retry_after, decision.skew, self.envelope.time + passed
            )

    def _refuse(self, decision: Decision, error: AwsError) -> Refuse:
        self.injected = self._done(decision, code=error.code, status=error.status)
        return Refuse(error)

    def _fail_entries(self, decision: Decision, chosen: tuple[int, ...]) -> Step:
        """Have some entries of a batch fail."""
        failure = BatchFailure(self.call, chosen, decision.error)
        refusal, partial = failure.refusal, failure.partial
        if refusal is not None:
            self.injected = self._done(decision, refusal.code, refusal.status, partial=partial)
            return Refuse(refusal)
        self.injected = self._done(decision, partial=partial)
        if self._is_done:
            return failure.answer
        if partial.failed == partial.of:
            return Answer(failure.answer.change)
        self._edit_answer = failure.answer
        return failure.request

    def _change_page(self, decision: Decision, how: ListingFault) -> Iterator[Step]:
        """Have the page that the call asks for be short or empty."""
        self.injected = self._done(decision, listing=how)
        if how == "short":
            yield shorter_page(self.call)
            return

        def leave() -> None:
            self.injected = self._done(decision) if self._waited_ms else None

        self._edit_answer = empty_page(self.call, leave)

    def _break(
        self, decision: Decision, kind: ConnectionFault, can_break: Callable[[], bool]
    ) -> Iterator[Step]:
        if not can_break():
            # Such as a call inside an emulator. What its client would make of a broken connection,
            # a failure that is worth another try, it makes of this error too.
            error = self._injector.aws_errors(self.call.service, "unavailable", "")
            yield self._refuse(decision, error)
        elif kind == "truncate":
            self._is_to_cut = True
        elif kind == "hang":
            left = decision.ends_at
            seconds = None if left is None else max(0.0, left - self._injector.clock())
            wait = Wait(decision.hold, seconds, for_client=True)
            yield from self._wait(decision, wait)
            if wait.client_left:
                self.injected = self._done(decision, connection=kind)
                yield Break(kind)
        else:
            self.injected = self._done(decision, connection=kind)
            yield Break(kind)

    def _done(
        self,
        decision: Decision,
        code: str | None = None,
        status: int | None = None,
        connection: ConnectionFault | None = None,
        payload: PayloadFault | None = None,
        partial: PartialFailure | None = None,
        listing: ListingFault | None = None,
    ) -> Injected:
        entry = decision.entry
        return Injected(
            decision.rule_id,
            decision.position,
            code,
            status,
            self._waited_ms,
            connection,
            None if entry is None else entry.owner,
            self._is_done,
            payload,
            partial,
            listing,
        )


PrincipalOf = Callable[[str, str | None], Principal | None]
"""Tells who calls, of the account and the access key that a call is signed with; None where that is
not known."""


class Injector:
    """Begins the injection of each call.

    :param engine: decides
    :param aws_errors: gives the error that AWS itself answers for a service and a kind
    :param on_finished: is told of each call that has ended
    :param clock: the clock of the rules, monotonic seconds
    :param principal_of: tells who makes a call; asked only where a rule may want to know
    :param is_awaited: whether a call may be another try of one that a rule touched, by the call and
        its access key
    """

    def __init__(
        self,
        engine: Engine,
        aws_errors: AwsErrors,
        on_finished: Callable[[Finished], None],
        clock: Clock,
        principal_of: PrincipalOf | None = None,
        is_awaited: Callable[[Call, str | None], bool] = lambda _call, _access_key: False,
    ) -> None:
        self.engine = engine
        self.aws_errors = aws_errors
        self.on_finished = on_finished
        self.clock = clock
        self.waiting: set[Injection] = set()
        """The calls that a rule makes wait at this moment."""
        self._principal_of = principal_of
        self._keys = engine.keys.first_seen
        self.is_awaited = is_awaited
        self._watched = WatchedBatches()

    def watch_entries(self, place: Place) -> None:
        """Have the records of calls of an operation tell their entries, because some failed elsewhere.

        :param place: service, region, operation and account
        """
        self._watched.note(place, self.clock())

    def asks_parameters(self, call: Call) -> bool:
        """Whether the parameters of a call are asked for, by a rule or for the record.

        :param call: without parameters
        """
        if self._watched and self._watched.has(call, self.clock()):
            return True
        return self.engine.asks_parameters(call)

    def inject(
        self, call: Call, envelope: Envelope, at: float, header_of: HeaderOf = no_header
    ) -> Injection:
        """Decide on a call.

        :param at: when it came, by the clock
        :param header_of: gives the headers of its request, for the rules that ask
        """
        if self._principal_of is not None and self.engine.asks_principal(call):
            principal = self._principal_of(call.account, envelope.access_key)
            call = call._replace(principal=principal)
        decision = self.engine.decide(call, envelope, header_of)
        key = envelope.access_key
        if key is not None and key not in self._keys:
            self.engine.keys.note(key, at)
        if call.names and decision is not None and decision.entry is not None:
            is_meant = compile_glob(decision.entry.rule.service)
            call = call._replace(service=next(filter(is_meant, call.names), call.service))
        injection = Injection(self, call, envelope, decision, at)
        if decision is not None and decision.entries is not None:
            self._watched.note(call[:4], at)
        if self._watched and self._watched.has(call, at):
            injection.watch_entries()
        return injection

    def inject_early(
        self,
        call: Call,
        envelope: Envelope,
        at: float,
        header_of: HeaderOf = no_header,
        *,
        may_search: bool = True,
    ) -> Injection | Undecided:
        """Decide on a call whose parameters are not read yet: see ``Engine.decide_early``."""
        decision = self.engine.decide_early(call, envelope, header_of, may_search=may_search)
        if isinstance(decision, Undecided):
            return decision
        key = envelope.access_key
        if key is not None and key not in self._keys:
            self.engine.keys.note(key, at)
        return Injection(self, call, envelope, decision, at)
