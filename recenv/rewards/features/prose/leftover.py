"""What clauses say that neither their records nor the question nor the manners of an answer account for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features.prose.clauses import MASK
from recenv.rewards.reading.cover import Residue, residue

_CHAT = re.compile(
    r"您好|你好|亲|整理|性价比|口碑|预算|考虑|备选|优先|首选|倾向|适合|合适|符合|要求|顺便|出发|电话|祝|放心|下单|闭眼|差别|区别|主要|掂量|图|讲究|"
    r"享受|有限|周末|孩子|带娃|妈妈|阿姨|生日快乐|别拖|靠谱|直接|具体|其次|一来|2来|3来|话说|其实|总的来说|如上|稍高|稍低|整体|不错|"
    r"\b(?:quick|rundown|options?|best|bet|probably|honestly|promise|pick|choice|solid|decent|lean|"
    r"towards|suggest|recommend|would|"
    r"happy|enjoy|perfect|perfectly|nicely|fits?|works?|handy|simply|together|around|about|budget|"
    r"listing|listed|lists?|mention(?:s|ed)?|"
    r"details?|rating|rated|stars?|price|prices?|costs?|yuan|area|district|night|person|note|unfortunately|afraid|"
    r"definitely|consider|comes?|gets?|start|finish|head|try|go|going|choose|see|looks?|seems?|might|"
    r"could|maybe|perhaps|though|"
    r"since|so|wanted|asked|matters?|reason|reasons|first|second|third|last|former|latter|both|"
    r"neither|none|each|every|only|just|"
    r"another|else|anything|hope|helps?|way|bit|little|touch|lot|plenty|less|more|than|rather|instead|"
    r"still|even|quite|"
    r"cheaper|cheapest|higher|lower|closer|nearer|nearest|closest|farther|pricier|expensive|visit|"
    r"worth|detour|spots?|places?|stay)\b"
)


def unaccounted(left: Sequence[str], evidence: str, query: str) -> Residue:
    """The rest of clauses of which known claims are taken out; query: normalised."""
    return residue(_CHAT.sub(" ", " , ".join(left).replace(MASK, " ")), evidence, query)
