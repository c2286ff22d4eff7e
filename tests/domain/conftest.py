"""Properties are facts about numbers, not about how busy the machine is: no deadline for an example."""

from hypothesis import settings

settings.register_profile("without_a_clock", deadline=None)
settings.load_profile("without_a_clock")
