"""The technical words that each page uses, by its path in the URL, as slugs of the glossary.

A test compares them with the texts of the pages; ``python -m tests.pages.said`` writes them anew.
"""

_WORDS = {
    "compare": (
        "dataset example label class split train validation test arm base-model pretrained weights layers "
        "knowledge-ladder head contrastive from-scratch frozen tf-idf majority-class experiment run seed "
        "preset batch-size step epoch learning-rate warm-up budget plateau loss energy token "
        "headline-metric accuracy macro-f1 f1 confusion-matrix confidence calibration-error temperature "
        "brier-score abstaining points verdict 95-interval p-value corrected-p-value equivalent margin "
        "mcnemar-s-test one-label-for-all did-not-learn still-improving below-the-largest-class "
        "hardly-a-known-word seeds-missing "
    ),
    "data": (
        "dataset example label class fingerprint near-duplicate split train validation test arm weights "
        "frozen experiment run token verdict "
    ),
    "design": (
        "dataset label class split train validation test arm base-model pretrained weights layers head "
        "fine-tuning experiment run seed preset batch-size step epoch learning-rate warm-up budget "
        "plateau token headline-metric macro-f1 f1 points verdict 95-interval equivalent margin "
    ),
    "home": (
        "label class split train arm pretrained fine-tuning from-scratch experiment run verdict 95-interval "
    ),
    "models": (
        "dataset example label class split train test arm base-model weights layers head experiment run "
        "seed batch-size learning-rate energy token macro-f1 verdict "
    ),
    "runs": (
        "example label class split train validation test arm base-model weights layers frozen "
        "majority-class experiment run seed batch-size step epoch learning-rate budget plateau loss "
        "energy token accuracy macro-f1 points verdict did-not-learn still-improving "
    ),
    "side_by_side": (
        "dataset example label class split train validation test arm base-model weights layers "
        "knowledge-ladder head from-scratch majority-class experiment run seed preset step epoch "
        "learning-rate budget plateau loss energy headline-metric accuracy macro-f1 f1 brier-score points "
        "verdict 95-interval p-value corrected-p-value equivalent margin did-not-learn still-improving "
    ),
    "try_it": (
        "dataset example label class split train validation test arm layers majority-class experiment run "
        "seed step epoch learning-rate budget plateau loss macro-f1 points verdict did-not-learn "
        "still-improving "
    ),
    "why_it_works": (
        "dataset example label class split train validation test arm pretrained weights layers embeddings "
        "shuffled knowledge-ladder head fine-tuning from-scratch majority-class experiment run seed step "
        "epoch learning-rate budget plateau loss token similarity-by-cka accuracy macro-f1 brier-score "
        "points verdict 95-interval corrected-p-value equivalent margin one-label-for-all did-not-learn "
        "still-improving below-the-largest-class hardly-a-known-word seeds-missing "
    ),
}

PAGE_WORDS = {page: tuple(slugs.split()) for page, slugs in _WORDS.items()}
