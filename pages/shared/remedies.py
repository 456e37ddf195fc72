"""Below a claim: what a flag calls for, as one click that queues it for all arms alike."""

import streamlit as st

from pages.shared.completing import offer_plans
from pages.shared.state import workspace
from tl_core.planning.remedies import find_same, plan_longer, plan_search_of_rates
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

PLANS = {
    "more_steps": (plan_longer, "Train all arms twice as long"),
    "search_rates": (plan_search_of_rates, "Search every arm's rates"),
}


def offer_remedies(results: ExperimentResults, verdict: Verdict) -> None:
    """Offer each thing that the flags of a verdict call for once, or lead to it where it was queued."""
    actions = dict.fromkeys(flag.action for flag in verdict.flags if flag.action in PLANS)
    if not actions:
        return
    experiments = workspace().database.list_experiments()
    for action in actions:
        make, verb = PLANS[action]
        plan = make(results.experiment)
        same = find_same(plan, experiments)
        if same is None:
            offer_plans([plan], "", verb, key=f"remedy_{action}", is_first=False)
        else:
            st.page_link(
                "compare.py",
                label=f"{verb}: queued already, see what it shows",
                icon=":material/arrow_forward:",
                query_params={"experiment": same.experiment_id},
            )
