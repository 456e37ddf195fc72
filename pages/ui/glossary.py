"""The technical words of the interface, each explained in one to three plain sentences."""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One word.

    Attributes
    ----------
    slug
        Its place in links: ``understand?word=seed``.
    title
        The word as a heading.
    text
        What it means here; plain text.
    forms
        Every way of writing it that a person may meet, in lower case.
    """

    slug: str
    title: str
    text: str
    forms: tuple[str, ...]


def _entry(title: str, text: str, *forms: str) -> Entry:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return Entry(slug=slug, title=title, text=text, forms=forms or (title.lower(),))


GROUPS: dict[str, tuple[Entry, ...]] = {
    "Texts and labels": (
        _entry(
            "Dataset",
            "The texts and labels of a file, checked, cleaned of exact duplicates and never changed "
            "afterwards.",
            "dataset",
            "datasets",
        ),
        _entry("Example", "One row of a dataset: a text with its label.", "example", "examples"),
        _entry(
            "Label",
            "The class that a text belongs to, such as positive or refund. The models learn to answer "
            "with it.",
            "label",
            "labels",
            "labelled",
        ),
        _entry(
            "Class",
            "One of the possible labels. A class with few texts is hard to learn and easy to overlook.",
            "class",
            "classes",
        ),
        _entry(
            "Fingerprint",
            "A code computed from every text and label. Two files with the same fingerprint hold the same "
            "data.",
            "fingerprint",
        ),
        _entry(
            "Duplicate",
            "A text that occurs twice. One copy is kept; copies with different labels are set aside and "
            "listed.",
            "duplicate",
            "duplicates",
        ),
        _entry(
            "Near duplicate",
            "A text that is almost another one. If one is learned from and the other tested on, a model "
            "looks better than it is.",
            "near duplicate",
            "near duplicates",
            "near-duplicate",
            "near-duplicates",
        ),
        _entry(
            "Split",
            "The fixed division of a dataset into train, validation and test. It is the same for all "
            "arms; the short code is its hash.",
            "split",
        ),
        _entry(
            "Train",
            "The part of the split that models learn from. A train size is how many of its examples a run "
            "may use; with one seed, each smaller set is a part of the larger one.",
            "train",
            "train size",
            "train sizes",
            "train examples",
            "train texts",
        ),
        _entry(
            "Validation",
            "The part of the split that is looked at while training goes on. Whatever is called best is "
            "chosen here, never on test.",
            "validation",
        ),
        _entry(
            "Test",
            "The part of the split that no run learns from: no weights and no learning rates are chosen by "
            "it. Each run answers it once, after its training. Whoever changes something because of the "
            "result and measures it there again has chosen by it.",
            "test",
            "test split",
            "test examples",
            "test texts",
        ),
    ),
    "Arms": (
        _entry(
            "Transfer learning",
            "Starting from a network that has learned from other texts, and adapting it to a new task.",
            "transfer learning",
        ),
        _entry(
            "Arm",
            "One way of getting a classifier, such as fine-tuning or training from scratch. A comparison "
            "sets arms side by side.",
            "arm",
            "arms",
        ),
        _entry(
            "Base model",
            "The pretrained weights that a run starts from: of the catalogue, of a model hub, or a folder.",
            "base model",
            "base models",
        ),
        _entry(
            "Pretrained",
            "Trained before, by somebody else, on a large amount of other text. What that cost is not "
            "counted here.",
            "pretrained",
            "pretraining",
        ),
        _entry(
            "Weights",
            "The numbers inside a network that training changes; a small one has some millions. Also "
            "called parameters.",
            "weight",
            "weights",
            "parameters",
        ),
        _entry(
            "Layers",
            "A network is a stack of equal layers; each makes a little more of the text from what the one "
            "below made.",
            "layer",
            "layers",
        ),
        _entry(
            "Embeddings",
            "The lowest part of a network: one row of numbers for each word piece and place, which the first "
            "layer reads.",
            "embeddings",
        ),
        _entry(
            "Shuffled",
            "A rung of the knowledge ladder: the pretrained numbers in random places, so that their scale "
            "stays and what they know is gone.",
            "shuffled",
        ),
        _entry(
            "Knowledge ladder",
            "Arms that keep none, some and all of the pretrained weights and draw the others anew. It shows "
            "which of them the result needs.",
            "knowledge ladder",
            "ladder",
            "redrawn",
            "drawn anew",
        ),
        _entry(
            "Head",
            "The last, small layer that turns what the network makes of a text into a score for each "
            "label. Its last layer always starts at random.",
            "head",
            "heads",
        ),
        _entry(
            "Fine-tuning",
            "The arm that is transfer learning: the pretrained network, all of it trained further on your "
            "texts.",
            "fine-tuning",
            "fine-tuned",
            "fine-tune",
        ),
        _entry(
            "Contrastive",
            "The arm that tunes the pretrained network on pairs of texts, so that texts of one class come to "
            "lie close together, and then fits a head. Made for very few labels; known as SetFit.",
            "contrastive",
            "setfit",
        ),
        _entry(
            "From scratch",
            "The same network, starting from random weights: what your labels alone can teach it. It "
            "still reads with the pretrained vocabulary.",
            "from scratch",
            "scratch",
        ),
        _entry(
            "Frozen",
            "The pretrained network left as it is, with a trained head: what its prior knowledge is worth "
            "alone.",
            "frozen",
        ),
        _entry(
            "Random frozen",
            "The same network with random weights that stay as they are, and a trained head: what its "
            "architecture brings without any knowledge.",
            "random frozen",
            "frozen random",
        ),
        _entry(
            "TF-IDF",
            "A classifier without a network: counts of words (of characters where words are not parted by "
            "spaces) and of punctuation, weighted by how rare they are, with logistic regression. Strong on "
            "small data and done in seconds.",
            "tf-idf",
        ),
        _entry(
            "Majority class",
            "Always answering the largest class. It is the floor that every other arm must beat.",
            "majority",
            "majority class",
            "largest class",
        ),
    ),
    "Training": (
        _entry(
            "Experiment",
            "Arms, seeds and train sizes on one dataset, with every rule fixed before the start.",
            "experiment",
            "experiments",
            "comparison",
            "comparisons",
        ),
        _entry(
            "Run",
            "One training of one arm, with one seed, on one train size.",
            "run",
            "runs",
        ),
        _entry(
            "Seed",
            "A number that fixes all chance in a run: first weights, order of the texts and, if it learns "
            "from a part of the train texts, which part. The split is the same for all seeds. Several "
            "seeds show how much of a result is luck.",
            "seed",
            "seeds",
        ),
        _entry(
            "Preset",
            "A ready-made choice of seeds, epochs and train size: quick, standard or thorough.",
            "preset",
            "presets",
        ),
        _entry(
            "Batch size",
            "How many texts a network sees before its weights change once.",
            "batch",
            "batches",
            "batch size",
        ),
        _entry("Step", "One change of the weights, after one batch of texts.", "step", "steps"),
        _entry("Epoch", "One pass over all train examples of a run.", "epoch", "epochs"),
        _entry(
            "Learning rate",
            "How far the weights move at each step. Each arm has its own, because rates made for fine- "
            "tuning are far too small for random weights.",
            "learning rate",
            "learning rates",
        ),
        _entry(
            "Warm-up",
            "The first part of a training, in which the learning rate rises from zero to its peak.",
            "warm-up",
        ),
        _entry(
            "Budget",
            "The rule that says how long every network trains. Equal steps: all take the same steps, and "
            "the last weights count. Plateau: each until validation stops improving, and the best weights "
            "count.",
            "budget",
            "equal steps",
        ),
        _entry(
            "Plateau",
            "The place where validation stops improving: the headline metric, averaged over ten evaluations, "
            "no longer rises. With this budget the learning rate then falls to zero and the run ends, at its "
            "step limit at the latest.",
            "plateau",
            "patience",
        ),
        _entry(
            "Loss",
            "What training makes smaller: how surprised a model is by the right labels, in nats. Lower is "
            "better.",
            "loss",
            "losses",
            "log loss",
        ),
        _entry(
            "Energy",
            "What the processor and the GPU take while a run trains, in watt-hours (Wh), read from their own "
            "counters or estimated; the words beside it say which. Evaluation, memory and cooling are left "
            "out.",
            "energy",
            "wh",
            "watt-hours",
        ),
        _entry(
            "Token",
            "A word or a piece of one, as the network reads it. Texts longer than the limit are cut there.",
            "token",
            "tokens",
        ),
        _entry(
            "Precision bf16",
            "The number format of a network's calculations. bf16 is shorter than float32 and faster where "
            "the processor has it; all arms of an experiment use the same.",
            "bf16",
            "float32",
        ),
        _entry(
            "Checkpoint",
            "Weights saved during a run, so that it can go on from there.",
            "checkpoint",
            "checkpoints",
        ),
    ),
    "Numbers and verdicts": (
        _entry(
            "Headline metric",
            "The number that the verdict is about: accuracy or macro-F1, chosen before the start.",
            "headline metric",
            "headline",
        ),
        _entry(
            "Similarity by CKA",
            "How alike two networks place the same texts, from 0 for unrelated to 1 for the same up to "
            "rotation and scale. CKA is short for centred kernel alignment.",
            "cka",
            "linear cka",
        ),
        _entry("Accuracy", "The share of texts that are answered right.", "accuracy", "accurate"),
        _entry(
            "Macro-F1",
            "The F1 score averaged over the classes, so that small classes count as much as large ones.",
            "macro-f1",
        ),
        _entry(
            "F1",
            "One number for a class that is high only if both its precision and its recall are.",
            "f1",
        ),
        _entry(
            "Precision and recall",
            "For one class. Precision: of the texts that got this label, the share that should have. "
            "Recall: of the texts that should have it, the share that got it.",
            "recall",
        ),
        _entry(
            "Confusion matrix",
            "A table of true classes against answers: what is taken for what.",
            "confusion",
            "confusion matrix",
            "confusion matrices",
        ),
        _entry(
            "Confidence",
            "The probability that a model gives to its own answer. It can be far from how often such answers "
            "are right.",
            "confidence",
            "confidences",
        ),
        _entry(
            "Calibration error",
            "By how many points confidence and the share of right answers differ on average, over groups of "
            "answers of like confidence. Zero would mean that of the answers with 80 % confidence, 80 % are "
            "right.",
            "calibration error",
            "calibration errors",
        ),
        _entry(
            "Temperature",
            "One number that all scores of a model are divided by to make it less sure (above 1) or surer "
            "(below 1). It changes no answer and is fitted on validation.",
            "temperature",
            "temperatures",
        ),
        _entry(
            "Brier score",
            "Half of how far the probabilities of all classes lie from the truth, squared: 0 is sure and "
            "right, 1 is sure and wrong.",
            "brier",
            "brier score",
        ),
        _entry(
            "Abstaining",
            "Giving no answer where confidence is low, so that a person can look at those texts.",
            "abstain",
            "abstaining",
        ),
        _entry(
            "Points",
            "The difference of two percentages: from 60 % to 72 % is 12 points.",
            "points",
        ),
        _entry(
            "Verdict",
            "The conclusion of comparing two arms: the difference, its interval, and all that weakens it.",
            "verdict",
            "verdicts",
        ),
        _entry(
            "95 % interval",
            "The range in which the true value lies in about 95 of 100 such experiments. It counts chance "
            "in the seeds and in the test examples; if it holds zero, no difference is shown.",
            "interval",
            "intervals",
        ),
        _entry(
            "p-value",
            "How surprising the result would be if the arms were alike. It is made from the same "
            "interval: below 0.05 exactly when the 95 % interval leaves out zero.",
            "p-value",
            "p-values",
        ),
        _entry(
            "Corrected p-value",
            "A p-value made larger because several pairs were compared (after Holm): where it is below 0.05, "
            "all such claims together are wrong by chance in no more than 5 of 100 experiments.",
            "holm",
            "corrected p",
            "corrected p-value",
        ),
        _entry(
            "Equivalent",
            "Shown to differ by no more than the margin: the 90 % interval lies wholly within it. This says "
            "more than that no difference is shown.",
            "equivalent",
        ),
        _entry(
            "Margin",
            "The difference that was too small to matter, fixed before the start.",
            "margin",
        ),
        _entry(
            "McNemar's test",
            "Asks, for two trained models, whether one is right more often where exactly one of them is. "
            "It speaks of these two models and not of further trainings.",
            "mcnemar",
        ),
        _entry(
            "Flag",
            "A sign that an arm was not trained well enough for a claim about it. It stands in the same "
            "sentence as the claim.",
            "flag",
            "flags",
        ),
        _entry(
            "One label for all",
            "A flag: at least 99 % of the answers are one class, although the texts are not.",
            "one label for all",
            "collapsed",
        ),
        _entry(
            "Did not learn",
            "A flag: even on its own train examples the model is hardly better than the largest class.",
            "did not learn",
        ),
        _entry(
            "Still improving",
            "A flag: the last evaluation was the best by more than noise, so the arm might gain from more "
            "steps.",
            "still improving",
        ),
        _entry(
            "Below the largest class",
            "A flag: always answering the largest class would have been right more often on test.",
            "below the largest class",
        ),
        _entry(
            "Hardly a known word",
            "A flag: of most texts of validation or test, no more than a fifth of the words or characters "
            "occurs in the train split. A classifier that counts words cannot know them.",
            "hardly a known word",
        ),
        _entry(
            "Seeds missing",
            "A flag: runs of this arm failed, were cancelled or cannot be read, and may have been its worst.",
            "seeds missing",
            "seeds unreadable",
        ),
    ),
}

ENTRIES: dict[str, Entry] = {entry.slug: entry for group in GROUPS.values() for entry in group}

_FORMS = {form: entry.slug for entry in ENTRIES.values() for form in entry.forms}
# Longest first: "near duplicate" is not a "duplicate".
_ANY_FORM = re.compile(
    r"(?<![\w-])(" + "|".join(map(re.escape, sorted(_FORMS, key=len, reverse=True))) + r")(?![\w-])",
    re.IGNORECASE,
)


def words_in(text: str) -> tuple[str, ...]:
    """Return the slugs of the technical words in a text, in the glossary's order."""
    found = {_FORMS[form.lower()] for form in _ANY_FORM.findall(text)}
    return tuple(slug for slug in ENTRIES if slug in found)


def term(word: str) -> str:
    """Explain one word, for the ``help`` of a widget. Raises KeyError for one without an entry."""
    return help_on([_FORMS[word.lower()]])


def help_on(slugs: Iterable[str]) -> str:
    """Explain some words in markdown, for a ``help``; empty without words."""
    return "\n\n".join(explained(ENTRIES[slug]) for slug in slugs)


def explained(entry: Entry) -> str:
    """Write an entry in markdown: the word in bold, then what it means."""
    return f"**{entry.title}.** {entry.text}"


def matching(query: str) -> dict[str, tuple[Entry, ...]]:
    """Return the entries that contain what was typed, by group; all of them if nothing was."""
    wanted = query.strip().lower()
    found = {
        group: tuple(
            entry for entry in entries if wanted in f"{entry.title} {entry.text} {entry.forms}".lower()
        )
        for group, entries in GROUPS.items()
    }
    return {group: entries for group, entries in found.items() if entries}
