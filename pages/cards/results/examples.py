"""*Examples*: who is right where, the texts behind it, and what every model answers to one of them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, cast

import pandas as pd
import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.downloads import draw_table, offer_csv
from pages.ui.errors import live_part
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from pages.ui.pictures import LARGE_PX, MAX_PICTURES, PICTURE_PX, pictures
from pages.ui.readers import dataset_of
from tl_core.displays import agreement
from tl_core.displays.display import Subject
from tl_core.displays.words import as_percent
from tl_core.results.agreement import Cell, answers_to, examples_of, with_words

TAB = "tab"
"""Session key of the tab that is open."""
CELL = "cell"
"""Session key of the cell whose texts are shown, and the parameter of the URL that says so."""
ALL = "all"
"""What the URL calls no cell."""
FILTERS = (CELL, "label", "predicted", "by", "contains", "length", "sure", "sort")
"""Parameters of the URL that say which examples are shown."""
TEXT_WIDTH_PX = 380
"""Width that leaves the other columns in sight at 1280 pixels."""


def open_examples(*, label: str, predicted: str, by: str) -> None:
    """Open the tab with the test examples of a label to which a model answers ``predicted``.

    Parameters
    ----------
    by
        ``a`` or ``b`` of the pair; empty for either.
    """
    for name in FILTERS:
        say(name, "")
    for name, value in {CELL: ALL, "label": label, "predicted": predicted, "by": by}.items():
        say(name, value)
    st.session_state[CELL], st.session_state[TAB] = None, "Examples"


def say(name: str, value: str) -> None:
    """Let the URL say what a filter is; an empty one it does not name."""
    if not value:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def draw_agreement(subject: Subject) -> None:
    """Draw who is right where; each cell opens its examples."""
    with card("Where they disagree"):
        live_part(_draw_cells)(subject)


def _draw_cells(subject: Subject) -> None:
    display = made(agreement.display, subject)
    left, right = st.columns([6, 5], gap="large", vertical_alignment="center")
    with left:
        draw_display(display, shows_words=False, on_choice=partial(_open_cell, display.key))
    right.markdown(literal(display.sentence))
    right.markdown(f":small[{literal(display.limits)}]")
    _draw_examples(subject)


def _open_cell(key: str) -> None:
    """Show the texts of the cell that was pressed; pressed again it stays open."""
    for point in st.session_state[key].selection.points:
        st.session_state[CELL] = list(Cell)[point["point_index"]]


def _draw_examples(subject: Subject) -> None:
    """List the test examples that all filters leave; a chosen one is shown whole."""
    labels = subject.results.experiment.labels
    a, b = (subject.names[arm] for arm in subject.pair)
    if dataset_of(subject.results.experiment.dataset_fingerprint) is None:
        st.markdown("The dataset is not in this workspace: ids stand for the examples.")
    shows_pictures = is_pictorial(subject)
    longest = int(made(_listed, subject)["length"].max())
    cell = _choose_cell(a, b)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        contains = "" if shows_pictures else _choose_words()
        label = _choose_of("label", "Label", labels, "any")
        predicted = _choose_of("predicted", "Predicted label", labels, "any")
        by = _choose_of("by", "Predicted by", ["a", "b"], "either model", {"a": a, "b": b})
        length = (0, longest) if shows_pictures else _choose_range("length", "Characters", longest, "%d")
        sure = _choose_range("sure", "Confidence", 100, "%d%%")
        sort = _choose_of("sort", "Order by", ["gap"], "seeds", {"gap": "confidence gap"})
    table = made(
        _listed,
        subject,
        cell,
        predicted=labels.index(predicted) if predicted else None,
        by=cast(Literal["a", "b"], by) if by else None,
    )
    sides = (by,) if by else ("a", "b")
    is_left = pd.concat([table[f"confidence_{side}"].between(*sure) for side in sides], axis=1).any(axis=1)
    is_left &= table["length"].between(*length)
    if label:
        is_left &= table["target"] == label
    for word in contains.lower().split():
        is_left &= table["text"].str.lower().str.contains(word, regex=False)
    shown = table.loc[is_left]
    if sort:
        shown = shown.sort_values("gap", key=abs, ascending=False, kind="stable")
    if shown.empty:
        st.markdown("No test example is like that.")
        return
    shown = shown.reset_index(drop=True)
    filters = (*subject.pair, cell, label, predicted, by, contains, *length, *sure, sort)
    for place in _draw_list(shown, subject, "_".join(map(str, filters))):
        _draw_one(shown.iloc[place], subject)
    titles = {
        "text": "Text",
        "target": "Label",
        "predicted_a": f"{a} says",
        "predicted_b": f"{b} says",
        "confidence_a": f"Confidence of {a}, %",
        "confidence_b": f"Confidence of {b}, %",
        "gap": "Confidence gap, points",
        "num_seeds": "Seeds",
    }
    if shows_pictures:
        shown = shown.assign(text=shown["text"].map(lambda cell: named(cell, subject)))
    offer_csv(
        shown[list(titles)].round(1).rename(columns=titles),
        key="examples",
        label=f"Download {plural(len(shown), 'example')} (CSV)",
    )


def _listed(
    subject: Subject,
    cell: Cell | None = None,
    predicted: int | None = None,
    by: Literal["a", "b"] | None = None,
) -> pd.DataFrame:
    """List what `examples_of` finds with texts, their ``length``, and shares in percent."""
    experiment, found = subject.results.experiment, made(agreement.agreement_of, subject)
    table = examples_of(found, cell, predicted=predicted, by=by)
    table = with_words(table, experiment.labels, dataset_of(experiment.dataset_fingerprint))
    shares = {name: 100 * table[name] for name in ("confidence_a", "confidence_b", "gap")}
    return table.assign(**shares, length=table["text"].str.len())


def is_pictorial(subject: Subject) -> bool:
    """Whether the examples are pictures, and are here."""
    dataset = dataset_of(subject.results.experiment.dataset_fingerprint)
    return dataset is not None and dataset.content.is_pictorial


def named(cell: str, subject: Subject) -> str:
    """Name a picture by its file."""
    dataset = dataset_of(subject.results.experiment.dataset_fingerprint)
    return cell if dataset is None else dataset.content.preview([cell])


def _choose_words() -> str:
    """Let words be asked for, first what the URL says."""
    contains: str = st.text_input(
        "Text contains",
        value=st.query_params.get("contains", ""),
        placeholder="Words",
        key="examples_contains",
        type="search",
        width=190,
    )
    say("contains", contains)
    return contains


def _choose_cell(a: str, b: str) -> Cell | None:
    said = st.query_params.get(CELL, Cell.ONLY_A.value)
    names = {
        Cell.ONLY_A: f"only {a}",
        Cell.ONLY_B: f"only {b}",
        Cell.BOTH: "both",
        Cell.NEITHER: "neither",
    }
    cell = st.segmented_control(
        "Examples answered correctly by",
        list(names),
        default=Cell(said) if said in set(Cell) else None,
        format_func=lambda one: literal(names[one]),
        key=CELL,
        persist_state="session",
        help="None chosen shows every test example.",
    )
    say(CELL, ALL if cell is None else Cell(cell).value)
    return None if cell is None else Cell(cell)


def _choose_of(
    name: str, title: str, options: Sequence[str], nothing: str, words: Mapping[str, str] | None = None
) -> str:
    """Let one of some options be chosen, first what the URL says; empty is ``nothing`` of them."""
    said, named = st.query_params.get(name), {"": nothing, **(words or {})}
    chosen: str = st.selectbox(
        title,
        ["", *options],
        index=1 + options.index(said) if said in options else 0,
        format_func=lambda one: named.get(one, one),
        key=f"examples_{name}",
        width=190,
    )
    say(name, chosen)
    return chosen


def _choose_range(name: str, title: str, most: int, form: str) -> tuple[int, int]:
    """Let a range within 0 to ``most`` be chosen, which the URL writes as ``20-80``."""
    low, _, high = st.query_params.get(name, "").partition("-")
    start = (0, most)
    if low.isdecimal() and high.isdecimal() and int(low) <= int(high) <= most:
        start = (int(low), int(high))
    chosen: tuple[int, int] = st.slider(title, 0, most, start, format=form, key=f"examples_{name}", width=190)
    say(name, "" if chosen == (0, most) else f"{chosen[0]}-{chosen[1]}")
    return chosen


def _draw_list(shown: pd.DataFrame, subject: Subject, filters: str) -> Sequence[int]:
    """Draw the examples, a row each; return the places of those that are chosen."""
    a, b = (subject.names[arm] for arm in subject.pair)
    num_seeds = subject.verdict.num_seeds
    columns = {
        "text": st.column_config.TextColumn("Text", width=TEXT_WIDTH_PX),
        "target": "Label",
        "predicted_a": f"{a} says",
        "confidence_a": st.column_config.NumberColumn("sure", format="%.0f%%", help=f"Confidence of {a}."),
        "predicted_b": f"{b} says",
        "confidence_b": st.column_config.NumberColumn("sure", format="%.0f%%", help=f"Confidence of {b}."),
        "gap": st.column_config.NumberColumn(
            "gap", format="%+.0f", help=f"Probability of the label: {a} minus {b}, in points."
        ),
        "num_seeds": f"Seeds of {num_seeds}",
    }
    if shown["num_seeds"].eq(num_seeds).all():
        del columns["num_seeds"]
    shows_pictures = is_pictorial(subject)
    if shows_pictures:
        columns |= pictures(["text"], title="Picture")
    chosen = st.dataframe(
        shown.head(MAX_PICTURES) if shows_pictures else shown,
        row_height=PICTURE_PX if shows_pictures else None,
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        on_select="rerun",
        selection_mode="single-row",
        key=f"examples_{filters}",
        alt="Test examples with text, label and the answers of both models.",
    )
    places: Sequence[int] = chosen.selection.rows
    return places


def _draw_one(row: "pd.Series[str]", subject: Subject) -> None:
    """Draw one example whole, with what every model answers to it, and lead to asking them again."""
    results, size = subject.results, subject.train_size
    tested = [found for (_, train_size), found in results.predictions.items() if train_size == size]
    found = answers_to(tested, row["example_id"])
    labels = dict(enumerate(results.experiment.labels))
    with st.container(border=True):
        if is_pictorial(subject):
            st.image(row["text"], width=LARGE_PX)
        else:
            st.markdown(literal(row["text"]))
        st.markdown(f"The label is **{literal(row['target'])}**.")
        draw_table(
            pd.DataFrame(
                {
                    "Model": found["arm"].map(subject.names),
                    "Says": found["predicted"].map(labels),
                    "Right": (found["predicted"].map(labels) == row["target"]).map({True: "✓", False: "✗"}),
                    "In seeds": [f"{one.num_agreeing} of {one.num_seeds}" for one in found.itertuples()],
                    "Mean probability, %": found["mean"].map(as_percent),
                    "lowest": found["low"].map(as_percent),
                    "highest": found["high"].map(as_percent),
                }
            )
        )
        st.page_link(
            "try_it.py",
            label="Ask the models about this one",
            icon=":material/forum:",
            query_params={
                "experiment": results.experiment.experiment_id,
                "size": str(size),
                "example": row["example_id"],
            },
        )
