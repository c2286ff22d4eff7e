"""What is released where: one version of one service to one environment."""

from dataclasses import dataclass

from dashboard.domain.refusal import named


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTarget:
    """One version of one service to one environment; deploying it again (a retry) is the same target."""

    service: str
    environment: str
    version: str

    def __str__(self) -> str:
        """As people write it: `api 1.4.2 to production`."""
        return f"{self.service} {self.version} to {self.environment}"


def release_target(service: str, environment: str, version: str) -> ReleaseTarget:
    """The target with these names.

    Raises:
        RefusedChangeError: one of them is no name.
    """
    return ReleaseTarget(
        service=named("service", service),
        environment=named("environment", environment),
        version=named("version", version),
    )
