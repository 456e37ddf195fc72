"""What can be mended in texts; each makes a new version of a dataset, as those of `doctor.fixes` do."""

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.versions import Edit
from tl_core.doctor.fixes import rewritten, without
from tl_core.text.checks.content import HTML, is_near_empty, strip_html
from tl_core.text.checks.personal_data import MAY_HOLD, mask_personal_data


def drop_near_empty(dataset: Dataset) -> Edit:
    """Remove examples that have a text with fewer than two letters."""
    return without(dataset, is_near_empty(dataset), "fewer than two letters")


def strip_html_from_texts(dataset: Dataset) -> Edit:
    """Take HTML tags and entities out of the texts."""
    return rewritten(dataset, HTML, strip_html, "rewritten without HTML")


def mask_personal_data_in_texts(dataset: Dataset) -> Edit:
    """Write ``<email>``, ``<phone>`` and ``<card>`` for what leads to a person."""
    return rewritten(dataset, MAY_HOLD, mask_personal_data, "rewritten with personal data masked")
