"""Below a claim: what its status calls for, as one click that queues it for all arms alike."""

import streamlit as st

from pages.ui.missing_runs import offer_plans
from pages.ui.session import workspace
from tl_core.planning.plan import find_same
from tl_core.planning.remedies import plan_longer, plan_longer_search, plan_search_of_rates
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

PLANS = {
    "more_steps": (plan_longer, "Train all models twice as long"),
    "search_rates": (plan_search_of_rates, "Search every model's rates"),
    "search_rates_longer": (plan_longer_search, "Search every model's rates and train twice as long"),
}


def offer_remedy(results: ExperimentResults, verdict: Verdict) -> None:
    """Offer the one thing that a verdict's status calls for, or lead to it where it was queued."""
    action = verdict.status.action
    if action not in PLANS:
        return
    make, verb = PLANS[action]
    plan = make(results.experiment)
    same = find_same(plan, workspace().database.list_experiments())
    if same is None:
        offer_plans([plan], "", verb, key=f"remedy_{action}", is_first=False)
    else:
        st.page_link(
            "results.py",
            label=f"{verb}: queued already, see what it shows",
            icon=":material/arrow_forward:",
            query_params={"experiment": same.experiment_id},
        )
