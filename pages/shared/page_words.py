"""The technical words that each page uses, by its path in the URL, as slugs of the glossary.

A test compares them with the texts of the pages; ``python -m tests.pages.said`` writes them anew.
"""

_WORDS = {
    "compare": (
        "dataset example label class split train validation test arm base-model pretrained weights layers "
        "embeddings shuffled knowledge-ladder head fine-tuning from-scratch frozen random-frozen tf-idf "
        "majority-class experiment run seed preset batch-size step epoch learning-rate warm-up budget "
        "plateau loss token accuracy macro-f1 f1 confusion-matrix points verdict 95-interval p-value "
        "mcnemar-s-test one-label-for-all did-not-learn still-improving below-the-largest-class "
        "seeds-missing "
    ),
    "data": (
        "dataset example label class fingerprint near-duplicate split train validation test arm weights "
        "frozen experiment run token verdict "
    ),
    "design": (
        "dataset label class split train validation test transfer-learning arm base-model pretrained "
        "weights layers embeddings shuffled knowledge-ladder head fine-tuning from-scratch frozen "
        "random-frozen tf-idf majority-class experiment run seed preset batch-size step epoch "
        "learning-rate warm-up budget plateau loss token headline-metric macro-f1 f1 verdict "
    ),
    "home": ("label split train pretrained fine-tuning from-scratch experiment run 95-interval "),
    "models": (
        "dataset example label split train test arm base-model weights layers embeddings shuffled "
        "knowledge-ladder head fine-tuning from-scratch frozen random-frozen tf-idf majority-class "
        "experiment run seed batch-size learning-rate token macro-f1 "
    ),
    "runs": (
        "example class split train validation test arm base-model weights layers embeddings shuffled "
        "knowledge-ladder head fine-tuning from-scratch frozen random-frozen tf-idf majority-class "
        "experiment run seed batch-size step epoch learning-rate budget plateau loss token accuracy "
        "macro-f1 verdict "
    ),
    "side_by_side": (
        "dataset example class split train validation test arm base-model weights layers embeddings "
        "shuffled knowledge-ladder head fine-tuning from-scratch frozen random-frozen tf-idf "
        "majority-class experiment run seed preset step loss headline-metric accuracy macro-f1 f1 points "
        "verdict 95-interval p-value "
    ),
    "try_it": (
        "dataset example label class split train validation test arm layers embeddings shuffled "
        "knowledge-ladder head fine-tuning from-scratch frozen random-frozen tf-idf majority-class "
        "experiment run seed budget plateau macro-f1 "
    ),
    "why_it_works": (
        "dataset class split train validation test arm pretrained weights layers embeddings shuffled "
        "knowledge-ladder head fine-tuning from-scratch frozen random-frozen tf-idf majority-class "
        "experiment run seed step learning-rate budget plateau token similarity-by-cka accuracy macro-f1 "
        "points 95-interval "
    ),
}

PAGE_WORDS = {page: tuple(slugs.split()) for page, slugs in _WORDS.items()}
