"""Load model folders in each usual way and print what they answer: ``python ask.py < QUESTIONS.json``.

Reads ``{"folders": {name: path}, "texts": [...], "labels": [...]}``; a text is a string or a pair. Prints, by
folder and way, probabilities ``(num_texts, num_labels)`` or the sentence of what was raised. Knows nothing of
the project and imports nothing from it.
"""

import importlib.util
import json
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


def by_predict_py(folder, texts, labels):
    spec = importlib.util.spec_from_file_location("predict", Path(folder) / "predict.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [[one[label] for label in labels] for one in module.load()(texts)]


def by_pipeline(folder, texts, labels, **options):
    from transformers import pipeline

    classify = pipeline("text-classification", model=folder, top_k=None)
    asked = [one if isinstance(one, str) else {"text": one[0], "text_pair": one[1]} for one in texts]
    answers = [{one["label"]: one["score"] for one in classify([text], **options)[0]} for text in asked]
    return [[one[label] for label in labels] for one in answers]


def by_pipeline_as_documented(folder, texts, labels):
    return by_pipeline(folder, texts, labels, truncation=True)


def by_auto_model(folder, texts, labels):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    columns = [texts] if isinstance(texts[0], str) else [[one[i] for one in texts] for i in (0, 1)]
    inputs = tokenizer(*columns, return_tensors="pt", padding=True, truncation=True)
    with torch.no_grad():
        return model(**inputs).logits.softmax(-1).tolist()


def by_sentence_transformer(folder, texts, labels):
    from sentence_transformers import SentenceTransformer

    logits = SentenceTransformer(folder, device="cpu").encode(texts, convert_to_tensor=True)
    if logits.shape[-1] != len(labels):
        raise ValueError("an embedding, no logits")
    return logits.softmax(-1).tolist()


def by_cross_encoder(folder, texts, labels):
    from sentence_transformers import CrossEncoder

    answers = CrossEncoder(folder, device="cpu").predict(texts, apply_softmax=True)
    if np.shape(answers) != (len(texts), len(labels)):
        raise ValueError(f"scores of shape {np.shape(answers)}, no probabilities of the labels")
    return np.asarray(answers).tolist()


def by_setfit(folder, texts, labels):
    from setfit import SetFitModel

    model = SetFitModel.from_pretrained(folder, local_files_only=True)
    return np.asarray(model.predict_proba(texts)).tolist()


def by_onnx(folder, texts, labels):
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
    encodings = tokenizer.encode_batch([one if isinstance(one, str) else tuple(one) for one in texts])
    given = {
        "input_ids": [one.ids for one in encodings],
        "attention_mask": [one.attention_mask for one in encodings],
        "token_type_ids": [one.type_ids for one in encodings],
    }
    names = [one.name for one in session.get_inputs()]
    (logits,) = session.run(["logits"], {name: np.array(given[name], dtype=np.int64) for name in names})
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (odds / odds.sum(axis=1, keepdims=True)).tolist()


WAYS = {
    "predict.py": by_predict_py,
    "pipeline": by_pipeline,
    "pipeline, truncation=True": by_pipeline_as_documented,
    "AutoModelForSequenceClassification": by_auto_model,
    "SentenceTransformer": by_sentence_transformer,
    "CrossEncoder": by_cross_encoder,
    "SetFitModel": by_setfit,
    "onnxruntime": by_onnx,
}


def main():
    asked = json.load(sys.stdin)
    found = {}
    for name, folder in asked["folders"].items():
        found[name] = {}
        for way, load in WAYS.items():
            try:
                found[name][way] = load(folder, asked["texts"], asked["labels"])
            except Exception as error:
                found[name][way] = f"{type(error).__name__}: {error}"
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
