"""Human: a person plays the agent in a terminal.

Not in the registry of agents: it waits for someone. ``recenv play`` builds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from recenv.data.render import item_text, mapping_text
from recenv.envs.speaker import speak
from recenv.records import Action, AgentView, Item
from recenv.terminal import clean

HELP = """  1 3 2        recommend candidates by number, best first
  ask TEXT     ask the user a question
  search TEXT  look through the whole catalogue
  end [TEXT]   say goodbye and stop
  list         the candidates again
  help         this list"""

_LINES = str.maketrans("\n\r\t", "   ")


def plain(text: str) -> str:
    """Text that is safe to print: one line, without control or direction characters, so that no data can drive a terminal."""
    return clean(text.translate(_LINES)).replace("\N{REPLACEMENT CHARACTER}", "")


class HumanAgent:
    """Prints what is new in each view with ``echo`` and reads an action with ``prompt``, again until it can be read; EOF ends the
    session."""

    def __init__(
        self, name: str = "human", echo: Callable[[str], object] = click.echo, prompt: Callable[[str], str] | None = None
    ) -> None:
        self.name = name
        self._echo = echo
        self._prompt = ask_terminal if prompt is None else prompt
        self._before: AgentView | None = None

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view, asked for one after the other."""
        return [self._play(view) for view in views]

    def _play(self, view: AgentView) -> Action:
        listed, before = _listed(view), self._before
        if before is not None and before.session_id != view.session_id:
            before = None
        for line in _screen(view, listed, before):
            self._echo(line)
        self._before = view
        while True:
            try:
                line = self._prompt("> ")
            except (EOFError, click.Abort):
                return Action(act="end")
            if line.strip().casefold() in ("help", "?"):
                self._echo(HELP)
                continue
            if line.strip().casefold() == "list":
                for shown in _rows(view, listed):
                    self._echo(shown)
                continue
            action, problem = _parse(line, view, listed)
            if action is not None:
                return action
            self._echo(f"{problem} Type help for what can be typed.")


def ask_terminal(text: str) -> str:
    return str(click.prompt(text, prompt_suffix="", default="", show_default=False))


def _listed(view: AgentView) -> list[Item]:
    """Candidates, then search results that are not among them: the numbering of the screen."""
    return list({item.id: item for item in (*view.candidates, *view.retrieved)}.values())


def _screen(view: AgentView, listed: Sequence[Item], before: AgentView | None) -> list[str]:
    """What a person has not seen yet. before: the view of the turn before, None at the start of a session."""
    lines = ["", f"== turn {view.turn + 1} of {view.horizon}, {plain(view.category)}: recommend up to {view.slate_size} =="]
    if before is None:
        lines += [f"{title}: {plain(text)}" for title, text in (
            ("task", view.instruction), ("user", mapping_text(view.user.profile, view.locale)),
            ("context", mapping_text(view.context, view.locale))) if text]
    known = [] if before is None else _listed(before)
    if [item.id for item in known] != [item.id for item in listed]:
        lines += _rows(view, listed)
    elif listed:
        lines.append(f"the same {len(listed)} candidates; type list to see them again")
    said = 0 if before is None else len(before.messages)
    return lines + [f"[{m.role}] {plain(m.content)}" for m in view.messages[said:] if m.role in ("user", "tool")]


def _rows(view: AgentView, listed: Sequence[Item]) -> list[str]:
    shown = set(view.shown)
    lines = [f"{number:3d}{'*' if item.id in shown else ' '} {plain(item_text(item))}" for number, item in enumerate(listed, 1)]
    return lines + (["     (* shown already)"] if shown else [])


def _parse(line: str, view: AgentView, listed: Sequence[Item]) -> tuple[Action | None, str]:
    """The action that a line asks for, or None and what is wrong with it."""
    words = line.split()
    if not words:
        return None, "Nothing typed."
    verb, rest = words[0].casefold(), line.strip()[len(words[0]):].strip()
    if verb == "end":
        return Action(act="end", text=rest), ""
    if verb in ("ask", "search"):
        if not rest:
            return None, f"{verb} needs words after it."
        return (Action(act="ask", text=rest) if verb == "ask" else Action(act="search", query=rest)), ""
    numbers = line.replace(",", " ").replace("，", " ").replace("、", " ").split()
    if not all(n.isascii() and n.isdigit() and len(n) <= 6 for n in numbers):
        return None, f"Cannot read {plain(line)[:40]!r}."
    chosen = [int(n) for n in numbers]
    if not all(1 <= n <= len(listed) for n in chosen):
        return None, f"Numbers go from 1 to {len(listed)}." if listed else "There is nothing to recommend."
    if len(set(chosen)) < len(chosen) or len(chosen) > view.slate_size:
        return None, f"Give up to {view.slate_size} different numbers."
    slate = [listed[n - 1] for n in chosen]
    return Action(act="recommend", items=tuple(i.id for i in slate), text=speak(view.instruction, view.locale, slate)), ""
