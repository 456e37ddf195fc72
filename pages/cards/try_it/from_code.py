"""The card of *Try it* that says how a model is asked without this page."""

from collections.abc import Sequence

import streamlit as st

from pages.ui.frame import card
from pages.ui.readers import arm_names_of
from tl_core.modality import content_of
from tl_core.results.answering import Answerer
from tl_core.schema import ExperimentConfig

_PYTHON = """\
{imports}from tl_core.inference.predictor import load_predictor
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

workspace = Workspace.open(Settings.from_environment())
predictor = load_predictor(workspace.finished_model("{run_id}"))
print(predictor.labels, predictor.predict([{question}]))
"""


def draw_code(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    """Write the lines that predict with a model from a shell and from Python, on this server."""
    with card("Predict from the command line or Python"):
        arm_names, by_arm = arm_names_of(experiment), {one.arm.name: one for one in answerers}
        arm = st.selectbox(
            "Model",
            list(by_arm),
            format_func=lambda name: f"{arm_names[name]}, seed {by_arm[name].run.seed}",
            key=f"code_model_{experiment.experiment_id}",
            help="Each model's best seed on validation.",
        )
        run_id, source = by_arm[arm].run.run_id, by_arm[arm].texts
        content = content_of(source.modality)
        given = "IN.zip" if content.is_pictorial else "IN.csv"
        st.code(f"python -m tl_core predict {run_id} {given} OUT.csv", language="bash", wrap_lines=True)
        lines = _PYTHON.format(
            imports=content.asked_imports, run_id=run_id, question=content.asked_with(source)
        )
        st.code(lines, language="python", wrap_lines=True)
        query = {"experiment": experiment.experiment_id}
        st.markdown(
            "Both run on this server, in the project's folder. To run a model elsewhere, download it."
        )
        st.page_link("models.py", label="Models", icon=":material/download:", query_params=query)
