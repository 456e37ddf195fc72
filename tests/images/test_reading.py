"""Archives, folders and Parquet files of pictures as tables, and what is set aside of them."""

import json
import os
import struct
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.images.drawing import archive, packed, scene, two_classes
from tl_core.errors import DataError, SplitError
from tl_core.files.reading import read_table
from tl_core.images.reading import rows, write_files
from tl_core.intake.intake import choose_columns, make_intake
from tl_core.schema import FileFormat, SplitMethod


def read(tmp_path, files, **options):
    return read_table(archive(tmp_path / "my pictures.zip", files), **options)


def found(table, code):
    return next(one for one in table.findings if one.code == code)


def labels_of(table):
    rows = table.columns.select(["file", "label"]).to_pylist()
    return {row["file"].rpartition("/")[2]: row["label"] for row in rows}


def picture(seed=0):
    return packed(scene(seed, (48, 48)))


def test_class_folders_are_labels(tmp_path):
    table = read(tmp_path, two_classes(3))
    assert table.modality == "image"
    assert table.decisions.format is FileFormat.FILES
    assert table.columns.column_names == ["image", "label", "file"]
    assert set(labels_of(table).values()) == {"disc", "square"}
    choice = choose_columns(table).choice
    assert (choice.text, choice.label, choice.modality) == (("image",), ("label",), "image")


def test_what_systems_and_people_add_is_left_out_and_told(tmp_path):
    files = two_classes(2) | {
        "shapes/.DS_Store": b"x", "shapes/Thumbs.db": b"x", "__MACOSX/shapes/disc/._disc_00.jpg": b"x",
        "shapes/disc/broken.jpg": picture()[:400], "shapes/disc/none.png": b"not at all",
        "shapes/square/0.jpg": b"", "shapes/readme.md": b"hello", "shapes/empty_class/": b"",
        "shapes/disc/UPPER.JPEG": picture(9),
    }  # fmt: skip
    table = read(tmp_path, files)
    assert table.num_rows == 5
    aside = found(table, "not_pictures")
    assert aside.count == 3
    assert [one.partition(": ")[2] for one in aside.examples] == [
        "damaged or cut off",
        "not a picture",
        "empty",
    ]
    assert found(table, "other_files").examples == ("shapes/readme.md",)
    assert "empty_class" in found(table, "empty_folders").message


@pytest.mark.parametrize(
    "pattern", ["{part}/{label}/{name}", "all/{part}/{label}/{name}", "{label}/{part}/{name}"]
)
def test_parts_above_or_below_the_classes_are_the_split(tmp_path, pattern):
    files = {
        pattern.format(part=part, label=label, name=f"{part}{label}{place}.jpg"): picture(
            100 * at + 10 * place + (label == "cats")
        )
        for at, part in enumerate(("train", "val", "test"))
        for label in ("cats", "dogs")
        for place in range(4)
    }
    table = read(tmp_path, files)
    assert set(labels_of(table).values()) == {"cats", "dogs"}
    intake = make_intake(table, name="x", choice=choose_columns(table).choice)
    assert intake.split.info.rule.method is SplitMethod.OWN
    assert (intake.split.info.train, intake.split.info.validation, intake.split.info.test) == (8, 8, 8)


def test_digits_are_classes_and_no_parts(tmp_path):
    files = {
        f"{label}/{label}{place}.png": picture(label * 10 + place) for label in (0, 1) for place in range(3)
    }
    assert set(labels_of(read(tmp_path, files)).values()) == {"0", "1"}


METADATA = {
    "metadata.csv": "file_name,label,patient\na.jpg,cat,p1\nb.jpg,dog,p2\nc.jpg,cat,p1\n",
    "metadata.jsonl": "\n".join(
        json.dumps({"file_name": f"{one}.jpg", "label": label, "patient": "p"})
        for one, label in zip("abc", ("cat", "dog", "cat"), strict=True)
    ),
    "train/labels.csv": "id;label;patient\na;cat;p1\nb;dog;p2\nc;cat;p1\n",
}


@pytest.mark.parametrize("name", METADATA)
def test_a_table_beside_the_pictures_gives_the_labels_and_more(tmp_path, name):
    folder = name.rpartition("/")[0] + "/" if "/" in name else ""
    files = {f"{folder}{one}.jpg": picture(place) for place, one in enumerate("abc")}
    table = read(tmp_path, files | {name: METADATA[name].encode()})
    assert labels_of(table) == {"a.jpg": "cat", "b.jpg": "dog", "c.jpg": "cat"}
    assert "patient" in table.columns.column_names
    assert not table.findings


