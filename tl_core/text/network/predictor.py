"""A saved network that answers texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.catalogue.local_folders import encoder_folder
from tl_core.inference.predictor import Elsewhere, Question
from tl_core.modality import Networks
from tl_core.networks import NetworkPredictor
from tl_core.schema import TextSource
from tl_core.text.network.examples import TokenExamples
from tl_core.text.tokens import load_tokenizer, padding_id, takes_type_ids
from tl_core.training.compute import Compute


class TextReader:
    """Tokenises texts in memory, as those of the training were."""

    def __init__(self, folder: Path, facts: Mapping[str, Any], source: TextSource) -> None:
        place = encoder_folder(folder)
        self._tokenizer = load_tokenizer(place)
        self._tokenizer.enable_truncation(facts["max_length"])
        self._pad_id = padding_id(place)
        self._uses_type_ids = source.is_pair and takes_type_ids(place)

    def read(self, texts: Sequence[Question]) -> TokenExamples:
        """Turn texts, at least one, into examples without targets."""
        encodings = self._tokenizer.encode_batch_fast(texts)
        ids, types = ([getattr(one, name) for one in encodings] for name in ("ids", "type_ids"))
        return TokenExamples(
            ids=np.concatenate(ids, dtype=np.int32),
            type_ids=np.concatenate(types, dtype=np.int8),
            offsets=np.cumsum([0, *map(len, ids)]),
            targets=np.zeros(len(ids), np.int64),
            pad_id=self._pad_id,
            uses_type_ids=self._uses_type_ids,
        )


class TextPredictor(NetworkPredictor):
    """Tokenises texts itself: nothing is written, and no table made."""

    def __init__(
        self,
        networks: Networks,
        folder: Path,
        facts: Mapping[str, Any],
        source: TextSource,
        compute: Compute,
        elsewhere: Elsewhere,
    ) -> None:
        super().__init__(networks, folder, facts, source, compute, elsewhere)
        self._examples = TextReader(folder, facts, source).read
