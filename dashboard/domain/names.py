"""What sources call our services, environments and severities; a name that means none of ours is unmapped."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.incidents import Severity

#: Between severities of one incident, when its alerts do not agree.
SEVERITIES_APART = ", "


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMap:
    """Names of the sources → ours. Services are exact, environments and severities in any letter case.

    `services` holds every service of the catalogue under its own name as well, `environments` and
    `severities` are by casefolded names. An environment that is not listed keeps its name; a service or
    severity that is not listed is unmapped.
    """

    services: Mapping[str, str]
    environments: Mapping[str, str]
    severities: Mapping[str, Severity]

    def service(self, name: str) -> str | None:
        """The service of the catalogue that a source calls `name`; None when it is unmapped."""
        return self.services.get(name)

    def environment(self, name: str) -> str:
        """Our name of the environment that a source calls `name`."""
        return self.environments.get(name.casefold(), name)

    def knows_environment(self, name: str) -> bool:
        """Whether `name` is listed as one of ours or as what a source calls one of ours."""
        return name.casefold() in self.environments

    def severity(self, given: str | None) -> Severity | None:
        """The severity that a source calls `given`; of several, the gravest; None when none is mapped."""
        words = given.split(SEVERITIES_APART) if given else []
        known = {self.severities.get(word.strip().casefold()) for word in words}
        return min((severity for severity in known if severity), default=None)
