"""What is known about each base model before anything is loaded."""

from dataclasses import dataclass
from enum import StrEnum

from tl_core.modality import IMAGE, TEXT

BUILTIN, BUILTIN_IMAGE = "builtin", "builtin-image"
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
    modality
        What it reads; None stands for texts.
    reads_patches
        Whether it is a transformer that reads the patches of a picture as others read tokens.
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
    modality: str | None = None
    reads_patches: bool = False


_IMAGENET = "ImageNet"
_OF_PATCHES = ("google/vit-base-patch16-224", "facebook/dinov2-small")
_PICTURES = tuple(
    BaseModel(
        id=id_,
        title=title,
        num_parameters=num_parameters,
        pooling=Pooling.OWN,
        languages="pictures",
        licence=licence,
        pretraining=pretraining,
        good_at=good_at,
        overlaps=overlaps,
        modality=IMAGE,
        reads_patches=id_ in _OF_PATCHES,
    )
    for id_, title, num_parameters, licence, pretraining, good_at, overlaps in (
        (
            BUILTIN_IMAGE,
            "EfficientNet-Lite0",
            3_371_008,
            "Apache-2.0",
            "1,000 classes of ImageNet: 1.3 million photos of animals, plants and things.",
            "Fast on a CPU, strong with few pictures; works without any model hub.",
            (_IMAGENET,),
        ),
        (
            "microsoft/resnet-50",
            "ResNet-50",
            23_508_032,
            "Apache-2.0",
            "1,000 classes of ImageNet.",
            "The reference that papers compare with.",
            (_IMAGENET,),
        ),
        (
            "google/efficientnet-b0",
            "EfficientNet-B0",
            4_007_548,
            "Apache-2.0",
            "1,000 classes of ImageNet.",
            "Small, and more accurate than others of the size.",
            (_IMAGENET,),
        ),
        (
            "facebook/convnext-tiny-224",
            "ConvNeXt tiny",
            27_820_128,
            "Apache-2.0",
            "1,000 classes of ImageNet.",
            "A modern convolutional network; wants a GPU.",
            (_IMAGENET,),
        ),
        (
            "google/vit-base-patch16-224",
            "ViT base",
            85_798_656,
            "Apache-2.0",
            "21,843 classes of ImageNet-21k, then 1,000 of ImageNet.",
            "The reference among transformers for pictures; wants a GPU.",
            (_IMAGENET, "ImageNet-21k"),
        ),
        (
            "facebook/dinov2-small",
            "DINOv2 small",
            22_056_576,
            "Apache-2.0",
            "142 million pictures without labels, chosen to be like those of ImageNet and other sets.",
            "Strong frozen features, also for pictures that are no photos of things.",
            ("ImageNet-21k and other public sets (pictures without labels)",),
        ),
    )
)

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
        *_PICTURES,
    )
}


def builtin_of(modality: str | None) -> str:
    """Return the built-in model for what examples are; that for texts where there is no other."""
    return {IMAGE: BUILTIN_IMAGE}.get(modality or TEXT, BUILTIN)