def test_rows_without_a_picture_and_pictures_without_a_row_are_named(tmp_path):
    files = {"a.jpg": picture(1), "b.jpg": picture(2), "left.jpg": picture(3)}
    table = read(tmp_path, files | {"m.csv": b"file_name,label\na.jpg,x\nb.jpg,y\ngone.jpg,x\n"})
    assert labels_of(table) == {"a.jpg": "x", "b.jpg": "y"}
    assert found(table, "missing_pictures").examples == ("gone.jpg",)
    assert found(table, "surplus_pictures").examples == ("left.jpg",)


def test_to_be_predicted_every_picture_is_kept_whatever_a_table_names(tmp_path):
    files = {"a.jpg": picture(1), "b.jpg": picture(2), "left.jpg": picture(3)}
    table = read(tmp_path, files | {"m.csv": b"file_name,label\na.jpg,x\nb.jpg,y\n"}, min_columns=1)
    assert labels_of(table) == {"a.jpg": "x", "b.jpg": "y", "left.jpg": ""}


def test_each_part_of_a_hub_folder_may_have_a_table_of_its_own(tmp_path):
    files = {}
    for part in ("train", "test"):
        files |= {f"{part}/{place}.jpg": picture(place + 5 * (part == "test")) for place in range(4)}
        rows = "".join(f"{place}.jpg,{('x', 'y')[place % 2]}\n" for place in range(4))
        files[f"{part}/metadata.csv"] = f"file_name,label\n{rows}".encode()
    table = read(tmp_path, files)
    assert table.num_rows == 8
    assert set(table.columns["split"].to_pylist()) == {"train", "test"}


def test_places_are_told_and_not_kept(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    table = read(tmp_path, two_classes(2) | {"shapes/disc/here.jpg": packed(scene(5), "JPEG", exif=exif)})
    told = found(table, "picture_location")
    assert told.examples == ("shapes/disc/here.jpg",)
    assert told.severity == "warning"


@pytest.mark.parametrize("name", ["../out.jpg", "/etc/out.jpg", "a/../../out.jpg", "C:/out.jpg"])
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    with pytest.raises(DataError, match="outside of the folder"):
        read(tmp_path, two_classes(1) | {name: picture()})


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    path = archive(tmp_path / "bomb.zip", two_classes(1))
    whole = bytearray(path.read_bytes())
    for at in range(len(whole) - 4):  # every entry of the directory claims 3 GiB
        if whole[at : at + 4] == b"PK\x01\x02":
            whole[at + 24 : at + 28] = struct.pack("<I", 3 << 30)
    path.write_bytes(whole)
    with pytest.raises(DataError, match="more than 4 GiB"):
        read_table(path)


def test_more_pictures_than_one_column_can_hold_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "MOST_CELL_BYTES", 100)
    path = archive(tmp_path / "many.zip", two_classes(2))
    with pytest.raises(DataError, match="take more than") as refused:
        write_files(path, path.name, tmp_path / "rows.arrow")
    assert refused.value.remedy == "Keep a random part of them."


def test_an_encrypted_archive_is_refused(tmp_path):
    path = archive(tmp_path / "locked.zip", two_classes(1))
    whole = bytearray(path.read_bytes())
    for at in range(len(whole) - 4):
        if whole[at : at + 4] == b"PK\x01\x02":
            whole[at + 8] |= 1
    path.write_bytes(whole)
    with pytest.raises(DataError, match="encrypted"):
        read_table(path)


def test_pictures_without_classes_are_refused_with_a_remedy(tmp_path):
    for files in (
        {"a.jpg": picture(1), "b.jpg": picture(2)},
        {"cats/a.jpg": picture(1), "cats/b.jpg": picture(2)},
    ):
        with pytest.raises(DataError) as refused:
            read(tmp_path, files)
        assert "folder" in refused.value.remedy
    assert read(tmp_path, {"a.jpg": picture(1), "b.jpg": picture(2)}, min_columns=1).num_rows == 2


def test_one_picture_is_a_table_of_one_row(tmp_path):
    path = tmp_path / "bee.PNG"
    path.write_bytes(picture())
    assert read_table(path, min_columns=1).columns.column_names[0] == "image"
    with pytest.raises(DataError, match="no class folders"):
        read_table(path)


