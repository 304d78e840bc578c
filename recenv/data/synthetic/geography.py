"""Where things are: twelve districts of Beijing on a frozen grid, in kilometres from the centre.

Distances are never stored on items: they follow from the user's area and the item's.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class District(NamedTuple):
    """x east, y north, in km (rounded); weight: share of places; quarters: neighbourhoods that branches are named after."""

    zh: str
    en: str
    x: float
    y: float
    weight: float
    quarters: tuple[tuple[str, str], ...]


DISTRICTS: tuple[District, ...] = (
    District("东城区", "Dongcheng", 2, 1, 12, (("王府井", "Wangfujing"), ("东直门", "Dongzhimen"), ("和平里", "Hepingli"))),
    District("西城区", "Xicheng", -3, 1, 11, (("西单", "Xidan"), ("什刹海", "Shichahai"), ("金融街", "Financial Street"))),
    District("朝阳区", "Chaoyang", 8, 4, 20, (("三里屯", "Sanlitun"), ("国贸", "Guomao"), ("望京", "Wangjing"))),
    District("海淀区", "Haidian", -9, 8, 16, (("中关村", "Zhongguancun"), ("五道口", "Wudaokou"), ("公主坟", "Gongzhufen"))),
    District("丰台区", "Fengtai", -7, -7, 9, (("方庄", "Fangzhuang"), ("科技园", "Science Park"), ("六里桥", "Liuliqiao"))),
    District("石景山区", "Shijingshan", -16, 1, 5, (("古城", "Gucheng"), ("八角", "Bajiao"))),
    District("通州区", "Tongzhou", 22, 0, 7, (("梨园", "Liyuan"), ("北苑", "Beiyuan"))),
    District("昌平区", "Changping", -10, 26, 6, (("回龙观", "Huilongguan"), ("天通苑", "Tiantongyuan"))),
    District("大兴区", "Daxing", -2, -20, 5, (("黄村", "Huangcun"), ("亦庄", "Yizhuang"))),
    District("顺义区", "Shunyi", 24, 24, 4, (("后沙峪", "Houshayu"), ("国展", "Expo Centre"))),
    District("房山区", "Fangshan", -22, -18, 3, (("良乡", "Liangxiang"), ("长阳", "Changyang"))),
    District("怀柔区", "Huairou", 16, 42, 2, (("雁栖湖", "Yanqi Lake"), ("慕田峪", "Mutianyu"))),
)
"""District names are those of real listings; coordinates are rounded to whole kilometres."""

WITHIN_KM = 2.0
"""Typical distance between two places of one district."""

_ROW = {name: row for row, district in enumerate(DISTRICTS) for name in (district.zh, district.en)}
_KM = tuple(
    tuple(WITHIN_KM if a is b else round(math.hypot(a.x - b.x, a.y - b.y), 1) for b in DISTRICTS) for a in DISTRICTS
)


def distance_km(area: str, other: str) -> float:
    """Kilometres between two districts (names of either language); NaN where one is not on the grid."""
    a, b = _ROW.get(area), _ROW.get(other)
    return math.nan if a is None or b is None else _KM[a][b]


def area_name(row: int, locale: str) -> str:
    return DISTRICTS[row].zh if locale == "zh" else DISTRICTS[row].en
