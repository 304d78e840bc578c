"""An agent that kills the process that it plays in."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

from recenv.records import Action, AgentView


class Deadly:
    """Recommends the first candidates; kills its process where ``DEADLY`` names a file that it can take away, or "always"."""

    name = "deadly"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        if any(view.turn == 1 for view in views) and (mark := os.environ.get("DEADLY")):
            if mark == "always":
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                os.unlink(mark)  # one worker can
                os.kill(os.getpid(), signal.SIGKILL)
            except FileNotFoundError:
                pass
        return [Action(act="recommend", items=tuple(i.id for i in view.candidates[:3]), text="OK") for view in views]