def test_a_name_alone_makes_no_picture(tmp_path):
    path = tmp_path / "table.png"
    path.write_text("text,label\na b,x\nc d,y\n")
    assert read_table(path).modality is None
    with pytest.raises(DataError, match="2 files"):
        read(tmp_path, {"a.csv": b"text,label\na,x\n", "b.csv": b"text,label\na,x\n"})


def test_a_folder_is_read_and_its_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(picture(77))
    with zipfile.ZipFile(archive(tmp_path / "x.zip", two_classes(3))) as packed_files:
        packed_files.extractall(tmp_path / "folder")
    (tmp_path / "folder" / "shapes" / "disc" / "link.jpg").symlink_to(secret)
    table = read_table(tmp_path / "folder")
    assert table.num_rows == 6
    assert table.modality == "image"
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("x")
    with pytest.raises(DataError, match="a folder, not a table"):
        read_table(tmp_path / "texts")


def test_parquet_as_hugging_face_writes_it(tmp_path):
    cells = [{"bytes": picture(place), "path": f"{place}.jpg"} for place in range(4)]
    table = pa.table({"image": cells, "label": [0, 1, 0, 1]})
    about = {
        "info": {
            "features": {
                "image": {"_type": "Image"},
                "label": {"names": ["ant", "bee"], "_type": "ClassLabel"},
            }
        }
    }
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(about)}), tmp_path / "x.parquet")
    read_back = read_table(tmp_path / "x.parquet")
    assert read_back.modality == "image"
    assert read_back.columns["label"].to_pylist() == ["ant", "bee", "ant", "bee"]


def many(*folders, each=4):
    """Draw pictures in folders, each other than all others."""
    names = [folder for folder in folders for _ in range(each)]
    return {f"{folder}/{at}.jpg": picture(500 + at) for at, folder in enumerate(names)}


def label_counts(table):
    found = table.columns["label"].to_pylist()
    return {label: found.count(label) for label in sorted(set(found))}


CATS_AND_DOGS = {"cats": 8, "dogs": 8}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("training_set/training_set", "test_set/test_set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train_images", "test_images"),
        ("Training Set", "Test Set"),
        ("train2017", "val2017"),
        ("1_train", "2_test"),
        ("train/images", "test/images"),
        ("ds/train", "ds/test"),
        ("trainset", "testset"),
    ],
)
@pytest.mark.parametrize("stray", ["", "cover.jpg", "pred/1.jpg"])
def test_folders_of_parts_are_no_classes_whatever_they_are_called(tmp_path, train, test, stray):
    files = many(*(f"{part}/{label}" for part in (train, test) for label in ("cats", "dogs")))
    above = "ds/" if train.startswith("ds/") else ""
    files |= {above + stray: picture(1)} if stray else {}
    table = read(tmp_path, files)
    assert label_counts(table) == CATS_AND_DOGS
    assert len(set(table.columns["split"].to_pylist())) == 2
    choice = choose_columns(table).choice
    assert (choice.label, choice.split) == (("label",), "split")
    if stray:
        assert found(table, "pictures_in_no_part").examples == (above + stray,)


def test_one_part_beside_pictures_to_predict_leaves_the_classes(tmp_path):
    table = read(tmp_path, many("train/cats", "train/dogs", each=8) | {"unlabelled/1.jpg": picture(1)})
    assert label_counts(table) == CATS_AND_DOGS
    assert "split" not in table.columns.column_names
    assert found(table, "pictures_in_no_part").count == 1


@pytest.mark.parametrize("only", ["train", "valid"])
def test_a_class_that_is_called_like_a_part_stays_a_class(tmp_path, only):
    assert set(label_counts(read(tmp_path, many(only, "plane", "car")))) == {only, "plane", "car"}


def test_a_picture_beside_a_wrapper_is_in_no_class(tmp_path):
    table = read(tmp_path, many("ds/cats", "ds/dogs", each=8) | {"cover.jpg": picture(3)})
    assert label_counts(table) == {"": 1, **CATS_AND_DOGS}


def test_parts_never_take_the_place_of_labels(tmp_path):
    files = many(*(f"{part}/c{at}" for at in range(12) for part in ("train", "test")), each=1)
    table = read(tmp_path, files)
    assert choose_columns(table).choice.label == ("label",)
    with pytest.raises(SplitError, match="only 1 example"):
        make_intake(table, name="x", choice=choose_columns(table).choice)


