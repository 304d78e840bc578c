"""Which column of a table is what: guessed from its name, or said by a field map.

A map has a TOML table for each file; an entry names where a field comes from, as in ``fieldmap``:

    [events]
    user = "userId"
    item = "movieId"
    rating = {key = "rating", min = 0.5, max = 5}     # a number; or values = {view = 0, buy = 1}
    time = "timestamp"

    [items]
    id = "movieId"
    name = "title"
    category = {constant = "movies"}
    tags = {key = "genres", split = "\\\\|"}            # any other field is an attribute
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from recenv.data.coerce import stated_locale
from recenv.data.constraints import SLOTS
from recenv.data.fieldmap import Source, check_source, toml_of
from recenv.errors import InputError, UnknownName
from recenv.files import write_whole

FIELDS: dict[str, tuple[str, ...]] = {
    "events": ("user", "item", "rating", "time", "session", "query", "locale"),
    "items": ("id", "name", "category", "locale"),
    "users": ("id", "locale"),
}
"""Table -> its fields; items have further ones as attributes, users as their profile."""

REQUIRED = {"events": ("user", "item"), "items": ("id",), "users": ("id",)}
ALIASES: dict[tuple[str, str], str] = {
    ("events", "user"): "user userid uid customer customerid member memberid reviewer reviewerid visitor visitorid buyer "
                        "profileid 用户 用户id 用户编号 会员 顾客 username nickname 用户名 用户名称 用户昵称 昵称 会员名",
    ("events", "item"): "item itemid iid movie movieid product productid book bookid isbn poi poiid shop shopid store business "
                        "businessid merchant merchantid song songid track trackid article articleid news newsid asin parentasin "
                        "sku skuid goods goodsid doc docid venue venueid restaurant hotel place 商品 商品id 商品编号 店铺 店铺id "
                        "商户 商户id 物品 物品id 餐厅 门店 酒店 景点 电影 书籍 itemname title movietitle productname booktitle "
                        "poiname shopname 商户名称 商户名 店名 店铺名 店铺名称 商品名称 商品名 餐厅名 餐厅名称 书名 片名 名称",
    ("events", "rating"): "rating ratings stars star score overall label click clicked isclick like liked ordered order isorder "
                          "buy bought purchase purchased feedback preference event eventtype behavior behaviortype action "
                          "myrating userrating 评分 打分 我的评分 用户评分 星级 点击 购买 下单 行为",
    ("events", "time"): "timestamp time ts date datetime created createdat updated reviewtime unixreviewtime ratedat "
                        "时间 日期 时间戳",
    ("events", "session"): "session sessionid sid visit visitid requestid 会话 会话id 请求id",
    ("events", "query"): "query question search searchterm searchquery keyword utterance request 查询 搜索词 需求 问题",
    ("events", "locale"): "locale lang language 语言",
    ("items", "id"): "id",
    ("items", "name"): "name title itemname movietitle productname productname booktitle poiname shopname 名称 标题 店名 商户名 "
                       "商户名称 店铺名 店铺名称 餐厅名 餐厅名称 商品名 商品名称 书名 片名",
    ("items", "category"): "category cate categoryname maincategory servicecategory 类目 品类 类别 分类",
    ("items", "locale"): "locale lang language 语言",
    ("items", "tags"): "tags tag genres genre keywords labels features 标签 特色 类型标签",
    ("items", "subcategory"): "subcategory subcate type cuisine kind 子类 子类目 二级类目 菜系 类型",
    ("items", "price"): "price avgprice averageprice pricerange cost 价格 均价 人均 人均消费",
    ("items", "rating"): "rating avgrating averagerating stars score avgscore 评分 星级评分",
    ("items", "area"): "area district city neighborhood neighbourhood region 区域 商圈 行政区 城市",
    ("items", "distance"): "distance distancekm 距离",
    ("items", "dishes"): "dishes 推荐菜 菜品",
    ("items", "facilities"): "facilities amenities 设施 服务设施",
    ("users", "id"): "id user userid uid customer customerid member memberid visitor visitorid 用户 用户id 用户编号",
    ("users", "locale"): "locale lang language 语言",
}
ENDINGS = {
    ("events", "item"): re.compile(r"(?!review|row|record|log|order|comment|评价|订单|记录).{1,80}"
                                   r"(?:[_\W\u3400-\u9fff]id|I[dD]|编号)"),
    ("events", "time"): re.compile(r".{1,80}(?:[_\W](?:time|date|at)|Time|Date|At|时间|日期)"),
}
"""What a field's column looks like that no alias names, where one column alone does."""

MOST_CATEGORIES = 100
"""Values of a column that may be categories; what has more is a tag."""

_CUTS = {"|": "\\|", ";": ";\\s*", "、": "、", "，": "，", "/": "/", ",": ",\\s*"}

TableMap = dict[str, dict[str, Source]]
"""Table -> field -> source."""


def folded(name: str) -> str:
    """A column's name for comparison: ``Movie_ID`` and ``movieId:token`` are movieid."""
    return re.sub(r"[\W_]+", "", name.partition(":")[0].casefold())


