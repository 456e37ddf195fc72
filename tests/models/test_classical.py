from pathlib import Path

import numpy as np

from tl_core.models.classical import Majority, load_classical


def test_majority_goes_by_the_weight_of_a_class() -> None:
    found = Majority.fit(np.array([0, 0, 1]), 2, np.array([0.5, 0.5, 2.0]))
    np.testing.assert_allclose(np.exp(found.logits(["x"])[0]), [2 / 5, 3 / 5], rtol=1e-6)


def test_majority_answers_the_largest_class_and_the_first_of_equals() -> None:
    assert Majority.fit(np.array([2, 0, 2, 1]), 3).logits(["x", "y"]).argmax(axis=1).tolist() == [2, 2]
    assert Majority.fit(np.array([2, 1]), 3).logits(["x"]).argmax(axis=1).tolist() == [1]


def test_majority_gives_smoothed_shares() -> None:
    logits = Majority.fit(np.array([0, 0, 1]), 3).logits(["x"])
    np.testing.assert_allclose(np.exp(logits[0]), [3 / 6, 2 / 6, 1 / 6], rtol=1e-6)


def test_a_saved_majority_gives_the_same_logits(tmp_path: Path) -> None:
    model = Majority.fit(np.array([0, 0, 1]), 2)
    model.save(tmp_path, ("a", "b"))
    np.testing.assert_array_equal(load_classical(tmp_path).logits(["x", "y"]), model.logits(["x", "y"]))
