"""Base models of 2 layers and width 32 with random weights, in the Hub's layout, made on the spot."""

from pathlib import Path
from typing import Literal

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

Architecture = Literal["bert", "distilbert", "roberta", "electra"]

WIDTH = 32
MAX_TOKENS = 64
DEVIATION = 0.1
"""Of a weight. It makes sums as varied as 0.02 makes those of BERT-base, which are 768 wide: 0.02 times the
root of 768 / 32. With 0.02 all texts would have one pooled vector but for its rounding."""
CORPUS = (
    "a good film and a kind, warm story",
    "a bad film: a dull, cold and long story",
    "the food was not good, but the people were kind",
    "I would never come back! the room was cold",
    "great value, works well and looks good",
    "broken after one day; they never answered",
)
_BERT_SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_ROBERTA_SPECIAL = {"bos": "<s>", "pad": "<pad>", "eos": "</s>", "unk": "<unk>", "mask": "<mask>"}


def tiny_model_folder(
    tmp_path: Path, architecture: Architecture, seed: int = 0, deviation: float = DEVIATION
) -> Path:
    """Save a tiny pretrained-looking encoder with its tokenizer below ``tmp_path`` and return its folder.

    The same seed gives the same folder.
    """
    folder = tmp_path / f"tiny-{architecture}"
    tokenizer = _byte_level() if architecture == "roberta" else _word_pieces()
    special = _ROBERTA_SPECIAL if architecture == "roberta" else _BERT_SPECIAL
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=MAX_TOKENS,
        model_input_names=["input_ids", "attention_mask"],
        **{f"{name}_token": token for name, token in special.items()},
    )
    fast.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        _encoder(architecture, tokenizer.get_vocab_size(), deviation).save_pretrained(folder)
    return folder


def _encoder(architecture: Architecture, vocab_size: int, deviation: float) -> torch.nn.Module:
    config: PreTrainedConfig
    if architecture == "distilbert":
        config = DistilBertConfig(
            vocab_size=vocab_size,
            dim=WIDTH,
            hidden_dim=2 * WIDTH,
            n_layers=2,
            n_heads=2,
            max_position_embeddings=MAX_TOKENS,
            initializer_range=deviation,
        )
        return DistilBertModel(config)
    sizes = {
        "vocab_size": vocab_size,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "initializer_range": deviation,
    }
    if architecture == "bert":
        return BertModel(BertConfig(max_position_embeddings=MAX_TOKENS, **sizes))
    if architecture == "electra":
        return ElectraModel(
            ElectraConfig(max_position_embeddings=MAX_TOKENS, embedding_size=WIDTH // 2, **sizes)
        )
    # RoBERTa's positions start after the padding id, 1.
    return RobertaModel(RobertaConfig(max_position_embeddings=MAX_TOKENS + 2, type_vocab_size=1, **sizes))


def _word_pieces() -> Tokenizer:
    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = {word for text in CORPUS for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))}
    begins = {word[:end] for word in words for end in range(1, len(word) + 1)}
    ends = {f"##{word[start:]}" for word in words for start in range(len(word))}
    letters = {f"##{letter}" for letter in set("".join(words))}
    # Not the library's trainer: which of two equally frequent pieces it takes differs between processes.
    vocabulary = [*_BERT_SPECIAL.values(), *sorted(begins | set("".join(words))), *sorted(ends | letters)]
    tokenizer = Tokenizer(
        models.WordPiece({piece: place for place, piece in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    around = [(token, tokenizer.token_to_id(token)) for token in ("[SEP]", "[CLS]")]
    tokenizer.post_processor = processors.BertProcessing(*around)
    return tokenizer


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(_ROBERTA_SPECIAL.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    ends = [(token, tokenizer.token_to_id(token)) for token in ("</s>", "<s>")]
    tokenizer.post_processor = processors.RobertaProcessing(*ends, add_prefix_space=False)
    return tokenizer
