"""Cuts ``recenv-sans.otf`` out of Noto Sans CJK SC (Debian package fonts-noto-cjk, upstream 2.004).

Usage: python make_subset.py NotoSansCJK-Regular.ttc recenv-sans.otf

Keeps the characters of GB 2312 (6,763 hanzi, kana, Greek, Cyrillic, full-width forms), the most used traditional hanzi
(level 1 of Big5), hanzi common in the names of people and dishes, Latin, punctuation and the marks that plots use.
The font is renamed, as a modified version should be; the licence stays the SIL Open Font License 1.1 (see OFL.txt).
"""

from __future__ import annotations

import sys

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

NAME = "Recenv Sans"
_MARKS = "✓×÷·•…–—‘’“”′″‰※™©®°±☕➕≈≠≤≥→←↑↓↔⇒■□▲△▼▽◆◇○●◎★☆♀♂①②③④⑤⑥⑦⑧⑨⑩€£¥₂²³½¼¾\ufffd\u3000\u00a0\u200b"
_NAMES = (
    "喆堃珺琤璟玥翀淼犇鑫垚骉晟昇甦濛祎旻镕囍"
    "嘢煲焗烚煀煸馕馓馃啰啫喱咘咕噜噗嗞嗦嘞"
    "粿粄鲃鲅鲮鲳鳗鳕鮨鮰饸饹饦馎饳髎芈苡荞莜蒽薏藠螺蛏蚬蛤鲍朘㸆䬴鱻囧槑烎㜑俵咾嬀寽掓楽炆焌瑧褔鱒"
)


def _characters() -> list[int]:
    kept = {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2028), *range(0xFF01, 0xFF5F), *range(0x3000, 0x3020),
            *range(0x2150, 0x2300), *range(0x2460, 0x2700)}  # number forms, arrows, operators, boxes, shapes
    kept.update(map(ord, _MARKS + _NAMES))
    for codec, leads in (("gb2312", range(0xA1, 0xF8)), ("big5", range(0xA4, 0xC7))):
        for lead in leads:
            for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
                try:
                    kept.update(map(ord, bytes((lead, trail)).decode(codec)))
                except UnicodeDecodeError:
                    continue
    return sorted(kept)


def main(source: str, target: str) -> None:
    with TTCollection(source, lazy=True) as collection:
        font = next(f for f in collection.fonts if f["name"].getDebugName(4) == "Noto Sans CJK SC")
        options = Options()
        options.layout_features = ["kern", "mark", "mkmk", "ccmp"]
        options.hinting = False
        options.desubroutinize = False
        options.notdef_outline = True
        options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]
        options.name_languages = [0x409]
        options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=_characters())
        subsetter.subset(font)
        for record in font["name"].names:
            if record.nameID in (1, 4):
                record.string = NAME
            elif record.nameID in (3, 6):
                record.string = NAME.replace(" ", "") + "-Regular"
        cff = font["CFF "].cff
        cff.fontNames = [NAME.replace(" ", "") + "-Regular"]
        cff.topDictIndex[0].FullName = NAME
        cff.topDictIndex[0].FamilyName = NAME
        font["head"].modified = font["head"].created  # equal inputs give equal bytes
        font.recalcTimestamp = False
        font.save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
