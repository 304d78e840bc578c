"""Named worlds. ``load_scenario`` reads one, ``open_engine`` makes it playable."""

from recenv.scenarios.loader import Scenario, load_scenario, names

__all__ = ["Scenario", "load_scenario", "names"]
