"""A length of time that an environment variable gives in seconds."""

from dashboard.errors import ConfigurationError


def seconds(variable: str, text: str | None, default: float, longest: float) -> float:
    """The seconds that `text` says, `default` where there is none.

    Raises:
        ConfigurationError: names the `variable`: it is no number, or not above 0 and up to `longest`.
    """
    try:
        found = default if text is None else float(text)
    except ValueError:
        found = 0
    if not 0 < found <= longest:
        expected = f"seconds above 0 and up to {longest:g}"
        raise ConfigurationError(f"{variable}: found {text!r}, expected {expected}")
    return found
