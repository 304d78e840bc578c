"""What clauses say that neither their records nor the question nor the manners of an answer account for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features.prose.clauses import MASK
from recenv.rewards.reading.cover import Residue, residue

_CHAT = re.compile(
    r"您好|你好|亲|整理|性价比|口碑|预算|考虑|备选|优先|首选|倾向|适合|合适|符合|要求|顺便|出发|电话|祝|放心|下单|闭眼|差别|区别|主要|掂量|图|讲究|享受|有限|周末|孩子|带娃|妈妈|阿姨|生日快乐|别拖|靠谱|直接|"
    r"具体|其次|一来|2来|3来|话说|其实|总的来说|如上|稍高|稍低|整体|不错|\b(?:quick|rundown|options?|best|bet|probably|honestly|promise|pick|choice|"
    r"solid|decent|lean|towards|suggest|recommend|would|happy|enjoy|perfect|perfectly|nicely|fits?|works?|handy|simply|"
    r"together|around|about|budget|listing|listed|lists?|mention(?:s|ed)?|details?|rating|rated|stars?|price|prices?|costs?|"
    r"yuan|area|district|night|person|note|unfortunately|afraid|definitely|consider|comes?|gets?|start|finish|head|try|go|"
    r"going|choose|see|looks?|seems?|might|could|maybe|perhaps|though|since|so|wanted|asked|matters?|reason|reasons|first|"
    r"second|third|last|former|latter|both|neither|none|each|every|only|just|another|else|anything|hope|helps?|way|bit|little|"
    r"touch|lot|plenty|less|more|than|rather|instead|still|even|quite|cheaper|cheapest|higher|lower|closer|nearer|nearest|"
    r"closest|farther|pricier|expensive|visit|worth|detour|spots?|places?|stay)\b"
)


def unaccounted(left: Sequence[str], evidence: str, query: str) -> Residue:
    """The rest of clauses of which known claims are taken out; query: normalised."""
    return residue(_CHAT.sub(" ", " , ".join(left).replace(MASK, " ")), evidence, query)
