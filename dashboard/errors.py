"""The errors that people see: one small tree, mapped to exit codes and HTTP statuses once, at each edge."""


class ReliabilityError(Exception):
    """A failure that has one clear sentence for a person.

    `exit_code` is what the `reliability` command ends with: 2 bad input or configuration,
    3 source unreachable.
    """

    exit_code = 2


class ConfigurationError(ReliabilityError):
    """The catalogue, the policy or a setting is wrong; the message lists every fault found in the file."""


class InputError(ReliabilityError):
    """A file or an argument that a person handed in cannot be read; nothing of it was stored."""


class StoreError(ReliabilityError):
    """The store is missing, is not ours, or cannot be written."""


class SourceUnreachableError(ReliabilityError):
    """A source did not answer, or answered something that cannot be trusted."""

    exit_code = 3
