"""Why Envoy's fault filter cannot carry a rule."""


class CannotCarry(Exception):
    """A rule means something that Envoy's fault filter cannot do; the text says what."""
