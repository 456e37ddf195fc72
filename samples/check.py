"""Check the bundled demonstration sets: run ``python -m samples.check``."""

import argparse
import re
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

FOLDER = Path(__file__).parent
HEADER = "text,label"
WORD = r"[a-z']+"
FOLDS = 5
MAX_JACCARD, MAX_WORD_F1 = 0.7, 0.5
MIN_ACCURACY, MAX_ACCURACY = 0.55, 0.85
SENTIMENTS = {"positive", "negative", "neutral"}
INTENTS = {"track_order", "return_item", "refund_status", "change_delivery_address"}
INTENTS |= {"cancel_subscription", "payment_failed", "login_problem", "damaged_or_wrong_item"}

Check = tuple[str, str, bool]  # what was checked, what was measured, whether it passed


class SampleSet(NamedTuple):
    """What one bundled set has to look like."""

    rows: int
    labels: set[str]
    equal_classes: bool
    limit_word_f1: bool


SETS = {
    "reviews_sentiment": SampleSet(600, SENTIMENTS, equal_classes=False, limit_word_f1=True),
    "support_intents": SampleSet(640, INTENTS, equal_classes=True, limit_word_f1=False),
}


def read_set(name: str) -> pd.DataFrame:
    """Read a set as plain strings, so that an empty cell or "NA" stays what it is."""
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8")


def closest_pair(texts: list[str]) -> tuple[float, int, int]:
    """Return the highest Jaccard similarity of two texts' word sets, and their positions."""
    words = [frozenset(re.findall(WORD, text.lower())) for text in texts]
    pairs = combinations(range(len(words)), 2)
    return max((len(words[i] & words[j]) / max(len(words[i] | words[j]), 1), i, j) for i, j in pairs)


def most_telling_word(frame: pd.DataFrame) -> tuple[float, str, str]:
    """Return the highest F1 of any "has this word, so is this class" rule, the word and the class."""
    vectorizer = CountVectorizer(binary=True, token_pattern=WORD)
    presence = vectorizer.fit_transform(frame["text"]).toarray()
    table = pd.DataFrame(presence, columns=vectorizer.get_feature_names_out())
    hits = table.groupby(frame["label"]).sum()
    sizes = frame["label"].value_counts()[hits.index].to_numpy()
    f1 = (2 * hits / np.add.outer(sizes, hits.sum().to_numpy())).stack()
    label, word = f1.idxmax()
    return float(f1.max()), word, label


def baseline_accuracy(frame: pd.DataFrame) -> float:
    """Return the cross-validated accuracy of word counts with a linear model."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(n_splits=FOLDS, shuffle=True, random_state=0)
    return float(cross_val_score(model, frame["text"], frame["label"], cv=folds).mean())


def check_set(name: str, spec: SampleSet) -> Iterator[Check]:
    """Yield the checks of one set; stop early where the later ones would make no sense."""
    if not (FOLDER / f"{name}.csv").exists():
        yield "file", "not there yet", False
        return
    frame = read_set(name)
    header = ",".join(frame.columns)
    yield "header", header, header == HEADER
    if header != HEADER:
        return
    yield "rows", f"{len(frame)} of {spec.rows}", len(frame) == spec.rows
    counts = frame["label"].value_counts().sort_index()
    fits = spec.labels == set(counts.index) and (counts.nunique() == 1 or not spec.equal_classes)
    yield "rows per label", ", ".join(f"{label} {n}" for label, n in counts.items()), fits
    if not fits:
        return
    empty, duplicated = frame["text"].str.strip() == "", frame["text"].duplicated()
    yield "empty texts", str(empty.sum()), not empty.any()
    yield "exact duplicates", str(duplicated.sum()), not duplicated.any()
    jaccard, i, j = closest_pair(frame["text"].tolist())
    yield "highest Jaccard", f"{jaccard:.2f}, rows {i + 1} and {j + 1}", jaccard <= MAX_JACCARD
    if spec.limit_word_f1:
        f1, word, label = most_telling_word(frame)
        yield "highest single-word F1", f"{f1:.3f}, '{word}' for {label}", f1 <= MAX_WORD_F1
    accuracy = baseline_accuracy(frame)
    yield "TF-IDF + LR accuracy", f"{accuracy:.3f}", MIN_ACCURACY <= accuracy <= MAX_ACCURACY


def write_blind(name: str, n: int, seed: int, path: Path) -> None:
    """Write ``n`` unlabelled texts to ``path``, and their labels to a hidden key file beside it."""
    drawn = read_set(name).sample(n=n, random_state=seed).reset_index(drop=True).rename_axis("id")
    key = path.with_name(f".{path.stem}.key.csv")
    drawn[["label"]].to_csv(key)
    drawn[["text"]].assign(label="").to_csv(path)
    print(f"{n} texts in {path}: fill in its label column, then compare with {key}")


def print_agreement(labelled: Path, key: Path) -> None:
    """Print how many blind labels equal the key, and each one that does not."""
    read, truth = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (labelled, key))
    merged = read.merge(truth, on="id", how="right", suffixes=("", "_key"), validate="1:1").fillna("")
    differ = merged[merged["label"].str.strip() != merged["label_key"]]
    for row in differ.itertuples():
        print(f"{row.id}: read as '{row.label}', key says '{row.label_key}': {row.text}")
    print(f"agreement: {len(merged) - len(differ)} of {len(merged)}")


def main() -> int:
    """Run what the command line asks for and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, help="only this set (needed with --blind)")
    parser.add_argument("--blind", nargs=3, metavar=("N", "SEED", "FILE"), help="write texts to label")
    parser.add_argument("--agree", nargs=2, metavar=("LABELLED", "KEY"), help="print the agreement")
    options = parser.parse_args()
    if options.blind and not options.set:
        parser.error("--blind needs --set")
    failed = False
    if options.agree:
        print_agreement(*map(Path, options.agree))
    elif options.blind:
        n, seed, path = options.blind
        write_blind(options.set, int(n), int(seed), Path(path))
    else:
        for name in [options.set] if options.set else SETS:
            for what, measured, passed in check_set(name, SETS[name]):
                print(f"{'ok  ' if passed else 'FAIL'} {name}: {what}: {measured}")
                failed |= not passed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
