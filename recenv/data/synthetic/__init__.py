"""Synthetic worlds: users, items and logs from one stated generative model with a gold utility."""

from recenv.data.synthetic.generate import FILES, GENERATOR_VERSION, generate
from recenv.data.synthetic.spec import SynthSpec

__all__ = ["FILES", "GENERATOR_VERSION", "SynthSpec", "generate"]
