"""Pictures on the pages: taken in class by class or from the sample, looked at, planned."""

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from samples.draw import draw
from tests.pages.reading import open_page, text_of
from tl_core.intake.bundled import SAMPLES, read_sample
from tl_core.intake.intake import store_intake
from tl_core.intake.uploads import find_upload
from tl_core.store.workspace import Workspace


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_the_drawn_sample_is_looked_at_and_planned_without_what_reads_texts(
    app: AppTest, workspace: Workspace
) -> None:
    info = store_intake(workspace, read_sample(SAMPLES["drawn_things"])).dataset.info
    open_page(app, "data", dataset=info.fingerprint)
    told = text_of(app)
    assert "A look at each class" in told
    assert "Tokens per text" not in told
    open_page(app, "setup", dataset=info.fingerprint)
    labels = {box.label for box in app.checkbox}
    assert {"Fine-tuned", "Histogram", "From scratch", "Augmentation"} <= labels
    assert not {"TF-IDF", "Contrastive"} & labels
    assert "The pretraining has seen ImageNet." in text_of(app)
    assert [one.label for one in app.number_input if one.label == "Pixels a side"]


def test_pictures_are_dropped_class_by_class(app: AppTest, workspace: Workspace) -> None:
    def picture(thing: str, number: int) -> tuple[str, bytes, str]:
        file = io.BytesIO()
        draw(thing, number).save(file, "JPEG")
        return f"{thing}{number}.jpg", file.getvalue(), "image/jpeg"

    open_page(app, "data")
    for thing in ("cup", "key"):
        next(one for one in app.text_input if one.label == "Class").set_value(thing).run()
        uploader = next(one for one in app.get("file_uploader") if one.label == "Pictures of this class")
        uploader.set_value([picture(thing, number) for number in range(5)]).run()
        press(app, "Add to the class")
    assert "cup: 5, key: 5." in text_of(app)
    press(app, "Use these 10 pictures")
    upload = find_upload(workspace, app.query_params["upload"])
    with zipfile.ZipFile(workspace.upload_path(upload.upload_id)) as archive:
        assert sorted(archive.namelist())[:2] == ["class_1/cup0.jpg", "class_1/cup1.jpg"]
    assert "10 rows" in text_of(app)


def test_what_the_server_offers_is_taken_from_its_folder(
    app: AppTest, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"some words {number},{'ab'[number % 2]}\n" for number in range(40))
    (tmp_path / "offered").mkdir()
    (tmp_path / "offered" / "rows.csv").write_text(f"text,label\n{rows}")
    monkeypatch.setenv("TL_DATA_FOLDER", str(tmp_path / "offered"))
    open_page(app, "data")
    assert "From this server" in {one.label for one in app.expander}
    press(app, "Use it")
    assert find_upload(workspace, app.query_params["upload"]).name == "rows.csv"
