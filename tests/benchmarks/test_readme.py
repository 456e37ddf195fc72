import json

from benchmarks.readme import README, ROOT, with_figures


def test_the_figures_in_the_readme_are_those_of_the_benchmark() -> None:
    measured = json.loads((ROOT / "benchmarks" / "end_to_end.json").read_text())
    text = README.read_text(encoding="utf-8")
    assert with_figures(text, measured) == text
