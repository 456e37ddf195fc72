import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from tl_core.errors import UserError
from tl_core.evaluation.metrics import evaluate
from tl_core.models.classical import NEVER_SEEN, Majority, load_classical
from tl_core.schema import Metric
from tl_core.text import tfidf
from tl_core.text.tfidf import STRENGTHS, Analyzer, Tfidf

TEXTS = [
    "a good film",
    "good food, good people",
    "great and warm",
    "a bad film",
    "bad food, cold people",
    "dull and cold",
    "neither here nor there",
    "it is what it is",
    "some of this, some of that",
]
TARGETS = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
NEW_TEXTS = ["good and warm", "bad and cold", "this is a film", "words that nobody has seen", ""]


def fit(texts: list[str] = TEXTS, targets: np.ndarray = TARGETS, num_labels: int = 3) -> Tfidf:
    return Tfidf.fit(texts, targets, texts, targets, num_labels)


@pytest.mark.parametrize("num_labels", [2, 3])
def test_logits_are_the_regressions_log_probabilities(num_labels: int) -> None:
    rows = num_labels * 3
    model = fit(TEXTS[:rows], TARGETS[:rows], num_labels)
    expected = model.regression.predict_log_proba(model.vectorizer.transform(NEW_TEXTS))
    logits = model.logits(NEW_TEXTS)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(logsumexp(logits, axis=1), 0, atol=1e-5)
    assert logits.dtype == np.float32


def test_a_class_without_a_train_example_is_all_but_impossible() -> None:
    seen = TARGETS != 1
    texts = [text for text, is_seen in zip(TEXTS, seen, strict=True) if is_seen]
    model = Tfidf.fit(texts, TARGETS[seen], TEXTS, TARGETS, num_labels=3)
    logits = model.logits(NEW_TEXTS)
    assert logits.shape == (5, 3)
    assert (logits[:, 1] == NEVER_SEEN).all()
    assert (softmax(logits, axis=1)[:, 1] < 1e-8).all()
    np.testing.assert_allclose(softmax(logits, axis=1)[:, [0, 2]].sum(axis=1), 1, rtol=1e-6)


