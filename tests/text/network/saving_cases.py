"""Saved model folders of tiny networks, and running a README's lines in a process of its own."""

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from tests.tiny_models import MAX_TOKENS, Architecture, tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.local_folders import encoder_folder
from tl_core.models.facts import read_facts
from tl_core.schema import ArmKind, TextSource
from tl_core.text.network import NETWORKS

PAIR = TextSource(columns=("question", "answer"))
LABELS = ("bad", "<b>so-so</b>", "good")
TEXTS = (
    "a good film and a kind, warm story",
    "broken",
    "the food was not good, but the people were kind, the room was warm and nobody ever answered " * 4,
)

_FORKING_READER = """
import json, os, sys
import onnxruntime, sentence_transformers, tokenizers, torch, transformers
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, pipeline
for line in sys.stdin:
    code, folder, place = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        for number in (1, 2):
            os.dup2(os.open(f"{place}/{number}", os.O_WRONLY | os.O_CREAT), number)
        sys.path.insert(0, "")
        exec(compile(code, "README", "exec"), {"__name__": "__main__"})
        sys.stdout.flush()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def saved_folder(
    tmp_path: Path,
    architecture: Architecture,
    pooling: Pooling,
    labels: tuple[str, ...] = LABELS,
    texts: TextSource | None = None,
) -> Path:
    """Save a classifier with random weights as a run does."""
    base = tiny_model_folder(tmp_path, architecture)
    classifier = NETWORKS.build(ArmKind.FINE_TUNED, base, pooling, labels, init_seed=3).eval()
    with torch.no_grad():  # a fresh head gives every label the same, and so would one drawn at random
        for weight in classifier.head_parameters():
            weight.mul_(6)
    folder = tmp_path / "model"
    NETWORKS.save(classifier, folder, base_folder=base, labels=labels, limit=MAX_TOKENS // 2, source=texts)
    return folder


def make_former(folder: Path) -> Path:
    """Turn a saved network's folder into what an earlier version wrote: a pooled encoder at the root."""
    encoder = encoder_folder(folder)
    if encoder != folder:
        head = load_file(folder / "2_Dense" / "model.safetensors")
        former = {name.removeprefix("linear."): weight for name, weight in head.items()}
        save_file(former, folder / "head.safetensors")
        for path in encoder.iterdir():
            path.rename(folder / path.name)
        for name in ("0_Transformer", "1_Pooling", "2_Dense"):
            shutil.rmtree(folder / name)
        (folder / "modules.json").unlink()
    (folder / "predict.py").unlink()
    facts = read_facts(folder)
    kept = {
        name: value for name, value in facts.items() if name not in ("pad_id", "is_pair", "uses_type_ids")
    }
    (folder / "classifier.json").write_text(json.dumps(kept), encoding="utf-8")
    return folder


def run_readme(folder: Path, text: str, second: str = "", title: str = "") -> str:
    """Run the lines of a folder's README in it, with ``text`` for "A text."; return what they print.

    ``second`` stands for "Its pair."; ``title`` names the section whose lines are run, all if it is empty.
    """
    readme = (folder / "README.md").read_text(encoding="utf-8")
    readme = readme.partition(f"# {title}\n")[2].partition("\n#")[0] if title else readme
    code = textwrap.dedent("\n".join(re.findall(r"^ {4}.*$|^$", readme, flags=re.MULTILINE)))
    assert '"A text."' in code
    code = code.replace('"A text."', repr(text)).replace('"Its pair."', repr(second))
    place = folder.parent / f"{folder.name} ran"
    place.mkdir()
    reader = _forking_reader()
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(json.dumps([code, str(folder), str(place)]) + "\n")
    reader.stdin.flush()
    assert reader.stdout.readline() == "0\n", (place / "2").read_text()
    return (place / "1").read_text().strip()


@cache
def _forking_reader() -> subprocess.Popen[str]:
    """Start a process that imports once what takes ten seconds, and forks for the lines it is given."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    reader = subprocess.Popen(
        [sys.executable, "-c", _FORKING_READER],
        env={**environment, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(reader.kill)
    return reader
