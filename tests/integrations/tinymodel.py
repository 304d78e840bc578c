"""A causal language model of a few thousand weights, made on the spot, that has learned to make some tool calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

WINDOW = 32
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def tokenizer_of(texts: Sequence[str], template: str) -> PreTrainedTokenizerFast:
    """Byte-level BPE over the given texts, with Qwen's marks."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=800, special_tokens=SPECIAL, initial_alphabet=alphabet))
    made = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=SPECIAL[2], pad_token=SPECIAL[0])
    made.chat_template = template
    return made


def model_that_calls(
    tokenizer: PreTrainedTokenizerFast, dialogues: Sequence[list[dict[str, Any]]], tools: list[Any], steps: int = 150
) -> Any:
    """A model trained on dialogues, of which the last message of each is learned. It looks back ``WINDOW`` tokens a layer, so
    what it says after a long prompt depends on the prompt's end alone, and that is all it is trained on."""
    with torch.random.fork_rng():
        torch.random.manual_seed(7)
        model = MistralForCausalLM(MistralConfig(
            vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=8192, sliding_window=WINDOW, tie_word_embeddings=True,
            eos_token_id=tokenizer.eos_token_id, bos_token_id=None, pad_token_id=tokenizer.pad_token_id))
    batch = []
    for dialogue in dialogues:
        asked = tokenizer.apply_chat_template(dialogue[:-1], tools=tools, add_generation_prompt=True, return_dict=False)
        whole = tokenizer.apply_chat_template(dialogue, tools=tools, return_dict=False)
        said, end = whole[len(asked):], asked[-2 * WINDOW:]
        batch.append((end + said, [-100] * len(end) + said))
    length = max(len(whole) for whole, _ in batch)
    ids = torch.tensor([whole + [tokenizer.pad_token_id] * (length - len(whole)) for whole, _ in batch])
    labels = torch.tensor([wanted + [-100] * (length - len(wanted)) for _, wanted in batch])
    learner = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = model(ids, labels=labels).loss
        learner.zero_grad()
        loss.backward()
        learner.step()
    return model.eval()