def _only_strength(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each strength be the only one for a while."""
    for strength in STRENGTHS:
        monkeypatch.setattr(tfidf, "STRENGTHS", (strength,))
        yield


def test_validation_chooses_the_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    words = np.array(["red", "blue", "green", "one", "two", "three", "four"])
    texts = [" ".join(rng.choice(words, 6)) for _ in range(120)]
    signal = np.array([text.count("red") > text.count("blue") for text in texts], dtype=np.int64)
    of_signal = Tfidf.fit(texts[:60], signal[:60], texts[60:], signal[60:], 2)
    assert of_signal.regression.C > 1
    at_once = evaluate(signal[60:], of_signal.logits(texts[60:])).accuracy
    others = [
        Tfidf.fit(texts[:60], signal[:60], texts[60:], signal[60:], 2) for _ in _only_strength(monkeypatch)
    ]
    assert at_once >= max(evaluate(signal[60:], one.logits(texts[60:])).accuracy for one in others)


def test_scores_stay_finite_however_sure_the_regression_is() -> None:
    model = fit()
    model.regression.coef_ = model.regression.coef_ * 1e6
    logits = model.logits(TEXTS)
    assert np.isfinite(logits).all()
    assert (logits.argmax(axis=1) == TARGETS).all()


def test_words_of_one_letter_count() -> None:
    assert {"a", "a good"} <= set(Analyzer.BY_SCRIPT.features_of(TEXTS[0]))


COUNTED = {
    Analyzer.PLAIN_WORDS: {"so", "good", "so good"},
    Analyzer.BY_SCRIPT: {"so", "good", "so good", ":", ")", ":)"},
    Analyzer.CHARACTERS: {
        *(f"\x01{gram}" for gram in (" s", "so", "o ", " so", "so ", " so ")),
        ":",
        ")",
        ":)",
    },
}


@pytest.mark.parametrize("analyzer", COUNTED)
def test_what_is_counted(analyzer: Analyzer) -> None:
    found = set(analyzer.features_of("So good :)"))
    assert found >= COUNTED[analyzer]
    assert (found == COUNTED[analyzer]) is (analyzer is not Analyzer.CHARACTERS)


def test_both_counts_what_words_and_characters_count() -> None:
    words, grams, both = (
        set(one.features_of("So good, 很好 :)"))
        for one in (Analyzer.BY_SCRIPT, Analyzer.CHARACTERS, Analyzer.BOTH)
    )
    assert both == words | grams


def drawn(num: int, seed: int, words: Sequence[str]) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    return [list(rng.choice(words, 5)) for _ in range(num)]


def test_validation_chooses_characters_where_endings_tell() -> None:
    """No word of validation occurs in train; what tells is the ending of one word in each text."""
    stems = ["".join(one) for one in product("bcdfgklm", "aeiou", "nprst")]
    texts = [
        " ".join([*filler, stem + ending])
        for stem, filler in zip(stems, drawn(len(stems), 0, ["the", "of", "and", "to"]), strict=True)
        for ending in ("ova", "ian")
    ]
    targets = np.tile([0, 1], len(stems))
    model = Tfidf.fit(texts[:200], targets[:200], texts[200:], targets[200:], 2)
    assert model.analyzer in (Analyzer.CHARACTERS, Analyzer.BOTH)
    assert (model.logits(texts[200:]).argmax(axis=1) == targets[200:]).mean() > 0.95


def test_the_metric_decides_whether_rare_classes_weigh_more() -> None:
    """One text in ten is of the rare class, whose word a third of the others have too."""
    rng = np.random.default_rng(1)
    targets = (rng.random(600) < 0.1).astype(int)
    texts = [
        " ".join([*filler, "rare" if target or rng.random() < 0.15 else "usual"])
        for target, filler in zip(targets, drawn(600, 2, ["a", "b", "c", "d", "e"]), strict=True)
    ]
    by = {
        metric: Tfidf.fit(texts[:300], targets[:300], texts[300:], targets[300:], 2, metric=metric)
        for metric in Metric
    }
    assert by[Metric.MACRO_F1].is_balanced
    f1 = {metric: evaluate(targets[300:], model.logits(texts[300:])).macro_f1 for metric, model in by.items()}
    assert f1[Metric.MACRO_F1] > f1[Metric.ACCURACY]


def test_of_many_train_texts_some_of_each_class_choose_what_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tl_core.text.tfidf.SEARCHED_ON", 6)
    some = tfidf._some(np.repeat([0, 1, 2], [30, 6, 3]))
    assert len(some) == 6
    assert set(np.repeat([0, 1, 2], [30, 6, 3])[some]) == {0, 1, 2}
    assert (fit().logits(TEXTS).argmax(axis=1) == TARGETS).all()


@pytest.mark.parametrize("num_labels", [2, 3])
def test_a_saved_tfidf_gives_the_same_logits_and_holds_no_pickle(tmp_path: Path, num_labels: int) -> None:
    rows = num_labels * 3
    model = fit(TEXTS[:rows], TARGETS[:rows], num_labels)
    labels = ("güt", "bad", "neither")[:num_labels]
    model.save(tmp_path, labels)
    loaded = load_classical(tmp_path)
    assert isinstance(loaded, Tfidf)
    np.testing.assert_array_equal(loaded.logits(NEW_TEXTS), model.logits(NEW_TEXTS))
    assert (loaded.regression.C, loaded.num_parameters) == (model.regression.C, model.num_parameters)
    assert tuple(json.loads((tmp_path / "classifier.json").read_text())["labels"]) == labels
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}
    with np.load(tmp_path / "tfidf.npz", allow_pickle=False) as stored:
        assert all(array.dtype != object for array in stored.values())


KINDS_OF_TEXTS = {
    "words": (["good film", "good food", "bad film", "bad food"], "a good one"),
    "chinese": (["很好看", "真好吃", "不好看", "不好吃"], "好看吗？"),
    "thai": (["อร่อยมาก", "ดีมากครับ", "ไม่อร่อย", "ไม่ดีเลย"], "อร่อยดี"),
    "mixed": (["这个phone很好", "好phone", "phone不好", "不OK"], "phone不OK"),
    "emoticons": ([":)", ":-) :)", ":(", ":-( :("], ":-)"),
    "marks": (["!!!", "!", "...", ". ."], "!?"),
    "emoji": (["👍", "👍🏽 ❤️", "👎", "👎🏽 💔"], "👍🏿"),
}


@pytest.mark.parametrize("kind", KINDS_OF_TEXTS)
def test_texts_of_every_kind_are_learned_and_answered_alike_after_saving(tmp_path: Path, kind: str) -> None:
    texts, new = KINDS_OF_TEXTS[kind]
    targets = np.array([0, 0, 1, 1])
    model = Tfidf.fit(texts, targets, texts, targets, 2)
    assert model.logits(texts).argmax(axis=1).tolist() == [0, 0, 1, 1]
    model.save(tmp_path, ("yes", "no"))
    asked = [*texts, new, "", "\u200b"]
    loaded = load_classical(tmp_path)
    np.testing.assert_array_equal(loaded.logits(asked), model.logits(asked))
    np.testing.assert_array_equal(
        Tfidf.fit(texts, targets, texts, targets, 2).logits(asked), model.logits(asked)
    )


@pytest.mark.parametrize(
    ("texts", "targets"),
    [(["\u200b", " ", "\x01", "\u2060"], [0, 1, 1, 1]), (["a", "good", "day", ":)"], [1, 1, 1, 1])],
    ids=["nothing to count", "one class"],
)
@pytest.mark.parametrize("num_labels", [2, 3])
def test_where_nothing_can_be_fitted_the_answer_is_the_prior(
    tmp_path: Path, texts: list[str], targets: list[int], num_labels: int
) -> None:
    model = Tfidf.fit(texts, np.array(targets), texts, np.array(targets), num_labels)
    expected = Majority.fit(np.array(targets), num_labels).logits(["x", "good day"])
    np.testing.assert_allclose(model.logits(["x", "good day"]), expected, rtol=1e-6)
    model.save(tmp_path, ("a", "b", "c")[:num_labels])
    np.testing.assert_array_equal(load_classical(tmp_path).logits(["x", "y"]), model.logits(["x", "y"]))


@pytest.mark.parametrize("num_labels", [2, 3])
def test_a_model_of_an_earlier_version_answers_as_it_did(tmp_path: Path, num_labels: int) -> None:
    """Those counted words and pairs of words by a pattern, and did not say so."""
    rows = num_labels * 3
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    features = vectorizer.fit_transform(TEXTS[:rows])
    regression = LogisticRegression(C=10.0, max_iter=2000).fit(features, TARGETS[:rows])
    vocabulary = {word: int(index) for word, index in vectorizer.vocabulary_.items()}
    (tmp_path / "vocabulary.json").write_text(json.dumps(vocabulary))
    np.savez(
        tmp_path / "tfidf.npz",
        idf=vectorizer.idf_,
        coef=regression.coef_,
        intercept=regression.intercept_,
        classes=regression.classes_,
        C=regression.C,
    )
    facts = {"kind": "tfidf", "labels": list("abc")[:num_labels]}
    (tmp_path / "classifier.json").write_text(json.dumps(facts))
    asked = [*NEW_TEXTS, "good!!! :)", "it's n\u00e3o, \u0928\u0940", "很好 good"]
    expected = regression.predict_proba(vectorizer.transform(asked))
    np.testing.assert_allclose(softmax(load_classical(tmp_path).logits(asked), axis=1), expected, rtol=1e-5)
    load_classical(tmp_path).save(tmp_path / "again", tuple(facts["labels"]))
    again = load_classical(tmp_path / "again")
    np.testing.assert_allclose(softmax(again.logits(asked), axis=1), expected, rtol=1e-5)


def test_a_model_says_what_it_counts_and_one_of_a_later_version_is_refused(tmp_path: Path) -> None:
    fit().save(tmp_path, ("a", "b", "c"))
    facts = json.loads((tmp_path / "classifier.json").read_text())
    assert facts["analyzer"] == fit().analyzer
    (tmp_path / "classifier.json").write_text(json.dumps(facts | {"analyzer": "syllables"}))
    with pytest.raises(UserError, match="counts “syllables”"):
        load_classical(tmp_path)


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        (["a good film", "some cold food"], 0.0),
        (["ein guter Film.", "a completely different sentence, right?"], 0.5),
        (["很好看。", "真好吃。"], 1.0),
        (["\u200b"], 1.0),
    ],
)
def test_texts_of_which_at_most_a_fifth_is_known_are_counted(texts: list[str], share: float) -> None:
    model = fit(["a good film.", "bad food.", "some cold food."], np.array([0, 1, 1]), 2)
    assert model.hardly_known(texts) == share


def test_a_weight_of_two_is_a_row_that_the_regression_reads_twice() -> None:
    weights = np.array([2.0, 2, 1, 1, 1, 1, 1, 1, 2])
    scaled = weights / weights.mean()
    model = Tfidf.fit(TEXTS, TARGETS, TEXTS, TARGETS, 3, scaled)
    twice = np.repeat(np.arange(9), weights.astype(int))
    features = model.vectorizer.transform(TEXTS)
    # the loss is a sum, so that a strength is per row: 12 rows of weight 1 against 9 of mean weight 1
    balance = "balanced" if model.is_balanced else None
    expected = LogisticRegression(C=model.regression.C * 9 / 12, max_iter=2000, class_weight=balance).fit(
        features[twice], TARGETS[twice]
    )
    np.testing.assert_allclose(model.regression.coef_, expected.coef_, atol=1e-3)
    assert np.abs(model.regression.coef_ - fit().regression.coef_).max() > 0.01
