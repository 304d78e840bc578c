"""One exactly checkable demand: something counted in the answer, and the bounds of the count."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from recenv.rewards.reading.hanzi import simplified
from recenv.rewards.reading.quantities import quantities
from recenv.rewards.rules import CACHES
from recenv.rewards.rules.checks import counts, languages


class Check(NamedTuple):
    """A demand. kind: a key of ``KINDS``; words: what the kind is about; least, most: inclusive bounds, None where open.

    A demand that is kept or not counts 1 or 0. The number of recommended items (kind ``items``) is no matter of a text:
    ``holds`` is true of every text, and ``recenv.rewards.rules.verdicts`` counts the items of the action.
    """

    kind: str
    words: tuple[str, ...] = ()
    least: int | None = 1
    most: int | None = None

    def measure(self, response: str) -> int:
        return KINDS[self.kind].measure(_simplified(response), self.words)  # as its words were read

    def within(self, count: int) -> bool:
        return (self.least is None or count >= self.least) and (self.most is None or count <= self.most)

    def holds(self, response: str) -> bool:
        """Whether an answer keeps to the demand; an empty one keeps to none. Linear in its length; never raises."""
        return self.kind == "items" or (bool(response.strip()) and self.within(self.measure(response)))

    def reason(self, count: int) -> str:
        """What was expected and what came, short."""
        kind, what = KINDS[self.kind], ", ".join(map(short, self.words))
        label = kind.label.format(what)
        if kind.yes_or_no:
            return f"expected {label}, came none" if self.least else f"expected no {label}, came {count}"
        if self.least is not None and self.least == self.most:
            bounds = f"exactly {self.least}"
        elif self.least is not None and self.most is not None:
            bounds = f"{self.least} to {self.most}"
        elif self.most is not None:
            bounds = f"at most {self.most}" if self.most else "no"
        else:
            bounds = f"at least {self.least}"
        return f"expected {bounds} {label}, came {count}"


class Kind(NamedTuple):
    """label: its name in reasons, {} for the words of the check; measure: of an answer and those words."""

    label: str
    measure: Callable[[str, tuple[str, ...]], int]
    yes_or_no: bool = False


@CACHES.keep(64)
def _simplified(response: str) -> str:
    """The same answer is asked about by each demand."""
    return simplified(response)


def short(text: str) -> str:
    """Untrusted text, quoted and cut, for a reason."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _every(text: str, words: tuple[str, ...]) -> int:
    return int(all(counts.occurrences(text, w, whole=False) for w in words))


KINDS: dict[str, Kind] = {
    "items": Kind("items", lambda text, words: 0),
    "language": Kind("text in {}", lambda text, words: int(languages.detect(text) in (words[0], "")), True),
    "words": Kind("words", lambda text, words: counts.words(text, parts=bool(words))),
    "characters": Kind("characters", lambda text, words: counts.characters(text)),
    "hanzi": Kind("characters", lambda text, words: counts.hanzi(text)),
    "sentences": Kind("sentences", lambda text, words: counts.sentences(text)),
    "paragraphs": Kind("paragraphs", lambda text, words: counts.paragraphs(text, *words)),
    "paragraph start": Kind(
        "paragraph and first word {}", lambda text, words: counts.starts_paragraph(text, int(words[0]), words[1]), True
    ),
    "keywords": Kind("the words {}", _every, True),
    "frequency": Kind("times {}", lambda text, words: counts.occurrences(text, words[0], whole=False)),
    "forbidden": Kind("word of {}", lambda text, words: sum(counts.occurrences(text, w, whole=True) for w in words)),
    "letters": Kind("letters {}", lambda text, words: text.lower().count(words[0].lower())),
    "marks": Kind("marks {}", lambda text, words: sum(text.count(mark) for mark in words)),
    "json": Kind("JSON", lambda text, words: counts.is_json(text), True),
    "title": Kind("title in double angle brackets", lambda text, words: counts.titles(text), True),
    "highlights": Kind("highlighted stretches", lambda text, words: counts.highlights(text)),
    "bullets": Kind("bullet points", lambda text, words: counts.bullets(text, markdown=bool(words))),
    "numbered": Kind("numbered entries", lambda text, words: counts.numbered(text)),
    "sections": Kind("sections {}", lambda text, words: counts.sections(text, *words)),
    "placeholders": Kind("placeholders in square brackets", lambda text, words: counts.placeholders(text)),
    "postscript": Kind("postscript {}", lambda text, words: counts.postscripts(text, *words), True),
    "lowercase": Kind("lower case only", lambda text, words: int(text.islower()), True),
    "uppercase": Kind("upper case only", lambda text, words: int(text.isupper()), True),
    "capital words": Kind("words in capital letters", lambda text, words: counts.capital_words(text)),
    "ending": Kind("the ending {}", lambda text, words: counts.ends_with(text, *words), True),
    "beginning": Kind("the beginning {}", lambda text, words: counts.begins_with(text, *words), True),
    "question": Kind("a question at the end", lambda text, words: int(text.rstrip(" \n\t\"'”’").endswith(("?", "？"))), True),
    "quotation": Kind("quotation marks around the answer", lambda text, words: counts.quoted(text, *words), True),
    "repeat": Kind("the request first, {}", lambda text, words: counts.begins_with(text, *words), True),
    "responses": Kind("different answers between ******", lambda text, words: counts.responses(text)),
    "emoji": Kind("emoji", lambda text, words: counts.emoji(text)),
    "prices": Kind("prices", lambda text, words: sum(q.kind == "money" for q in quantities(text))),
    "options": Kind("one of {}", lambda text, words: int(any(w in text for w in words)), True),
}
