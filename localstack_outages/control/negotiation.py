"""What a client would rather have, by its ``Accept`` header (RFC 9110, section 12.5.1)."""


def prefers(accept: str, one: str, other: str) -> bool:
    """Whether a client would rather have one media type than another.

    :param accept: the header; empty where there is none
    """
    preference = _preference(accept, one)
    return preference[0] > 0 and preference > _preference(accept, other)


def _preference(accept: str, wanted: str) -> tuple[float, int]:
    """Give the quality of a media type, and how exactly the header names it."""
    kind = wanted.partition("/")[0]
    best = (-1, 0.0)
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        exactness = {"*/*": 0, f"{kind}/*": 1, wanted: 2}.get(name, -1)
        if exactness > best[0]:
            best = (exactness, _quality(parameters))
    return best[1], best[0]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