def test_a_table_without_labels_adds_to_what_folders_say(tmp_path):
    files = many("cats", "dogs", each=8)
    rows = "".join(f"{name},p{at % 7}\n" for at, name in enumerate(files))
    table = read(tmp_path, files | {"patients.csv": f"file_name,patient\n{rows}".encode()})
    assert label_counts(table) == CATS_AND_DOGS
    choice = choose_columns(table).choice
    assert (choice.label, choice.group) == (("label",), "patient")


def test_numbers_of_rows_are_no_names_of_pictures(tmp_path):
    files = {
        f"{label}/{at}.jpg": picture(at + 9 * (label == "cats"))
        for label in ("cats", "dogs")
        for at in range(8)
    }
    table = read(tmp_path, files | {"classes.csv": b"id,name\n0,cat\n1,dog\n"})
    assert table.columns.column_names == ["image", "label", "file"]
    assert "classes.csv" in found(table, "unused_tables").message


def test_a_table_for_each_part_is_the_split(tmp_path):
    files = {f"images/{at:02}.jpg": picture(at) for at in range(12)}
    for part, places in (("train", range(6)), ("val", range(6, 9)), ("test", range(9, 12))):
        rows = "".join(f"{at:02}.jpg,{'ab'[at % 2]}\n" for at in places)
        files[f"{part}.csv"] = f"file_name,label\n{rows}".encode()
    split = read(tmp_path, files).columns["split"].to_pylist()
    assert [split.count(part) for part in ("train", "validation", "test")] == [6, 3, 3]


@pytest.mark.parametrize(
    "called",
    [
        *("/home/me/data/{at:02}.jpg", "C:\\Users\\me\\{at:02}.jpg", "../images/{at:02}.jpg"),
        *("dataset/images/{at:02}.JPG", "{at:02}.png", "{at:02}"),
    ],
)
def test_names_are_found_however_a_table_writes_them(tmp_path, called):
    files = {f"images/{at:02}.jpg": picture(at) for at in range(6)}
    rows = "".join(f"{called.format(at=at)},{'ab'[at % 2]}\n" for at in range(6))
    table = read(tmp_path, files | {"labels.csv": f"name,label\n{rows}".encode()})
    assert label_counts(table) == {"a": 3, "b": 3}


def test_lines_of_a_name_and_a_label_are_a_table(tmp_path):
    files = {f"images/{at:02}.jpg": picture(at) for at in range(6)}
    lines = "".join(f"images/{at:02}.jpg {at % 2}\n" for at in range(6))
    assert label_counts(read(tmp_path, files | {"list.txt": lines.encode()})) == {"0": 3, "1": 3}


def test_a_table_of_other_names_is_told(tmp_path):
    files = {f"{at:02}.jpg": picture(at) for at in range(6)}
    with pytest.raises(DataError, match=r"“labels\.csv” names hardly any of the pictures: it has “x1\.jpg”"):
        read(tmp_path, files | {"labels.csv": b"name,label\nx1.jpg,a\nx2.jpg,b\n"})


def test_a_picture_that_two_tables_name_is_one_row(tmp_path):
    files = {f"{at:02}.jpg": picture(at) for at in range(6)}
    labels = "".join(f"{at:02},{'ab'[at % 2]}\n" for at in range(6))
    others = "".join(f"{at:02},{at % 3},a\n" for at in range(6))
    files["labels.csv"] = f"id,label\n{labels}".encode()
    files["more.csv"] = f"id,camera,label\n{others}".encode()
    table = read(tmp_path, files)
    assert label_counts(table) == {"a": 3, "b": 3}
    assert table.columns["camera"].to_pylist() == [str(at % 3) for at in range(6)]
    assert found(table, "contradicting_tables").count == 3


def test_columns_of_ones_and_zeros_are_the_labels(tmp_path):
    files = {f"{at:02}.jpg": picture(at) for at in range(12)}
    rows = "".join(f"{at:02}.jpg,{at % 3 == 0:.1f},{at % 3 == 1:.1f},{at % 3 == 2:.1f}\n" for at in range(12))
    table = read(tmp_path, files | {"truth.csv": f"image,MEL,NV,BCC\n{rows}".encode()})
    assert choose_columns(table).choice.label == ("MEL", "NV", "BCC")


def test_notes_on_single_pictures_are_no_tables(tmp_path):
    files = many("cats", "dogs", each=8)
    notes = {f"{name}.json": b'{"title": "a"}' for name in files}
    notes |= {name.replace(".jpg", ".txt"): b"0 .5 .5 .1 .1\n" for name in files}
    table = read(tmp_path, files | notes | {"print.json": b"{}"})
    assert label_counts(table) == CATS_AND_DOGS
    assert found(table, "other_files").count == 33


