"""Small labelled rows of all five dimensions in both languages, with labels that follow from the text."""

from __future__ import annotations

from recenv import rng
from recenv.data.render import evidence_text, item_text, plain_response
from recenv.records import Item, ScorerRow
from recenv.training.train import Settings

SETTINGS = Settings(
    epochs=2, batch=16, vocabulary=4_300, layers=1, hidden=32, list_items=4, validation_share=0.25, test_share=0.25
)


def _draw(n: int, *key: int) -> int:
    return int(rng.integers(n, 99, *key))


def toy_item(n: int) -> Item:
    locale = ("zh", "en")[n % 2]
    return Item(
        id=f"i{n}",
        category="dining",
        locale=locale,
        name=f"云间{n}号茶楼" if locale == "zh" else f"Lotus House {n}",
        attributes={
            "rating": round(3.5 + _draw(16, n, 1) / 10, 1),
            "price": float(20 + _draw(200, n, 2)),
            "area": ("朝阳区", "Haidian")[n % 2],
        },
    )


def toy_rows(users: int = 40) -> list[ScorerRow]:
    """Ten rows a user, two of each dimension."""
    rows = []
    for u in range(users):
        for k in range(2):
            items = [toy_item(_draw(60, u, k, j) // 2 * 2 + u % 2) for j in range(4)]
            rows += _rows_of(u, k, items, ("zh", "en")[u % 2])
    return rows


def _rows_of(u: int, k: int, items: list[Item], locale: str) -> list[ScorerRow]:
    base = {"id": f"{u}-{k}", "group": f"u{u}", "locale": locale}
    query = "想找评分4.3分以上的茶楼" if locale == "zh" else "a tea house rated 4.3 or higher"
    person = {
        "user": "预算: 适中" if locale == "zh" else "budget: moderate",
        "context": "时间: 上午" if locale == "zh" else "time: morning",
    }
    good = [float(str(i.attributes["rating"])) >= 4.3 for i in items]
    most = 1 + _draw(3, u, k, 7)
    instruction = f"最多推荐{most}家。" if locale == "zh" else f"Recommend at most {most} places."
    shown = items[: 1 + _draw(3, u, k, 8)]
    lie = bool(_draw(2, u, k, 9))
    evidence = evidence_text(items if not lie else [toy_item(n + 100 + u % 2) for n in (0, 2)])
    return [
        ScorerRow(
            dimension="instruction_following",
            instruction=instruction,
            query=query,
            response=plain_response(shown, locale),
            label=float(len(shown) <= most),
            **base,
        ),
        ScorerRow(
            dimension="factual_consistency",
            evidence=evidence,
            query=query,
            response=plain_response(shown, locale),
            label=float(not lie),
            **base,
        ),
        ScorerRow(dimension="query_item_relevance", query=query, item=item_text(items[0]), label=float(good[0]), **base),
        ScorerRow(dimension="behavior_prediction", query=query, item=item_text(items[1]), label=float(good[1]), **person, **base),
        ScorerRow(
            dimension="item_ranking",
            query=query,
            items=tuple(map(item_text, items)),
            label=tuple(map(float, good)),
            **person,
            **base,
        ),
    ]
