"""Archives, folders and Parquet files of pictures as tables, and what is set aside of them."""

import json
import struct
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.images.drawing import archive, packed, scene, two_classes
from tl_core.errors import DataError
from tl_core.files.reading import read_table
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
