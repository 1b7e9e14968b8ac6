"""The JSON that the control API answers about load, and about how clients came through a scenario."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict


class LoadFigures(TypedDict):
    """What clients asked for, and what they got."""

    calls: Annotated[int, Field(description="logical calls whose first attempt came")]
    attempts: Annotated[int, Field(description="attempts that came, first ones and retries")]
    good: Annotated[int, Field(description="calls that got the service's own answer: goodput")]
    inFlight: Annotated[float, Field(description="attempts that were under way, on average")]
    amplification: Annotated[
        float | None, Field(description="attempts for each logical call; null without a call")
    ]


class LoadSecond(LoadFigures):
    """The load of a second."""

    time: str


class ServiceLoad(TypedDict):
    """The load on a service."""

    service: str
    seconds: Annotated[list[LoadSecond], Field(description="those with load, oldest first")]


PhaseMark = TypedDict(
    "PhaseMark",
    {
        "scenario": str,
        "owner": Annotated[str, Field(description="of the rules of the run")],
        "phase": str,
        "from": Annotated[str, Field(description="when it started")],
        "until": Annotated[str, Field(description="when it ended, or will end")],
    },
)
"""A phase of a scenario, on the time axis of the load."""

LoadDocument = TypedDict(
    "LoadDocument",
    {
        "from": Annotated[str, Field(description="the first second")],
        "until": Annotated[str, Field(description="now; the last second still runs")],
        "seconds": Annotated[list[LoadSecond], Field(description="oldest first")],
        "services": list[ServiceLoad],
        "phases": Annotated[
            list[PhaseMark], Field(description="of scenarios, that were played meanwhile")
        ],
    },
)
"""The load of the last minutes, in all and by service."""


class ReportPhase(TypedDict):
    """A phase of a run, and the load meanwhile."""

    name: str
    text: str
    start: Annotated[float, Field(description="seconds from the run's start")]
    end: Annotated[float, Field(description="seconds from the run's start")]
    isTrigger: Annotated[
        bool, Field(description="whether something fails in it by more than a throttle")
    ]
    calls: Annotated[int, Field(description="logical calls")]
    attempts: int
    good: int


class ReportSecond(LoadFigures):
    """The load of a second of a run."""

    at: Annotated[float, Field(description="seconds from the run's start; negative before it")]


class ScenarioReport(TypedDict):
    """How clients came through a run of a scenario."""

    scenario: str
    title: str
    owner: Annotated[str, Field(description="of its rules")]
    phase: Annotated[str | None, Field(description="the phase that was run alone; null for all")]
    speed: float
    startedAt: str
    isOver: Annotated[bool, Field(description="whether none of its rules is left")]
    complete: Annotated[
        bool, Field(description="false where it started over 15 minutes ago: figures are of those")
    ]
    triggerSeconds: Annotated[float, Field(description="how long the trigger lasts")]
    secondsSince: Annotated[
        float, Field(description="seconds since the trigger ended; 0 while it lasts")
    ]
    goodputBefore: Annotated[
        float | None,
        Field(description="good answers a second in the minute before; null where there were none"),
    ]
    lowestGoodput: Annotated[
        float | None,
        Field(description="the least in five seconds of the run, as a share of that before"),
    ]
    goodput: Annotated[
        float | None,
        Field(description="good answers as a share of the logical calls of the run"),
    ]
    firstGood: Annotated[
        float | None,
        Field(description="seconds from the trigger's end to the first good answer; null if none"),
    ]
    recovery: Annotated[
        float | None,
        Field(
            description="seconds from the trigger's end until the goodput of five seconds is at "
            "95 % of that before; null until then"
        ),
    ]
    amplification: Annotated[
        float | None, Field(description="attempts for each logical call, the most in five seconds")
    ]
    metastable: Annotated[
        bool | None,
        Field(
            description="whether goodput stayed below half of that before for longer after the "
            "trigger than the trigger lasted; null while that is open, or without calls before"
        ),
    ]
    lost: Annotated[
        int | None,
        Field(
            description="logical calls that the run's rules hit and that failed for good; null "
            "where they are forgotten, ten minutes after the run"
        ),
    ]
    open: Annotated[
        int | None, Field(description="those whose clients may still try again; null as above")
    ]
    flags: Annotated[
        dict[str, int], Field(description="how many of those calls have each flag of a verdict")
    ]
    phases: list[ReportPhase]
    seconds: Annotated[list[ReportSecond], Field(description="from a minute before the run on")]
