"""Names and labels that try to be links, images, icons, formulas or markup are shown as they were written."""

import csv
import io

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SYMBOLS = ":streamlit: :smile: :material/home: :red[x] a -> b -- c >= d <-> e ~= f"
MARKUP = "**x** `y` $z$ <b>bold</b> &amp; # [i](j) ~~k~~"
LABEL = f"https://evil.example www.evil.example me@evil.example {SYMBOLS} {MARKUP}"
TEXT_COLUMN = "![i](http://evil.example/p.png) www.evil.example"
LABEL_COLUMN = "<img src=x> :streamlit: :red[x]"
FILE = "www.evil.example me@evil.example :streamlit: a -> b **x** $z$.csv"


def hostile_file() -> bytes:
    """Forty rows with hostile column names, a hostile label and texts with several labels."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([TEXT_COLUMN, LABEL_COLUMN])
    writer.writerows((f"It is the text of number {i}.", LABEL if i % 2 else "plain") for i in range(40))
    writer.writerows([("twice", LABEL), ("twice", "plain")])
    return file.getvalue().encode()


def shown(page: Page) -> str:
    """Return what the page shows, sidebar included, without the joiners that nobody sees."""
    return page.locator("body").inner_text().replace("\u2060", "")


def require_harmless(page: Page) -> None:
    made = page.locator("[data-testid=stMarkdownContainer]").locator("a, img, b, del, .katex, code")
    assert made.evaluate_all("all => all.filter(one => one.closest('button, a') !== one)") == []
    assert page.locator("a[href*=evil], img[src*=evil]").count() == 0


def test_hostile_names_are_shown_literally_from_the_upload_to_the_plan(page: Page) -> None:
    page.goto("/data")
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        {"name": FILE, "mimeType": "text/csv", "buffer": hostile_file()}
    )
    use = page.get_by_role("button", name="Use this dataset")
    expect(use).to_be_visible()
    assert FILE in shown(page)
    require_harmless(page)

    use.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What should be compared?")
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    assert shown(page).count(FILE.removesuffix(".csv")) >= 2  # the grey line and the sidebar
    require_harmless(page)

    page.get_by_test_id("stSidebarNav").get_by_role("link", name="1 Data").click()
    expect(page.get_by_text("The examples")).to_be_visible()
    assert f"“{TEXT_COLUMN}” and “{LABEL_COLUMN}”" in shown(page)
    require_harmless(page)
    page.get_by_role("button", name="Use other texts").first.click()
    expect(page.get_by_role("link", name="40 texts")).to_be_visible()
    assert FILE.removesuffix(".csv") in shown(page)
    require_harmless(page)
