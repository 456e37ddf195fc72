from collections.abc import Callable
from pathlib import Path

import pytest

from tl_core.errors import DataError
from tl_core.files.encodings import Decoded, copy_as_utf8

Decode = Callable[..., tuple[Decoded, str]]


@pytest.fixture
def decode(tmp_path: Path) -> Decode:
    def write_and_decode(content: bytes, encoding: str | None = None) -> tuple[Decoded, str]:
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(content)
        decoded = copy_as_utf8(source, target, encoding, name="mine.csv")
        return decoded, target.read_bytes().decode()

    return write_and_decode


TEXTS = {
    "windows-1250": "text,label\nPříliš žluťoučký kůň úpěl ďábelské ódy,dobré\nNáš dům je starý,špatné\n",
    "windows-1251": "text,label\nОчень хороший фильм,да\nМне совсем не понравилось,нет\n",
    "windows-1252": "text,label\nDie Größe stört mich überhaupt nicht,schön\nFür Bärbel war es böse,übel\n",
    "windows-1253": "text,label\nΠολύ καλή ταινία,θετικό\nΔεν μου άρεσε καθόλου,αρνητικό\n",
    "windows-1254": "text,label\nÇok güzel bir ürün beğendim,olumlu\nHiç beğenmedim kötü şey ığdır,olumsuz\n",
    "windows-1255": "text,label\nסרט טוב מאוד,חיובי\nלא אהבתי בכלל,שלילי\n",
    "windows-1256": "text,label\nفيلم جيد جدا,إيجابي\nلم يعجبني على الإطلاق,سلبي\n",
    "cp874": "text,label\nหนังเรื่องนี้ดีมาก,บวก\nฉันไม่ชอบเลย,ลบ\n",
    "gb18030": "text,label\n这部电影非常好看,好\n我一点也不喜欢这个产品,坏\n",
    "big5": "text,label\n這部電影非常好看,好\n我一點也不喜歡這個產品,壞\n",
    "shift_jis": "text,label\nとても良い映画でした。,良い\nまったく面白くなかったです。,悪い\n",
    "euc_jp": "text,label\nとても良い映画でした。,良い\nまったく面白くなかったです。,悪い\n",
    "iso2022_jp": "text,label\nとても良い映画でした。,良い\nまったく面白くなかったです。,悪い\n",
    "euc_kr": "text,label\n아주 좋은 영화였습니다,긍정\n전혀 마음에 들지 않았어요,부정\n",
    "utf-16-le": "text,label\n这部电影非常好看,好\n我一点也不喜欢这个产品,坏\n",
    "utf-16-be": "text,label\nΠολύ καλή ταινία,θετικό\nΔεν μου άρεσε,αρνητικό\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_texts_in_common_encodings_are_read_exactly(decode: Decode, encoding: str) -> None:
    decoded, text = decode(TEXTS[encoding].encode(encoding))
    assert text == TEXTS[encoding]
    assert (decoded.num_nul_bytes, decoded.num_replaced_bytes) == (0, 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark_is_no_part_of_the_text(decode: Decode, encoding: str) -> None:
    content = "text,label\nä,b\n".encode(encoding)
    assert decode(content) == (Decoded(encoding=encoding), "text,label\nä,b\n")
    chosen = "utf-16-le" if encoding == "utf-16" else encoding.removesuffix("-sig")
    assert decode(content, chosen)[1] == "text,label\nä,b\n"


def test_few_broken_bytes_leave_utf8_and_are_counted(decode: Decode) -> None:
    words = "Größe, schön,übel\n" * 100
    decoded, text = decode(words.encode() + b"\xfc\xe4,x\n" + words.encode())
    assert decoded == Decoded(encoding="utf-8", num_replaced_bytes=2)
    assert text == words + "\ufffd\ufffd,x\n" + words


def test_a_character_cut_at_the_end_leaves_utf8(decode: Decode) -> None:
    decoded, text = decode("text,label\nschön,€".encode()[:-1])
    assert decoded == Decoded(encoding="utf-8", num_replaced_bytes=2)
    assert text == "text,label\nschön,\ufffd\ufffd"


def test_replacement_character_of_the_file_itself_is_not_counted(decode: Decode) -> None:
    assert decode("a,\ufffd\n".encode()) == (Decoded(encoding="utf-8"), "a,\ufffd\n")


def test_single_bytes_are_not_taken_for_broken_utf8(decode: Decode) -> None:
    content = "text,label\nSchöne Größe,übel\nBär,gut\n".encode("windows-1252")
    assert decode(content)[0].encoding == "windows-1252"


def test_half_a_surrogate_pair_in_utf16_is_replaced(decode: Decode) -> None:
    content = ("some words,x\n" * 100).encode("utf-16") + b"\x3d\xd8" + "\nb,c\n".encode("utf-16-le")
    decoded, text = decode(content)
    assert (decoded.encoding, decoded.num_replaced_bytes) == ("utf-16", 2)
    assert text.endswith("\ufffd\ufffd\nb,c\n")


def test_zero_bytes_do_not_make_it_utf16(decode: Decode) -> None:
    decoded, text = decode(b"text,label\na\0b,c\nd,e\n")
    assert decoded == Decoded(encoding="utf-8", num_nul_bytes=1)
    assert text == "text,label\nab,c\nd,e\n"


@pytest.mark.parametrize("cut", [-1, 0, 1])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_characters_and_line_ends_across_chunks_survive(decode: Decode, cut: int, encoding: str) -> None:
    size = (1 << 20) // len("a".encode("utf-16-le" if encoding == "utf-16" else encoding))
    text = "a" * (size - 1 + cut) + "好\r\n,é\n"
    assert decode(text.encode(encoding), encoding)[1] == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "encoding", ["klingon", "rot13", "hex", "ascii", "", "a\0b", "undefined", "idna", "punycode"]
)
def test_impossible_encoding_is_refused_with_a_remedy(decode: Decode, encoding: str) -> None:
    with pytest.raises(DataError, match="“mine.csv” is not text in the encoding") as caught:
        decode("text,label\nä,b\n".encode() * 3, encoding)
    assert "utf-8" in caught.value.remedy
