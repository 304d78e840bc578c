"""Tables of one's own: whatever the columns are called and the file is, sessions come of it, and nothing is taken silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recenv.data.constraints import MET, statuses
from recenv.data.fieldmap import Source
from recenv.data.search import Bm25Index
from recenv.data.table import Files, guess_map, ingest_table
from recenv.data.table_columns import keep_map, load_table_map, map_text
from recenv.data.table_files import columns_of, read_table
from recenv.data.world import World
from recenv.errors import InputError, RecenvError, StoreError
from recenv.evaluation.play import play
from recenv.records import CATEGORIES

GENRES = ("Comedy", "Drama", "Horror", "Action", "War")


def movies(n: int = 40) -> str:
    rows = [f'{i},"Movie {i}, The",{GENRES[i % 5]}|{GENRES[(i + 2) % 5]},{5 + i},http://x/{i}' for i in range(n)]
    return "\n".join(["movieId,title,genres,price,poster", *rows]) + "\n"


def ratings(users: int = 6, each: int = 8) -> str:
    """User u rates items u, u + 1, ... : 5, 4, 2, 5, 4, 2 ...; later rows are earlier in time."""
    rows = [f"{u},{u + k}{'.0' if k % 2 else ''},{(5, 4, 2)[k % 3]},{1000 - k}" for u in range(users) for k in range(each)]
    return "\n".join(["User_ID,movieId,rating,timestamp", *rows]) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "ratings.csv").write_text(ratings())
    (tmp_path / "movies.csv").write_text(movies(), "utf-8-sig")
    return Files(tmp_path / "ratings.csv", tmp_path / "movies.csv")


def test_ratings_become_sessions(files: Files, tmp_path: Path) -> None:
    report = ingest_table(files, tmp_path / "store")
    world = World(tmp_path / "store")
    assert report.quarantined == 0 and report.rows == 48 + 40 and report.counts["ids_as_numbers"] == 24
    assert (world.n_items, world.n_users, world.n_sessions, world.kind) == (40, 6, 18, "table")
    assert world.categories == (*CATEGORIES, "movies")
    assert any("liked: a rating from 4.25 on, on a scale from 2 to 5" in note for note in report.notes)
    assert any("columns that feed nothing: poster" in note for note in report.notes)
    assert any("no shipped scorer was trained on items like 100% of these (movies" in note for note in report.notes)
    for row in range(world.n_sessions):
        session, hidden = world.session(row), world.privileged(row)
        goal, number = session.goals[0], int(session.user_id)
        taken = [o.item_id for o in hidden.outcomes[0] if o.event == "order"]
        assert len(set(goal.candidates)) == 20 and set(taken) < set(goal.candidates) and goal.category == "movies"
        assert {int(i) - number for i in taken} <= {0, 3, 6}  # rated 5
        rated = {str(number + k) for k in range(8)}
        others = set(goal.candidates) - rated
        assert len(others) >= 20 - 1 - 5 and session.source == "constructed"
        item, need = world.item(world.item_row(taken[0])), hidden.needs[0]
        assert need.constraints and all(s == MET for s in statuses(item, need))
        assert [c.disclosure for c in need.constraints] == ["volunteered", *["on_ask"] * (len(need.constraints) - 1)]
        assert need.constraints[0].text in goal.query and goal.query.startswith("I am looking for something in movies")
    assert world.user(0).history == ()  # all that he liked became sessions
    again = ingest_table(files, tmp_path / "again")
    assert World(tmp_path / "again").fingerprint == world.fingerprint and again.counts == report.counts


def restaurants(folder: Path, header: str) -> Files:
    """A table that holds all: 8 users who rate 30 restaurants from 1 to 5, one of them beyond, and one not at all."""
    kinds = ("火锅", "川菜", "面馆")
    names = [f"{('小龙坎', '蜀香', 'Panda')[n % 3]}{kinds[n % 3]}" for n in range(30)]
    rows = [[f"u{u}", f"R{n:02}", names[n], kinds[n % 3], "锦江区", 30 + n, f"4.{n % 10}", "安静;停车", 1 + (u + n) % 5,
             f"2024-05-{1 + n % 28:02} 12:00", "不错"] for u in range(8) for n in range(30)]
    rows[5][8], rows[6][8] = 9, ""
    (folder / "table.csv").write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8-sig")
    return Files(folder / "table.csv")


@pytest.mark.parametrize(("header", "category"), [
    ("用户ID,商户ID,商户名称,品类,区域,人均,商户评分,标签,评分,时间,评价", "火锅"),
    ("user_id,restaurant_id,restaurant_name,cuisine,district,avg_price,restaurant_score,tags,stars,visited_at,comment", "dining"),
    ("uid,eatery_id,eatery_name,category,area,cost,eatery_stars,features,rating,visit_time,comment", "火锅"),
])
def test_one_table_of_restaurants_is_understood(tmp_path: Path, header: str, category: str) -> None:
    files = restaurants(tmp_path, header)
    made = guess_map(files)
    columns = header.split(",")
    assert [made["events"][field].key for field in ("user", "item", "rating", "time")] == [columns[n] for n in (0, 1, 8, 9)]
    told = [made["items"][field].key for field in ("name", "area", "price", "rating", "tags")]
    assert told == [columns[n] for n in (2, 4, 5, 6, 7)]
    report = ingest_table(files, tmp_path / "store", fields=made)
    world = World(tmp_path / "store")
    assert "liked: a rating from 4 on, on a scale from 1 to 5" in report.notes
    assert [e.reason for e in report.examples] == ["rating: 9 is outside of 1 to 5, the scale of the field map",
                                                   "rating is missing or empty"]
    assert any(f"columns that feed nothing: {columns[10]}" in note for note in report.notes)
    session = world.session(0)
    assert session.locale == "zh" and "想找" in session.goals[0].query and world.item(0).category == category
    assert len({world.item(n).category for n in range(world.n_items)}) == (1 if category == "dining" else 3)


def test_users_who_like_nothing_are_told(tmp_path: Path) -> None:
    low = [f"u{u},i{k},{1 + k}" for u in range(5) for k in range(3)]
    (tmp_path / "t.csv").write_text("\n".join(["user,item,rating", *low, "u0,i9,20", "u0,i8,20", ""]))
    notes = ingest_table(Files(tmp_path / "t.csv"), tmp_path / "store").notes
    assert any(note.startswith("4 of 5 users liked nothing") for note in notes)


def test_the_last_visits_are_sessions_and_what_came_before_is_history(files: Files, tmp_path: Path) -> None:
    ingest_table(files, tmp_path / "store", per_user=1, wishes=0, liked=0.6)  # 4 of 2 to 5 is liked, too
    world = World(tmp_path / "store")
    assert world.n_sessions == 6
    for row in range(6):
        u = int(world.session(row).user_id)
        assert [o.item_id for o in world.privileged(row).outcomes[0] if o.event == "order"] == [str(u)]  # the last in time
        assert world.user(row).history == tuple(str(u + k) for k in (7, 6, 4, 3, 1))
        assert world.privileged(row).needs[0].constraints == ()


def test_sessions_play_and_search_finds_categories_of_ones_own(files: Files, tmp_path: Path) -> None:
    ingest_table(files, tmp_path / "store")
    traces = play("bm25", "table", 18, 1, tmp_path / "store", scorers="rules")
    assert sum(t.ending == "met" for t in traces) > 9  # three of twenty are shown at a time
    world = World(tmp_path / "store")
    found = Bm25Index(world).search("movie", 5, "movies", {"category": "Movies", "tags": "war"})
    assert len(found.rows) == 5 and not found.ignored_filters
    assert Bm25Index(world).search("movie", 5, "books").ignored_filters


def test_shown_lists_are_the_lists(tmp_path: Path) -> None:
    lines = [{"session": "s1", "user": 1, "item": 100.0, "click": 1, "query": "想吃面", "name": "老王面馆"},
             {"session": "s1", "user": 1, "item": 101, "click": 0, "name": "小李饭店"},
             {"session": "s2", "user": "1", "item": "100", "click": 0}, {"session": "s2", "user": 1, "item": 102, "click": 1}]
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    report = ingest_table(Files(tmp_path / "log.jsonl"), tmp_path / "store")
    world = World(tmp_path / "store")
    first = world.session(world.session_row("s1"))
    assert set(first.goals[0].candidates) == {"100", "101"} and first.goals[0].query == "想吃面" and first.locale == "zh"
    assert world.item(world.item_row("100")).name == "老王面馆" and world.n_items == 3 and world.n_users == 1
    assert world.privileged(0).needs[0].constraints == () and report.counts["ids_as_numbers"] > 0
    assert any("no column tells when" in note for note in report.notes)


def test_a_table_without_anything_but_users_and_items(tmp_path: Path) -> None:
    (tmp_path / "plays.tsv").write_text("visitor\tsong\n" + "".join(f"u{u}\ts{u + k}\n" for u in range(4) for k in range(6)))
    report = ingest_table(Files(tmp_path / "plays.tsv"), tmp_path / "store")
    assert report.counts["sessions"] == 12 and "liked: every row, since there is no rating" in report.notes


def test_bad_rows_are_set_aside_with_their_line(tmp_path: Path, files: Files) -> None:
    bad = "9,1,five,1\n9,999,5,1\n9,1,5,yesterday\n9,1\n,1,5,1\n"
    files.events.write_text(ratings(users=80) + bad)
    assert files.items is not None
    files.items.write_text(movies(100))
    report = ingest_table(files, tmp_path / "store")
    assert report.quarantined == 5 and [e.line for e in report.examples] == [642, 643, 644, 645, 646]
    for word, one in zip(("expected a number", "not among the items", "a date such as", "4 cells, got 2", "user is missing"),
                         report.examples, strict=True):
        assert word in one.reason
    with pytest.raises(StoreError, match="5 of 745 rows are unusable"):
        ingest_table(files, tmp_path / "none", max_bad=0.001)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("text", "message"), [
    ("a,b\n1,2\n", r"which column is user and which item.*\[events\]"),
    ("user,item,item\n1,2,3\n", "a name of its own"), ("", "it is empty"), ("user,item\n", "the table is empty"),
])
def test_what_cannot_be_told_is_asked(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=f"(?s){message}"):
        guess_map(Files(tmp_path / "t.csv"))


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file at"):
        columns_of(tmp_path / "none.csv")
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"a table ends in \.csv"):
        columns_of(tmp_path / "t.xlsx")
    (tmp_path / "t.csv").write_bytes("用户,商品\n一,二\n".encode("gb18030"))
    with pytest.raises(InputError, match="save the table as UTF-8"):
        columns_of(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_bytes(b"user,item\n1,\xff\n2,3\n")
    assert [bool(row.reason) for row in read_table(tmp_path / "t.csv")] == [True, False]


def test_a_map_is_kept_edited_and_read(files: Files, tmp_path: Path) -> None:
    made = guess_map(files)
    file = keep_map(made, tmp_path / "store")
    assert file.name == "store.fields.toml" and load_table_map(file) == made and keep_map(made, tmp_path / "store") == file
    text = file.read_text().replace('rating = "rating"', 'rating = {key = "rating", min = 1, max = 5}')
    file.write_text(text.replace('category = {constant = "movies"}', 'category = {constant = "films"}\n"shelf mark" = "poster"'))
    report = ingest_table(files, tmp_path / "store", fields=load_table_map(file))
    world = World(tmp_path / "store")
    assert "liked: a rating from 4 on, on a scale from 1 to 5" in report.notes and world.categories[-1] == "films"
    assert world.item(0).attributes["shelf mark"] == "http://x/0"
    assert load_table_map(file) == load_table_map(_written(tmp_path, map_text(load_table_map(file))))
    with pytest.raises(InputError, match="is there already"):
        keep_map(made, tmp_path / "store")
    for wrong, message in (("[event]\n", "events"), ('[events]\nuser = "u"\n', "nothing about item"),
                           ('[events]\nuser = "u"\nitem = "i"\nratin = "r"\n', "rating"), ("[events", "not valid TOML")):
        with pytest.raises(RecenvError, match=message):
            load_table_map(_written(tmp_path, wrong))


def _written(folder: Path, text: str) -> Path:
    (folder / "map.toml").write_text(text)
    return folder / "map.toml"


def test_words_for_ratings_need_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("user,item,event\n" + "".join(
        f"u{u},i{k},{'buy' if k % 3 == 0 else 'view'}\n" for u in range(3) for k in range(6)))
    with pytest.raises(StoreError, match=r"rating = \{key = \"event\", values"):
        ingest_table(Files(tmp_path / "events.csv"), tmp_path / "store")
    made: dict[str, Any] = guess_map(Files(tmp_path / "events.csv"))
    text = map_text(made).replace('rating = "event"', 'rating = {key = "event", values = {buy = 1, view = 0}}')
    fields = load_table_map(_written(tmp_path, text))
    assert ingest_table(Files(tmp_path / "events.csv"), tmp_path / "store", fields=fields).counts["sessions"] == 6


def test_parquet_is_a_table(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"user": [1, 1, 2], "item": [7.0, None, 8.0], "rating": [5, 4, 5]}), tmp_path / "t.parquet")
    assert [row.value for row in read_table(tmp_path / "t.parquet")] == [
        {"user": 1, "item": 7.0, "rating": 5}, {"user": 1, "rating": 4}, {"user": 2, "item": 8.0, "rating": 5}]


def test_a_map_that_reads_a_column_that_is_not_there_is_refused_with_those_that_are(files: Files, tmp_path: Path) -> None:
    made = guess_map(files)
    made["events"] = {**made["events"], "item": Source(key="shop")}
    with pytest.raises(InputError, match=r"\[events\] item from 'shop', and .*ratings.csv has no such column.*'movieId'"):
        ingest_table(files, tmp_path / "store", fields=made)
    assert not (tmp_path / "store").exists()


# -- quotes, languages, sessions that begin anew -----------------------------------------------------------------------


def plain_table(path: Path, changed: dict[int, str]) -> Path:
    """A table of 200 rows, some of which are written otherwise."""
    rows = [f"u{n // 10},i{n % 30},{1 + n % 5},{n},Name {n}" for n in range(200)]
    for n, row in changed.items():
        rows[n] = row
    path.write_text("user,item,rating,time,title\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("closed", [None, 'u9,i3,4,1,Name"', 'u9,i3,4,1,"Name"'])
def test_a_quote_that_is_not_closed_costs_its_own_line(tmp_path: Path, closed: str | None) -> None:
    broken = {50: 'u5,i3,4,50,"Broken'} | ({} if closed is None else {120: closed})
    found = list(read_table(plain_table(tmp_path / "t.csv", broken)))
    assert [row.line for row in found] == list(range(2, 202)) and [row.line for row in found if row.reason][:1] == [52]
    assert "a quote is opened in this line" in found[50].reason
    assert {row.line for row in found if row.reason} <= {52, 122}
    assert found[-1].end == (tmp_path / "t.csv").stat().st_size


def test_cells_of_several_lines_are_read(tmp_path: Path) -> None:
    found = list(read_table(plain_table(tmp_path / "t.csv", {7: 'u1,i1,5,7,"one\n\ntwo, and ""three""\nfour"'})))
    assert found[7].value["title"] == 'one\n\ntwo, and "three"\nfour' and (found[7].line, found[8].line) == (9, 13)
    assert len(found) == 200 and not any(row.reason for row in found)


def test_texts_of_many_lines_with_commas_are_no_rows(tmp_path: Path) -> None:
    told = "12 Main St\nSpringfield, IL, 62701\nUSA"
    (tmp_path / "t.csv").write_text("id,name,address\n" + "".join(f'{n},n{n},"{told}"\n' for n in range(1200)))
    found = list(read_table(tmp_path / "t.csv"))
    assert len(found) == 1200 and all(row.value["address"] == told for row in found)


def test_sloppy_quotes_within_a_line_are_read_as_before(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('user,item,rating\n"u1" ,"i1",5\nu2,i2,"5" \nu3,"a"b,3\n')
    assert [row.value["item"] for row in read_table(tmp_path / "t.csv")] == ["i1", "i2", "ab"]


def test_a_table_of_nothing_but_open_quotes_is_refused_in_time(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("user,item,title\n" + 'u,i,"x\n' * 30_000)
    with pytest.raises(InputError, match=r"t\.csv:1002: .*quote that is opened and not closed"):
        list(read_table(tmp_path / "t.csv"))


def test_sessions_speak_the_language_that_the_tables_state(files: Files, tmp_path: Path) -> None:
    rows = ratings().splitlines()
    stated = [f"{row},{'zh' if row.startswith(('1,', '2,')) else 'en'}" for row in rows[1:]]
    files.events.write_text("\n".join([rows[0] + ",lang", *stated]))
    ingest_table(files, tmp_path / "store")
    world = World(tmp_path / "store")
    told = {session.user_id: session.locale for session in map(world.session, range(world.n_sessions))}
    assert told == {u: "zh" if u in "12" else "en" for u in "012345"}
    (tmp_path / "users.csv").write_text("User_ID,locale\n3,zh\n")
    files.events.write_text(ratings())
    ingest_table(files._replace(users=tmp_path / "users.csv"), tmp_path / "store", overwrite=True)
    world = World(tmp_path / "store")
    assert {s.user_id for s in map(world.session, range(world.n_sessions)) if s.locale == "zh"} == {"3"}


def test_a_column_of_languages_that_are_not_ours_says_nothing(files: Files) -> None:
    files.events.write_text("\n".join(f"{row},{'fr' if n else 'lang'}" for n, row in enumerate(ratings().splitlines())))
    assert guess_map(files)["events"]["locale"] == Source(constant="en")


def test_a_map_names_columns_that_are_there_and_languages_that_are_ours(files: Files, tmp_path: Path) -> None:
    made = guess_map(files)
    with pytest.raises(InputError, match=r"reads \[items\] price from 'prize', and .*movies\.csv has no such column"):
        ingest_table(files, tmp_path / "store", fields={**made, "items": {**made["items"], "price": Source(key="prize")}})
    file = tmp_path / "map.toml"
    file.write_text(map_text({**made, "events": {**made["events"], "locale": Source(constant="fr")}}))
    with pytest.raises(InputError, match=r"\[events\] locale must be zh or en; got 'fr'"):
        load_table_map(file)


def test_numbers_of_sessions_may_begin_anew_with_each_user(tmp_path: Path) -> None:
    rows = [f"{user},i{n},{1 + 4 * (n % 2)},{n},{n // 4}" for user in "ab" for n in range(12)]
    (tmp_path / "s.csv").write_text("user,item,rating,time,session\n" + "\n".join(rows))
    ingest_table(Files(tmp_path / "s.csv"), tmp_path / "store")
    world = World(tmp_path / "store")
    assert sorted(world.session(row).id for row in range(world.n_sessions)) == [f"{u}/{n}" for u in "ab" for n in range(3)]


def test_a_time_is_a_time(tmp_path: Path) -> None:
    rows = [f"a,i{n},5,{'nan' if n == 3 else n}" for n in range(8)]
    (tmp_path / "s.csv").write_text("user,item,rating,time\n" + "\n".join(rows))
    report = ingest_table(Files(tmp_path / "s.csv"), tmp_path / "store", max_bad=0.5)
    assert [e.reason for e in report.examples] == ["time: expected a number or a date; got 'nan'"]