def stem(name: str) -> str:
    """What columns about the same thing begin with: restaurant of ``restaurant_id``, 商户 of ``商户ID``; "" for ``id``."""
    return re.sub(r"(?:id|编号|code|name|名称|名)$", "", folded(name))


def guess(
    table: str, columns: Mapping[str, Sequence[Any]], known: Mapping[str, str] | None = None, about: str = ""
) -> dict[str, Source]:
    """The fields of a table by the names of its columns; known: fields that are certain; about: a stem that names may begin with.
    A column feeds one field; the first column that could feed a field does."""
    found = {field: Source(key=column) for field, column in (known or {}).items()}
    for (of, field), words in ALIASES.items():
        if of != table or field in found:
            continue
        taken = {source.key for source in found.values()}
        named = {c: next((n for n in (folded(c), folded(c).removeprefix(about)) if n in words.split()), "") for c in columns}
        fits = sorted((c for c in columns if named[c] and c not in taken), key=lambda c: words.split().index(named[c]))
        if fits:
            found[field] = Source(key=fits[0])
    for (of, field), form in ENDINGS.items():
        fits = [c for c in rest(columns, found) if form.fullmatch(c)]
        if of == table and field not in found and len(fits) == 1:
            found[field] = Source(key=fits[0])
    for field in (f for f in found if f in SLOTS and SLOTS[f].kind == "set"):
        cut = _cut(columns[found[field].key])
        if cut:
            found[field] = msgspec.structs.replace(found[field], split=cut)
    return found


def _cut(values: Sequence[Any]) -> str:
    """Between the members of a list that is written out in a cell; "" for cells that are lists, or have one member each."""
    texts = [v for v in values if isinstance(v, str)]
    counts = {mark: sum(mark in text for text in texts) for mark in _CUTS}
    best = max(counts, key=lambda mark: counts[mark])
    return _CUTS[best] if counts[best] else ""


def rest(columns: Iterable[str], fields: Mapping[str, Source]) -> list[str]:
    """Columns that feed nothing."""
    fed = {source.key for source in fields.values()}
    return [c for c in columns if c not in fed]


def ask(file: str | Path, table: str, columns: Mapping[str, Sequence[Any]], fields: Mapping[str, Source]) -> str:
    """The message that stops where a needed field has no column: what there is, and a map to start from."""
    lacking = [f for f in REQUIRED[table] if f not in fields]
    shown = [f"  {name} = {', '.join(str(v)[:30] for v in list(values)[:3])}" for name, values in columns.items()]
    free = rest(columns, fields) or list(columns)
    made = {**fields, **{f: Source(key=free[min(n, len(free) - 1)]) for n, f in enumerate(lacking)}}
    return "\n".join([
        f"{file}: cannot tell which column is {' and which '.join(lacking)} ({table}). Columns, with their first values:", *shown,
        "A map to start from (edit it, then pass it as --field-map FILE.toml):", "", map_text({table: made})])


def map_text(made: TableMap) -> str:
    """A map as TOML."""
    return "\n".join(line for table, fields in made.items() if fields for line in (
        f"[{table}]", *(f"{_key(field)} = {toml_of(source)}" for field, source in fields.items()), ""))


def _key(field: str) -> str:
    return field if re.fullmatch(r"[A-Za-z0-9_-]+", field) else msgspec.json.encode(field).decode()


def load_table_map(path: str | Path) -> TableMap:
    """Read a map; raises InputError or UnknownName that name the entry at fault."""
    file = Path(path)
    try:
        raw = tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"no field map at {file}; without --field-map columns are guessed and a map is written") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not valid TOML: {error}") from None
    made: TableMap = {}
    for table, entries in raw.items():
        if table not in FIELDS:
            raise UnknownName("table of the field map", table, FIELDS)
        if not isinstance(entries, dict):
            raise InputError(f"{file}: [{table}] must be a table of field = source; got {entries!r}")
        if table == "events" and (unknown := [f for f in entries if f not in FIELDS[table]]):
            raise UnknownName("field of events", unknown[0], FIELDS[table])
        made[table] = {field: check_source(f"{file}: [{table}] {field}", entry) for field, entry in entries.items()}
        language = made[table].get("locale")
        if language is not None and language.constant and not stated_locale(language.constant):
            raise InputError(f"{file}: [{table}] locale must be zh or en; got {language.constant!r}")
        for field in REQUIRED[table]:
            if field not in made[table]:
                raise InputError(f"{file}: [{table}] says nothing about {field}, which is needed")
    return made


def keep_map(made: TableMap, store: Path) -> Path:
    """Write a map beside the store that is made by it; raises InputError where another one is there, which somebody may have
    edited."""
    file = store.with_name(f"{store.name}.fields.toml")
    text = map_text(made)
    if file.exists() and file.read_text("utf-8") != text:
        raise InputError(f"{file} is there already and says something else than is guessed; use it with --field-map {file}, or "
                         "remove it")
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text.encode())
    return file
