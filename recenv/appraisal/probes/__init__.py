"""Probes: questions put to scorers whose right answers are known without human labels.

Each is a module with a ``PROBE``: what it asks, its bound, and ``run(subject) -> Finding``. They look at rows made on the spot
from a synthetic world of a seed that no shipped scorer is trained on, in Chinese and English, and on request at files of
labelled rows (where a probe needs a world, it is left out).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from recenv.appraisal.probes import baselines, best_of, corruption, degenerate, injection, invariance, length
from recenv.appraisal.probes.finding import Example, Finding, Measure, Probe
from recenv.appraisal.probes.material import SEED, Material, read_material, synthetic
from recenv.appraisal.probes.subject import Sizes, Subject
from recenv.registry import Registry
from recenv.rewards.protocol import Scorer

__all__ = ["PROBES", "SEED", "Example", "Finding", "Measure", "Probe", "Sizes", "Subject", "probe_scorers"]

PROBES: Registry[Probe] = Registry("probe")
for _module in (baselines, invariance, length, injection, degenerate, corruption, best_of):
    PROBES.add(_module.PROBE.name, _module.PROBE)


def probe_scorers(
    scorers: Mapping[str, Scorer], *, seed: int = SEED, files: Sequence[str | Path] = (), names: Iterable[str] = (),
    sizes: Sizes | None = None, progress: Callable[[int, int], None] | None = None,
) -> list[Finding]:
    """Run probes (all, or those named) on a synthetic world of that seed, then on the labelled rows of each file.

    The same scorers, seed and files give the same findings. progress: called with (probes done, in all). Raises UnknownName for
    a probe that is none, InputError for a file without labelled rows.
    """
    chosen = [PROBES[name] for name in (names or PROBES)]
    sizes = sizes or Sizes()
    materials: list[Material] = [synthetic(seed, sizes.sessions), *map(read_material, files)]
    findings: list[Finding] = []
    todo = [(m, p) for m in materials for p in chosen if m.episodes or not p.needs_world]
    subjects: dict[int, Subject] = {}
    for done, (material, probe) in enumerate(todo, 1):
        subject = subjects.setdefault(id(material), Subject(scorers, material, sizes, seed))
        findings.append(probe.run(subject))
        if progress is not None:
            progress(done, len(todo))
    return findings
