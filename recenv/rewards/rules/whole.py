"""Whether an instruction about items was read to its last word, and an answer keeps all of it.

Rules that find nothing broken may have understood half of an instruction. Where every clause is a demand that was read, and
nothing is left of it but words that demand nothing, an answer that keeps each demand has followed the instruction.
"""

from __future__ import annotations

import re

from recenv.records import ScorerRow
from recenv.rewards.reading.lexical import norm
from recenv.rewards.rules import CACHES
from recenv.rewards.rules.checks import read_checks
from recenv.rewards.rules.checks.counts import HAN
from recenv.rewards.rules.checks.prompt import prepare
from recenv.rewards.rules.held import decided_in_row, named, recommended
from recenv.rewards.rules.wishes import read_wishes

KEPT = "every demand was checked and is kept"

_CLAUSE = re.compile(r"[,;:!?。\n]|\.(?=\s|$)|\b(?:and|but|then)\b|并且|而且|同时")
_LONGEST = 120  # characters of an instruction's clause that rules may vouch for
_FORM = 40
_NEUTRAL = re.compile(
    r"\b(?:a|an|the|any|all|each|every|both|it|they|them|me|us|i|we|you|your|please|just|only|must|should|shall|can|has|have|want|"
    r"to|be|is|are|do|not|no|needs?|recommend(?:ing|ed|ations?)?|suggest(?:ing|ed|ions?)?|show|give|list|offers?|pick|choose|find|"
    r"include|keep|stay|limit|avoid|skip|exclude|places?|shops?|restaurants?|hotels?|options?|items?|spots?|ones?|somewhere|anything|"
    r"anywhere|attractions?|sights?|stores?|clinics?|venues?|results?|choices?|with|that|which|in|of|for|at|on|per|person|head|night|"
    r"away|from|here|so|then|therefore|well|less|than|over|under|stick|"
    r"cost|costs|costing|priced?|prices|rated|ratings?|budget|distance|district|delivery fees?|stars?|yuan|km)\b|"
    r"推荐|给我|那么|那|所以|因此|看看|我们|我|您|你|请|只|要|想|的|店铺|店|餐厅|餐馆|饭店|酒店|宾馆|地方|景点|商家|才行|就行|即可|可以|都|得|必须|一定|务必|"
    r"需要|须|应|能|有|带|选择|选|找|看|每家|每|家|人均|价格|价位|预算|评分|距离|门票|在|位于|内|以内|之内|元|1晚|每晚|晚|"
    r"送货费|配送费|运费|人|吧|啊|哦|呢|了|是|类|别|不|再|也")
_COUNTED = re.compile(
    r"(?:at most|at least|up to|no more than|exactly|不超过|最多|至多|至少)?\s{0,2}\d{1,2}\s{0,2}(?:to|-|到|至)?\s{0,2}\d{0,2}"
    r"\s{0,2}(?:(?:places?|options?|items?|shops?|restaurants?|hotels?|spots?|suggestions?)\b|[家个款])")
_OF_HIMSELF = re.compile(
    r"(?:i|we|my|our|the user|user)\b(?!.*\b(?:want|need|must|should|like|prefer|would|wish|require|insist|only|love|hate|expect|"
    r"look|looking|no|not|never|hope)\b).*|(?:我|我们|用户|客人|她|他)(?!.*[要想需得别不请只爱喜求希望]).*")
_FILLER = re.compile(
    r"(?:otherwise|because|since|as|thank(?:s| you)|nothing (?:less|more|else)|no exceptions|that is all|ok(?:ay)?|hi|hello)\b"
    r"(?!.*\b(?:must|should|only|avoid|need|want|please)\b).*|(?:不然|否则|因为|毕竟|太|谢谢|多谢|麻烦了|拜托|好的|你好|您好)(?!.*[要请须得别]).*|"
    r"(?:其[他它余]|别)的?(?:店|地方)?(?:都|就|我)?不(?:考虑|要|用管|看|行)|其他(?:都|随意|不限)(?:可以|行)?")
_MARKS = re.compile(r"[\W_]+")


def kept_whole(row: ScorerRow) -> str:
    """KEPT where an answer that names records keeps every demand of an instruction on items that was read in full; "" else."""
    wishes = read_wishes(row.instruction)
    if not wishes or not row.evidence or not read_in_full(row.instruction):
        return ""
    checks = read_checks("\n".join(t for t in (row.instruction, row.query) if t))
    alike = bool(HAN.search(row.response)) == bool(HAN.search(row.instruction))
    shown = recommended(row.evidence, row.response)
    told = alike or any(c.kind == "language" for c in checks)
    if not told or {item.id for item in shown} != named(row.evidence, row.response):
        return ""
    decided = decided_in_row(row.instruction, row.evidence, row.response)
    if {k.wish for k in decided} != set(wishes) or any(k.reason for k in decided):
        return ""
    return KEPT if all(c.within(len(shown)) if c.kind == "items" else c.holds(row.response) for c in checks) else ""


@CACHES.keep(4_096)
def read_in_full(instruction: str) -> bool:
    """Whether each clause is a demand that was read, on items in all its words, on form in a few."""
    text = norm(prepare(instruction).text)
    clauses = [clause.strip() for clause in _CLAUSE.split(text) if _MARKS.sub("", clause)]
    found = 0
    for clause in clauses:
        wishes = read_wishes(clause)
        found += len(wishes)
        if len(clause) > _LONGEST:
            return False
        if not wishes:
            if not (read_checks(clause) and len(clause) <= _FORM) and not _aside(clause) and _left(clause):
                return False
            continue
        rest = _COUNTED.sub(" ", clause) if any(c.kind == "items" for c in read_checks(clause)) else clause
        for wish in wishes:
            for said in (wish.said, *wish.names, wish.said.split(" ")[0] if wish.slot == "kind" else ""):
                rest = rest.replace(said, " ", 1) if said else rest
        if _left(rest):
            return False
    return found >= len(read_wishes(instruction))


def _aside(clause: str) -> bool:
    """Whether a clause demands nothing: it speaks of the user, gives a reason, or is courtesy."""
    return bool(_OF_HIMSELF.fullmatch(clause) or _FILLER.fullmatch(clause))


def _left(text: str) -> str:
    return _MARKS.sub("", _NEUTRAL.sub(" ", text))
