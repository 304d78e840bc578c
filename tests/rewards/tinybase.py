"""Base checkpoints of a few thousand random parameters, written as transformers writes them."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from toyrows import toy_rows
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast, RobertaConfig
from transformers import RobertaForSequenceClassification as Roberta

from recenv.rewards.dimensions import DIMENSIONS
from recenv.training.base import quiet
from recenv.training.settings import SequenceSettings

SEQUENCE = SequenceSettings(
    epochs=2, batch=16, lists=4, list_items=4, max_length=96, added_tokens=60, learning_rate=2e-3,
    validation_share=0.25, test_share=0.25,
)
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_base(folder: Path, kind: str = "bert", layers: int = 2) -> Path:
    """A bert without classification head, a distilbert (no token types), or a roberta with a head for one label."""
    tokenizer = _tokenizer()
    size = {"vocab_size": tokenizer.get_vocab_size(), "pad_token_id": 0}
    with torch.random.fork_rng(devices=[]), quiet():
        if kind == "bert":
            bert = BertConfig(hidden_size=16, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=32,
                              max_position_embeddings=128, **size)
            model: torch.nn.Module = BertModel(bert)
        elif kind == "distilbert":
            model = DistilBertModel(DistilBertConfig(dim=16, n_layers=layers, n_heads=2, hidden_dim=32, **size))
        else:
            roberta = RobertaConfig(hidden_size=16, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=32,
                                    max_position_embeddings=128, type_vocab_size=1, num_labels=1, **size)
            model = Roberta(roberta)
        model.save_pretrained(folder)
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
            mask_token="[MASK]",
        ).save_pretrained(folder)
    return folder


def _tokenizer() -> Tokenizer:
    """Word pieces of the English toy rows: Chinese is unknown to it."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    texts = [t for r in toy_rows(6) if r.locale == "en" for t in (r.query, r.response, r.item, r.evidence, r.instruction)]
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=_SPECIAL, show_progress=False)
    tokenizer.train_from_iterator([*texts, *[DIMENSIONS[d].word for d in DIMENSIONS] * 9], trainer)
    pair = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=pair)
    return tokenizer
