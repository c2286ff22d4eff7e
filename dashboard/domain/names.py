"""What sources call our services, environments and severities; a name that means none of ours is unmapped."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.incidents import Severity

#: Between severities of one incident, when its alerts do not agree.
SEVERITIES_APART = ", "


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMap:
    """Names of the sources → ours. Services and environments are exact, severities in any letter case.

    `services` holds every service of the catalogue under its own name as well. An environment that is not
    listed keeps its name; a service or severity that is not listed is unmapped.
    """

    services: Mapping[str, str]
    environments: Mapping[str, str]
    severities: Mapping[str, Severity]

    def service(self, name: str) -> str | None:
        """The service of the catalogue that a source calls `name`; None when it is unmapped."""
        return self.services.get(name)

    def environment(self, name: str) -> str:
        """Our name of the environment that a source calls `name`."""
        return self.environments.get(name, name)

    def severity(self, given: str | None) -> Severity | None:
        """The severity that a source calls `given`; of several, the gravest; None when none is mapped."""
        words = given.split(SEVERITIES_APART) if given else []
        known = {self.severities.get(word.strip().casefold()) for word in words}
        return min((severity for severity in known if severity), default=None)

    def names_of(self, service: str) -> tuple[str, ...]:
        """Everything that sources call `service`."""
        return tuple(name for name, known in self.services.items() if known == service)
