"""The words themselves, and how they are found in a text."""

import re

import pytest

from pages.ui.glossary import ENTRIES, GROUPS, explained, for_browser, help_on, matching, words_in
from tests.some_arms import EVERY_ARM
from tl_core.charts import arm_label


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.slug)
def test_an_entry_is_one_to_three_plain_sentences(entry):
    sentences = re.findall(r"[.?](?:\s|$)", entry.text)
    assert 1 <= len(sentences) <= 4, "a short head such as “For one class.” counts too"
    assert entry.text.endswith(".")
    assert not re.search(r"[*_\[\]$`<>\\~#]", entry.title + entry.text), "shown as markdown without escapes"
    assert set(entry.forms) == {form.lower() for form in entry.forms}


def test_every_word_stands_once():
    assert len(ENTRIES) == sum(len(entries) for entries in GROUPS.values())
    forms = [form for entry in ENTRIES.values() for form in entry.forms]
    assert sorted(forms) == sorted(set(forms))


@pytest.mark.parametrize("arm", EVERY_ARM, ids=lambda arm: arm.name)
def test_every_arm_has_an_entry(arm):
    assert words_in(arm_label(arm, {})), arm.name


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("3 seeds, equal steps", ("seed", "budget")),
        ("Near duplicates stay.", ("near-duplicate",)),
        ("A head on Random frozen", ("head", "random-frozen")),
        ("macro-F1 of the test split", ("test", "macro-f1")),
        ("a constraint in stepmother's labelling", ()),
    ],
)
def test_words_are_found_whole_and_longest_first(text, slugs):
    assert words_in(text) == slugs


def test_help_explains_a_word_in_any_of_its_forms():
    assert help_on(words_in("seeds")) == help_on(words_in("Seed")) == explained(ENTRIES["seed"])
    assert help_on(["seed", "run"]).count("**") == 4
    assert help_on([]) == ""


def test_searching_looks_at_titles_texts_and_forms():
    assert [e.slug for entries in matching("parameters").values() for e in entries] == ["weights"]
    assert sum(map(len, matching("  ").values())) == len(ENTRIES)
    assert matching("quux") == {}


def test_a_browser_is_sent_every_word_in_its_group_and_what_finds_them():
    sent = for_browser()
    assert [word["slug"] for group in sent["groups"] for word in group["words"]] == list(ENTRIES)
    assert [group["name"] for group in sent["groups"]] == list(GROUPS)
    found = re.findall(sent["any_form"], "near duplicates of a test text")
    assert found == ["near duplicates", "test"]
