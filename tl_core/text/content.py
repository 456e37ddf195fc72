"""What an example is where it is a text, or a pair of texts. No torch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.selection import content_columns
from tl_core.datasets.versions import Edit
from tl_core.doctor.examine import Seen
from tl_core.modality import Baseline, Content, NearGroups, NeededFile, Noun, Tick
from tl_core.schema import Finding, TextSource
from tl_core.text.checks.content import boilerplate, html, id_like_text, near_empty, too_long, urls
from tl_core.text.checks.languages import languages
from tl_core.text.checks.leaks import label_in_text
from tl_core.text.checks.personal_data import personal_data
from tl_core.text.fixes import drop_near_empty, mask_personal_data_in_texts, strip_html_from_texts
from tl_core.text.loading_words import ASKED, ASKED_PAIR, how_to_load, loading_lines
from tl_core.text.tokens import load_tokenizer, max_tokens, token_lengths

SENTENCES = (
    "The office opens at nine o'clock on weekdays.",
    "The parcel weighs 2.5 kg and is 40 cm long.",
    "There are two chairs and a table in the room.",
    "Water boils at 100 °C at sea level.",
    "The train from Zürich to Orléans stops in Straßburg.",
    "Please see page 12, section (b), for details!",
    "这本书有三百页。",
    "The list names " + ", ".join(f"item number {number}" for number in range(1, 201)) + ".",
)
"""Sentences of no opinion: ordinary ones, figures and signs, other alphabets, and one that is always cut."""


class TextContent(Content):
    """A text, or two that a network reads as a pair."""

    noun = Noun("text", "texts", "tokens")
    columns = ("text", "text_b")
    base_model_files = MappingProxyType(
        {
            "tokenizer.json": NeededFile(
                load_tokenizer, "Choose a model that has a fast tokenizer, or save one into the folder."
            )
        }
    )
    fixes: Mapping[str, Callable[..., Edit]] = MappingProxyType(
        {
            "drop_near_empty": drop_near_empty,
            "strip_html": strip_html_from_texts,
            "mask_personal_data": mask_personal_data_in_texts,
        }
    )
    hub_task = "text-classification"
    knowledge = "The model already places similar texts close together."
    limit_name, limit_unit = "Text limit", "tokens"
    has_int8 = True
    other_kinds = "other kinds of texts, in other languages"
    slow_words = "near duplicates, languages and lengths"

    def read(self, cells: Sequence[pa.ChunkedArray], joined_with: str | None) -> dict[str, pa.ChunkedArray]:
        """Take one column, or two as a pair; or join several row by row. An empty part leaves no joint."""
        if joined_with is None:
            return dict(zip(self.columns, cells, strict=False))
        filled = [pc.if_else(self.is_missing(one), None, one) for one in cells]
        joined = pc.binary_join_element_wise(*filled, joined_with, null_handling="skip")
        return {self.columns[0]: pc.fill_null(joined, "")}

    def near_groups(self, dataset: Dataset, threshold: float, tick: Tick | None = None) -> NearGroups:
        """Group texts that share most of their words."""
        from tl_core.text.near_duplicates import find_groups  # its libraries take half a second to import

        return find_groups(dataset.whole_texts(), threshold, tick=tick)

    def near_words(self, threshold: float, num_examples: int) -> str:
        """Say by which share of their words."""
        return f"near duplicates (texts that share {100 * threshold:.0f}% of their words)"

    def sizes(self, rows: pa.Table, folder: Path) -> npt.NDArray[np.int64]:
        """Count tokens, special ones included."""
        columns = [rows[name].to_pylist() for name in content_columns(rows)]
        return token_lengths(columns[0] if len(columns) == 1 else list(zip(*columns, strict=True)), folder)

    def rough_sizes(self, rows: pa.Table) -> npt.NDArray[np.int64]:
        """Count characters."""
        counts = [pc.utf8_length(rows[name]).to_numpy() for name in content_columns(rows)]
        characters: npt.NDArray[np.int64] = np.sum(counts, axis=0)
        return characters

    def size_limit(self, folder: Path, wanted: int) -> int:
        """Return the tokens that are kept: no more than a model has positions for."""
        return min(wanted, max_tokens(folder))

    def checks(self, dataset: Dataset) -> Iterator[Finding]:
        """Look for texts of nothing, markup and what leads to a person."""
        yield from near_empty(dataset)
        yield from id_like_text(dataset)
        yield from html(dataset)
        yield from urls(dataset)
        yield from personal_data(dataset)

    def slow_checks(self, seen: Seen) -> Iterator[Finding]:
        """Look for labels in texts, beginnings that many share, lengths and languages."""
        yield from label_in_text(seen.dataset)
        yield from boilerplate(seen.dataset)
        if seen.lengths is not None:
            yield from too_long(seen.dataset, seen.lengths, seen.max_length)
        yield from languages(seen.dataset, seen.known_languages, seen.tick)

    def baseline(self) -> type[Baseline]:
        """Return TF-IDF with logistic regression."""
        from tl_core.text.tfidf import Tfidf  # scikit-learn takes seconds to import

        return Tfidf

    def questions(self, source: TextSource) -> list[str | tuple[str, str]]:
        """Return the eight sentences, or pairs of them."""
        if not source.is_pair:
            return list(SENTENCES)
        return list(zip(SENTENCES, (*SENTENCES[1:], SENTENCES[0]), strict=True))

    def limit_words(self, limit: str) -> str:
        """Say where texts are cut."""
        return f"the first {limit} tokens of a text"

    def asked_with(self, source: TextSource) -> str:
        """Ask about a text, or a pair."""
        return ASKED_PAIR if source.is_pair else ASKED

    def how_to_load(self, facts: Mapping[str, Any]) -> str:
        """Write what stands in a model's README."""
        return how_to_load(facts)

    def loading_lines(self, facts: Mapping[str, Any]) -> str:
        """Use the folder's own ``predict.py``."""
        return loading_lines(facts)


CONTENT = TextContent()
