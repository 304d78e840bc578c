"""``sessions.jsonl`` of a run folder: what its sessions are about, so that pages are made from the folder alone."""

from __future__ import annotations

from pathlib import Path

from recenv.data.world import World
from recenv.errors import InputError, RecenvError
from recenv.evaluation.plan import RunPlan
from recenv.evaluation.recorded import recorded_scenario, recorded_world
from recenv.files import write_whole
from recenv.journal import recorded
from recenv.rollouts.story import STORY_SCHEMA, SessionStory, encode_stories, tell

STORIES = "sessions.jsonl"

Stories = dict[str, SessionStory]
"""By session id."""


def write_stories(run: Path, world: World, plan: RunPlan) -> None:
    """Write the stories of the sessions of a run, in the plan's order; nothing where they are there."""
    if not (run / STORIES).is_file():
        write_whole(run / STORIES, b"".join(encode_stories(tell(world, row) for row in plan.sessions)))


def read_stories(run: str | Path, plan: RunPlan, store: str | Path | None = None) -> Stories:
    """The stories of a run's sessions: as it wrote them, else told again from its world; empty where neither is to be had.

    store: where the world is, for runs without the file whose scenario has no built-in one. Raises InputError for a damaged file.
    """
    file = Path(run) / STORIES
    if file.is_file():
        found, told = Stories(), list[str]()
        for number, story in recorded(file, SessionStory, f"not a session of schema {STORY_SCHEMA}", "delete the file"):
            if story.schema != STORY_SCHEMA:
                raise InputError(f"{file}:{number}: session schema {story.schema}, this version reads {STORY_SCHEMA}")
            found[story.session_id] = story
            told.append(story.session_id)
        if told != list(plan.session_ids):
            raise InputError(f"{file} does not tell of each session of the run once, in their order; delete the file")
        return found
    try:
        world = recorded_world(plan, recorded_scenario(plan, run), run, store)
    except RecenvError:  # an older run whose world is gone: its pages say what is missing
        return {}
    return {story.session_id: story for story in (tell(world, row) for row in plan.sessions)}
