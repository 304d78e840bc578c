"""Contracts for parts of your own: pytest classes to subclass, a fixture to give, and every test comes along.

    from recenv.testing import AgentContract

    class TestMine(AgentContract):
        @pytest.fixture
        def agent(self):
            return Mine()

They need pytest and nothing else: the worlds they play in are made on the spot (``recenv.testing.tiny``). Override a test that
your part is meant to break, and say why there.
"""

from recenv.testing.agents import AgentContract
from recenv.testing.rewards import RewardContract
from recenv.testing.scenarios import ScenarioContract
from recenv.testing.scorers import ScorerContract

__all__ = ["AgentContract", "RewardContract", "ScenarioContract", "ScorerContract"]
