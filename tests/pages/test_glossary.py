"""The words themselves, and how they are found in a text."""

import re

import pytest

from pages.ui.glossary import ENTRIES, GROUPS, explained, for_browser, help_on, matching, words_in
from tests.some_arms import EVERY_ARM
from tl_core.charts import arm_label


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.slug)
def test_an_entry_is_at_most_two_plain_sentences(entry):
    assert 1 <= len(re.findall(r"[.?](?:\s|$)", entry.text)) <= 2
    assert len(entry.text.split()) <= 40
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


def test_help_explains_the_most_technical_word_of_a_heading_in_any_of_its_forms():
    assert help_on("seeds") == help_on("Seed") == explained(ENTRIES["seed"])
    assert help_on("How many labels does pretraining save?") == explained(ENTRIES["pretrained"])
    assert help_on("The plan") == ""


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
