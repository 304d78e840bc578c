"""Exported rows as the libraries read them that people use: pandas, datasets, pyarrow, Minari."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scenario_worlds import A_DOZEN

from recenv.cli import cli
from recenv.evaluation.export.write import export_run
from recenv.evaluation.folder import open_run
from recenv.evaluation.run import run_evaluation

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries, at import
AGENTS = ("bm25", "ask-bm25")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(folder / "cache"))
        (folder / "small.toml").write_text(A_DOZEN)
        yield run_evaluation(str(folder / "small.toml"), AGENTS, 12, 3, folder / "run", changes={"scorers": "rules"})


def returns(run: Path) -> dict[tuple[str, int], float]:
    return {(t.agent, t.order): t.total for t in open_run(run).traces()}


def test_pandas_reads_lines_and_parquet_alike(run: Path, tmp_path: Path) -> None:
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    export_run(run, "transitions", tmp_path / "rows.jsonl")
    export_run(run, "parquet", tmp_path / "rows.parquet")
    lines, table = pandas.read_json(tmp_path / "rows.jsonl", lines=True, precise_float=True), pandas.read_parquet(
        tmp_path / "rows.parquet")
    assert list(lines.columns) == list(table.columns) and len(lines) == len(table)
    for frame in (lines, table):
        sums = {key: sum(part) for key, part in frame.groupby(["agent", "order"]).reward}
        assert sums == returns(run)
        assert np.stack(frame.candidates).dtype.kind == "f" and not np.isnan(np.stack(frame.next_candidates)).any()
    assert (lines.components == table.components).all() and (table.components.str["item_ranking"].isna()).any()


@pytest.mark.parametrize("form", ["transitions", "sft", "preferences", "grpo"])
def test_datasets_reads_every_format(run: Path, tmp_path: Path, form: str) -> None:
    datasets = pytest.importorskip("datasets")
    done = export_run(run, form, tmp_path / "rows.jsonl")
    rows = datasets.load_dataset(
        "json", data_files=str(tmp_path / "rows.jsonl"), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(rows) == done.rows > 0
    if form == "sft":
        assert rows[0]["prompt"][0]["role"] == "system" and rows[0]["completion"][0]["role"] == "assistant"


def test_minari_opens_what_was_written(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", "")  # which the export sets; put back at the end
    out = tmp_path / "new" / "datasets"
    done = CliRunner().invoke(cli, ["export", str(run), "--format", "minari", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "recenv/small/bm25-v0: 12 episodes" in done.output and "recenv/small/ask_bm25-v0: 0 episodes" in done.output
    assert "left out: 12 sessions" in done.output
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(out))
    dataset = minari.load_dataset("recenv/small/bm25-v0")
    assert dataset.observation_space["candidates"].shape == (180,) and dataset.action_space.shape == (3,)
    expected = [returns(run)["bm25", order] for order in range(12)]
    assert [float(sum(e.rewards)) for e in dataset.iterate_episodes()] == expected
    for episode in dataset.iterate_episodes():
        assert episode.terminations[-1] != episode.truncations[-1] and not episode.terminations[:-1].any()
        assert all(a in dataset.action_space for a in episode.actions)
        assert episode.infos["reward_vector"].shape == episode.infos["applicable"].shape == (len(episode.actions) + 1, 5)
