"""Texts to token ids and frozen features, worked out once and shared between runs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from datasets import Dataset as HfDataset
from datasets import disable_progress_bars
from safetensors.torch import load_file
from safetensors.torch import save as to_safetensors
from tokenizers import Tokenizer

from tl_core.models.classifiers import TextClassifier
from tl_core.store.files import replacing
from tl_core.text.tokens import load_tokenizer, padding_id, takes_type_ids
from tl_core.training.batching import FeatureExamples, TokenExamples, sorted_batches
from tl_core.training.clock import Clock
from tl_core.training.compute import Compute
from tl_core.training.devices import synchronize
from tl_core.training.energy import Meter

TOKENIZE_BATCH = 1000

disable_progress_bars()


def token_path(dataset_folder: Path, tokenizer: str, max_length: int) -> Path:
    """Say where a dataset's token ids by a tokenizer (its hash) lie."""
    return dataset_folder / "tokens" / f"{tokenizer}-{max_length}"


def tokenize(table: pa.Table, folder: Path, max_length: int, cache: Path) -> TokenExamples:
    """Turn a dataset's texts into token ids, or read them if another run has done so.

    Parameters
    ----------
    table
        Columns ``text``, ``text_b`` for pairs, ``target``, and ``weight`` where examples have weights.
    folder
        The base model's folder, for its tokenizer.
    max_length
        Tokens kept of each text, special ones included.
    cache
        Parquet file of this dataset, tokenizer and length; written once and renamed into place.

    Returns
    -------
    Token ids in the order of the table. Type ids are passed on for pairs alone, and only to models that
    have them.
    """
    if not cache.exists():
        _write_tokens(table, load_tokenizer(folder), max_length, cache)
    tokens = pq.read_table(cache).combine_chunks()
    ids = tokens.column("input_ids").chunk(0)
    types = tokens.column("token_type_ids").chunk(0)
    return TokenExamples(
        ids=ids.values.to_numpy().astype(np.int32),
        type_ids=types.values.to_numpy().astype(np.int8),
        offsets=ids.offsets.to_numpy().astype(np.int64),
        targets=table.column("target").to_numpy().astype(np.int64),
        pad_id=padding_id(folder),
        uses_type_ids="text_b" in table.column_names and takes_type_ids(folder),
        weights=table.column("weight").to_numpy() if "weight" in table.column_names else None,
    )


def _write_tokens(table: pa.Table, tokenizer: Tokenizer, max_length: int, cache: Path) -> None:
    tokenizer.enable_truncation(max_length)
    columns = [name for name in ("text", "text_b") if name in table.column_names]

    def encode(batch: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        texts = batch["text"] if len(columns) == 1 else list(zip(*(batch[c] for c in columns), strict=True))
        encodings = tokenizer.encode_batch_fast(texts)
        return {
            "input_ids": [encoding.ids for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }

    texts = HfDataset(table.select(columns))
    encoded = texts.map(
        encode, batched=True, batch_size=TOKENIZE_BATCH, remove_columns=columns, keep_in_memory=True
    )
    plain = encoded.with_format("arrow")[:]
    with replacing(cache) as file:
        pq.write_table(plain, file)


@dataclass(frozen=True, kw_only=True)
class Features:
    """Frozen features of some examples and what one of them cost.

    Attributes
    ----------
    examples
        Features in the order asked for.
    seconds_an_example
        Measured when they were computed: what a train example costs a frozen arm, cached or not.
    joules_an_example
        The same in energy; None if it was not measured then.
    """

    examples: FeatureExamples
    seconds_an_example: float
    joules_an_example: float | None


def features_key(*parts: object) -> str:
    """Name the features of one encoder by everything that decides their values."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:24]


def compute_features(
    model: TextClassifier,
    tokens: TokenExamples,
    compute: Compute,
    cache: Path,
    meter: Meter | None = None,
) -> Features:
    """Run every example once through the frozen encoder, or read what another run has kept.

    Dropout is off, as the encoder does not learn. The features are float32, shape ``(num_examples, ...)``.
    """
    if not cache.exists():
        clock = Clock()
        clock.measure_with(meter)
        clock.resume()
        features = encode_all(model, tokens, compute)
        clock.pause()
        cost = {"seconds_an_example": clock.train_s, "joules_an_example": clock.energy_j}
        known = {name: spent / len(tokens.targets) for name, spent in cost.items() if spent is not None}
        scalars = {name: torch.tensor([spent], dtype=torch.float64) for name, spent in known.items()}
        with replacing(cache) as file:
            file.write(to_safetensors({"features": features, **scalars}))
    stored = load_file(cache)
    joules = stored.get("joules_an_example")
    examples = FeatureExamples(
        features=stored["features"], lengths=tokens.lengths, targets=tokens.targets, weights=tokens.weights
    )
    return Features(
        examples=examples,
        seconds_an_example=float(stored["seconds_an_example"]),
        joules_an_example=None if joules is None else float(joules),
    )


def encode_all(model: TextClassifier, tokens: TokenExamples, compute: Compute) -> torch.Tensor:
    """Turn examples into features ``(num_examples, ...)``, float32 on the CPU; leaves dropout off.

    Raises
    ------
    CancelledError
        If it is wanted no more.
    """
    model.to(compute.device).eval()
    order = sorted_batches(tokens.lengths, compute.scoring_batch_size)
    parts = []
    with torch.inference_mode(), compute.autocast():
        for batch in order:
            compute.require_wanted()
            inputs = {name: tensor.to(compute.device) for name, tensor in tokens.collate(batch).items()}
            parts.append(model.features(inputs).float().cpu())
    synchronize(compute.device)
    scored = torch.cat(parts)
    features = torch.empty_like(scored)
    features[torch.from_numpy(np.concatenate(order))] = scored
    return features
