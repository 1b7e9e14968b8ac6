"""The language of a rule's condition. The engine reads it without the rest of the schema."""

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult


def compile_condition(expression: str) -> ParsedResult:
    """Compile a JMESPath expression.

    :raises ValueError: where it is none; the message says at which place
    """
    try:
        return jmespath.compile(expression)
    except JMESPathError as e:
        raise ValueError(str(e).splitlines()[0]) from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
