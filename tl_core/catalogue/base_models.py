"""What is known about each base model before anything is loaded."""

from dataclasses import dataclass
from enum import StrEnum

BUILTIN = "builtin"
BUILTIN_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class Pooling(StrEnum):
    """How a text's token vectors become the one vector that the head sees.

    ``own`` is the architecture's own classification head.
    """

    MEAN = "mean"
    CLS = "cls"
    OWN = "own"


@dataclass(frozen=True, kw_only=True)
class BaseModel:
    """Facts about one base model.

    Attributes
    ----------
    id
        ``builtin``, a Hub id, or ``local:title@content`` of a local folder (its path in runs of old).
    title
        Short name for figures and sentences.
    num_parameters
        Weights of the encoder; ``None`` if unknown before loading.
    pooling
        As the model was pretrained; all arms of one experiment use it.
    pretraining
        What the weights have seen, in one sentence.
    language_codes
        ISO 639 codes of the languages of the pretraining; None where they are too many to be listed here.
    overlaps
        Public data sets that were part of the pretraining: a comparison on them flatters the model.
    """

    id: str
    title: str
    num_parameters: int | None
    pooling: Pooling
    languages: str
    licence: str
    pretraining: str
    good_at: str
    language_codes: tuple[str, ...] | None = None
    overlaps: tuple[str, ...] = ()


CATALOGUE: dict[str, BaseModel] = {
    model.id: model
    for model in (
        BaseModel(
            id=BUILTIN,
            title="all-MiniLM-L6",
            num_parameters=22_713_216,
            pooling=Pooling.MEAN,
            languages="English",
            language_codes=("en",),
            licence="Apache-2.0",
            pretraining=(
                "sentence-transformers/all-MiniLM-L6-v2: a 6-layer BERT, distilled from a larger one and "
                "then trained further as a sentence encoder on about a billion question, review and "
                "inference pairs."
            ),
            good_at="Fast on a CPU, strong with few labels; works without any model hub.",
            overlaps=("Yelp and Amazon reviews (unlabelled pairs)", "SNLI", "MultiNLI", "Yahoo Answers"),
        ),
        BaseModel(
            id="distilbert-base-uncased",
            title="DistilBERT base",
            num_parameters=66_362_880,
            pooling=Pooling.OWN,
            languages="English",
            language_codes=("en",),
            licence="Apache-2.0",
            pretraining="A 6-layer BERT distilled from BERT base on English Wikipedia and BookCorpus.",
            good_at="A common middle ground: most of BERT's accuracy at 60% of the time.",
        ),
        BaseModel(
            id="google-bert/bert-base-uncased",
            title="BERT base",
            num_parameters=109_482_240,
            pooling=Pooling.OWN,
            languages="English",
            language_codes=("en",),
            licence="Apache-2.0",
            pretraining="Masked words and next sentences on English Wikipedia and BookCorpus.",
            good_at="The reference that papers compare with.",
        ),
        BaseModel(
            id="FacebookAI/roberta-base",
            title="RoBERTa base",
            num_parameters=124_645_632,
            pooling=Pooling.OWN,
            languages="English",
            language_codes=("en",),
            licence="MIT",
            pretraining="Masked words on 160 GB of English text: books, Wikipedia, news, web pages, stories.",
            good_at="Usually the most accurate of this size on English sentiment.",
        ),
        BaseModel(
            id="FacebookAI/xlm-roberta-base",
            title="XLM-RoBERTa base",
            num_parameters=278_043_648,
            pooling=Pooling.OWN,
            languages="100 languages",
            licence="MIT",
            pretraining="Masked words on 2.5 TB of web text in 100 languages.",
            good_at="Texts that are not English, or a mix of languages.",
        ),
        BaseModel(
            id="google-bert/bert-base-multilingual-cased",
            title="Multilingual BERT",
            num_parameters=177_853_440,
            pooling=Pooling.OWN,
            languages="104 languages",
            licence="Apache-2.0",
            pretraining="Masked words and next sentences on Wikipedia in 104 languages.",
            good_at="The multilingual reference; lighter than XLM-RoBERTa.",
        ),
    )
}
