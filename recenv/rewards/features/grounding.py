"""Features of a response against its evidence that do not depend on how the evidence is laid out, in Chinese and English.

They say what is left over when everything that evidence or question account for is taken away, how numbers and listed values
agree, whether answer and evidence affirm and deny the same, and whether what is said of a record stands in that record.
"""

from __future__ import annotations

from recenv.rewards.features import CACHES
from recenv.rewards.features.agreement import asked, members, numbers
from recenv.rewards.features.alignment import align
from recenv.rewards.features.bounded import share
from recenv.rewards.features.support import support
from recenv.rewards.reading.cover import residue
from recenv.rewards.reading.polarity import claims, stance

NAMES = (
    "left", "left_share", "longest_left", "echoed_share", "evidence_share",  # content that neither evidence nor question has
    "values_right", "values_wrong", "values_stray", "values_echoed", "ranges_half_right",
    "members_whole", "members_part", "listed_wrong",
    "asked_best", "asked_worst",  # share of an asked field's value that is given; NaN where nothing known is asked
    "says_yes", "negated", "evidence_negated", "same_verdict", "charged", "yes_no_question", "open_question",
    "sentence_recall", "question_recall",
    "stated", "row_agreeing", "row_conflicts", "row_pairs", "subject_conflicts", "row_turned", "row_strange", "context_conflicts",
    "worst_sentence", "mean_sentence", "pairs_copied", "longest_copied", "place_called", "personal", "list_recall",
    "nothing_claimed",
)
"""Names of the features of (evidence, query, response); each within [-1, 1], NaN where there is nothing to measure."""


@CACHES.keep(16_384)
def grounding(evidence: str, query: str, response: str) -> tuple[float, ...]:
    """The NAMES features of one triple."""
    body = " ".join(claims(response)) or response
    left = residue(body, evidence, query)
    content = max(left.content, 1)
    count, listed, want = numbers(response, evidence, query), members(response, evidence), asked(response, evidence, query)
    said, row, held = stance(response, evidence, query), align(response, evidence, query), support(response, evidence)
    return (
        share(left.left, 12), left.left / content, share(left.longest, 8), left.echoed / content, left.evidence / content,
        share(count.right, 6), share(count.wrong, 3), share(count.stray, 3), share(count.echoed, 3), share(count.half, 2),
        share(listed.whole, 4), share(listed.part, 3), share(listed.wrong, 3),
        want.best, want.worst,
        said.yes, said.negated, said.known_negated, said.verdict, said.charged, said.yes_no_question, said.open_question,
        said.recall, said.question_recall,
        row.stated, row.agreeing, row.conflicts, row.pairs, row.subject_conflicts, row.turned, row.strange, row.context_conflicts,
        held.worst, held.mean, held.pairs, held.copied, held.place, held.personal, held.list_recall, held.silent,
    )