def test_names_of_other_systems_are_read(tmp_path):
    folders = ("k\u00e4fer", "ka\u0308fer", "br\u00f6t", "br\u00f6t")
    names = [f"ds\\{folder}\\{at}.jpg".encode() for at, folder in enumerate(folders)]
    made_up = [f"{at}".encode().ljust(len(name), b"x") for at, name in enumerate(names)]
    path = archive(tmp_path / "old.zip", {name.decode(): picture(at) for at, name in enumerate(made_up)})
    raw = path.read_bytes()
    for one, name in zip(made_up, names, strict=True):  # UTF-8 that no flag speaks of
        raw = raw.replace(one, name)
    path.write_bytes(raw)
    assert label_counts(read_table(path)) == {"br\u00f6t": 2, "k\u00e4fer": 2}


@pytest.mark.parametrize("folder", [".ipynb_checkpoints", "@eaDir", ".thumbnails"])
def test_folders_of_tools_are_no_classes(tmp_path, folder):
    assert label_counts(read(tmp_path, many("cats", "dogs", each=8) | many(folder))) == CATS_AND_DOGS


def test_a_class_may_be_called_with_a_colon(tmp_path):
    assert set(label_counts(read(tmp_path, many("Grade: A", "Grade: B")))) == {"Grade: A", "Grade: B"}


def test_a_name_that_is_no_text_is_read(tmp_path):
    for label in ("cats", "dogs"):
        (tmp_path / "folder" / label).mkdir(parents=True)
        for at in range(3):
            (tmp_path / "folder" / label / f"{at}.jpg").write_bytes(picture(at + 9 * (label == "cats")))
    with open(os.fsencode(tmp_path / "folder" / "cats") + b"/k\xe4se.jpg", "wb") as file:
        file.write(picture(99))
    assert label_counts(read_table(tmp_path / "folder")) == {"cats": 4, "dogs": 3}


def parquet(tmp_path, columns, names=None):
    table = pa.table(columns)
    if names:
        about = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(about)})
    pq.write_table(table, tmp_path / "x.parquet")
    return read_table(tmp_path / "x.parquet")


@pytest.mark.parametrize("names", [["ant", "bee"], {"1": "bee", "0": "ant"}])
def test_a_label_that_is_kept_back_is_none(tmp_path, names):
    cells = [{"bytes": picture(at), "path": f"{at}.jpg"} for at in range(4)]
    table = parquet(tmp_path, {"image": cells, "label": [0, 1, -1, -1]}, names)
    assert table.columns["label"].to_pylist() == ["ant", "bee", "", ""]


def test_pictures_in_parquet_may_be_plain_bytes(tmp_path):
    table = parquet(tmp_path, {"image": [picture(at) for at in range(4)], "label": [0, 1, 0, 1]})
    assert (table.modality, table.num_rows) == ("image", 4)


def test_one_picture_a_row_is_read_and_several_are_refused(tmp_path):
    cells = [{"bytes": picture(at), "path": f"{at}.jpg"} for at in range(4)]
    table = parquet(tmp_path, {"image": cells, "label": [0, 1, 0, 1], "mask": cells})
    assert table.columns.column_names == ["image", "label", "file"]
    assert "mask" in found(table, "other_picture_columns").message
    with pytest.raises(DataError, match="several pictures"):
        parquet(tmp_path, {"images": [[one] for one in cells], "label": [0, 1, 0, 1]})


def test_a_table_of_texts_is_no_table_of_pictures(tmp_path):
    pq.write_table(pa.table({"text": ["a b", "c d"], "label": ["x", "y"]}), tmp_path / "x.parquet")
    assert read_table(tmp_path / "x.parquet").modality is None


def test_the_same_picture_in_two_classes_is_a_conflict(tmp_path):
    files = two_classes(6) | {"shapes/square/twin.jpg": two_classes(6)["shapes/disc/disc_00.jpg"]}
    table = read(tmp_path, files)
    dataset = make_intake(table, name="x", choice=choose_columns(table).choice).dataset
    told = next(one for one in dataset.info.findings if one.code == "conflicting_labels")
    assert told.count == 2
    assert told.examples == ("“disc”, “square”: shapes/disc/disc_00.jpg",)
    assert dataset.num_examples == 11
