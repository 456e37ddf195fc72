"""What a page shows, as text."""

from typing import Any

from streamlit.testing.v1 import AppTest

from pages.ui.errors import FAULT
from pages.ui.steps import DONE, LATER, NEXT, PLACE
from tl_core.results.comparison import gather
from tl_core.schema import ExperimentConfig, Verdict
from tl_core.store.workspace import Workspace


def open_page(app: AppTest, page: str, **query: str) -> AppTest:
    """Run a page with query parameters; a failure of the program is an error here."""
    app.query_params.update(query)
    app.switch_page(f"{page}.py").run()
    assert not app.exception, app.exception
    assert FAULT not in text_of(app)
    return app


def open_drawers(app: AppTest) -> AppTest:
    """Open every drawer whose content is made only then."""
    drawers = [*(one.proto for one in app.expander), *(one.proto.popover for one in app.get("popover"))]
    for drawer in drawers:
        if drawer.id:
            app.session_state[drawer.id.split("-", 2)[2]] = True
    return app.run()


def leave_for(app: AppTest, page: str) -> AppTest:
    """Go to a page as by a link without a query: the URL keeps nothing, the session does."""
    app.query_params.clear()
    return open_page(app, page)


def text_of(app: AppTest) -> str:
    """Join everything written on the page, without the marks that keep it from being markdown."""
    kinds: list[Any] = [app.title, app.markdown, app.caption, app.error, app.warning, app.info]
    written = "\n".join(element.value for kind in kinds for element in kind)
    return plain(written)


def told_of(app: AppTest) -> str:
    """Join everything written on the page and in the tooltips of its texts."""
    tooltips = [element.proto.help for element in app.markdown if element.proto.help]
    return "\n".join([text_of(app), *map(plain, tooltips)])


def plain(text: str) -> str:
    """Take the marks away that keep a text from being markdown."""
    return text.replace("\\", "").replace("\u2060", "")


def says(app: AppTest, words: str) -> bool:
    """Whether a text that the program has made stands on the page, as a sentence or within one."""
    return words.lower() in text_of(app).lower()


def page_of(app: AppTest) -> str:
    """Return the page shown, by its path in the URL."""
    return app.session_state[PLACE] or "home"


def headline_of(workspace: Workspace, experiment: ExperimentConfig) -> Verdict:
    """Return the verdict that stands first, as the engine comes to it."""
    verdict = gather(workspace, experiment.experiment_id).headline
    assert verdict is not None
    return verdict


def links_of(app: AppTest) -> list[str]:
    """Return the labels of the links within the page, but for the experiment's tabs."""
    return [link.proto.label for link in _links(app)]


def tabs_of(app: AppTest) -> list[tuple[str, str, str]]:
    """Return page, icon and tooltip of each of the experiment's tabs."""
    icons = {DONE, NEXT, LATER}
    return [
        (link.proto.page, link.proto.icon, link.proto.help)
        for link in app.get("page_link")
        if link.proto.icon in icons
    ]


def targets_with_tabs(app: AppTest) -> list[tuple[str, str]]:
    """Return the page and the query of every link within the page."""
    return [(link.proto.page, link.proto.query_string) for link in app.get("page_link")]


def _links(app: AppTest) -> list[Any]:
    return [link for link in app.get("page_link") if link.proto.icon not in {DONE, NEXT, LATER}]


def figures_of(app: AppTest) -> list[str]:
    """Return the specification of every figure."""
    return [figure.proto.spec for figure in app.get("plotly_chart")]


def query_of(app: AppTest, name: str) -> str:
    """Return a parameter of the page's URL."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def targets_of(app: AppTest) -> list[tuple[str, str]]:
    """Return the page and the query of the links within the page, but for the experiment's tabs."""
    return [(link.proto.page, link.proto.query_string) for link in _links(app)]
