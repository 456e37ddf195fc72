"""How much of what a page says is grey and small: captions are the exception."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import open_drawers, open_page, plain
from tl_core.store.workspace import Workspace

MOST_GREY = 0.2
"""Of the characters of a page's prose."""
PAGES = (
    *("home", "experiments", "data", "models", "learn", "setup", "runs", "results", "try_it"),
    *("side_by_side", "why_it_works"),
)


def num_characters(elements: Iterable[Any]) -> int:
    return sum(len(plain(element.value)) for element in elements)


def grey_share(app: AppTest) -> float:
    """Divide the characters in grey by those of all prose outside the sidebar."""
    main = app.main
    grey = num_characters(main.caption)
    dyed = [part for one in main.markdown for part in re.findall(r":gr[ae]y\[([^]]*)\]", one.value)]
    grey += sum(map(len, map(plain, dyed)))
    kinds: list[Any] = [main.title, main.header, main.subheader, main.markdown, main.caption]
    kinds += [main.info, main.success, main.warning, main.error]
    return grey / sum(map(num_characters, kinds))


def open_finished(app: AppTest, workspace: Workspace, page: str) -> AppTest:
    """Open a page on two finished experiments, with all that it folds up."""
    intake = store_sample_dataset(workspace)
    first, second = (
        add_experiment(workspace, intake, ("majority", "tfidf", "scratch", "fine_tuned"), num_seeds=2)
        for _ in range(2)
    )
    finish_all(workspace, first, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    finish_all(workspace, second, fine_tuned=0.9, scratch=0.5, tfidf=0.6)
    query = {
        "data": {"dataset": first.dataset_fingerprint},
        "learn": {"experiment": first.experiment_id, "answer": "adapting"},
        "side_by_side": {"runs": f"{first.experiment_id},{second.experiment_id}"},
    }.get(page, {"experiment": first.experiment_id})
    return open_drawers(open_page(app, page, **query))


@pytest.mark.parametrize("page", PAGES)
def test_little_of_a_page_is_grey(app: AppTest, workspace: Workspace, page: str) -> None:
    assert grey_share(open_finished(app, workspace, page)) < MOST_GREY
