"""Folders of photographs: whose is which. The pictures are grey squares."""

from __future__ import annotations

import io
import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.errors import FormatError, RefusedError, UsageError
from safelight.persons.person import Finding, PhotoRef, Record
from safelight.persons.registers.layout import Kind, layout_of
from safelight.persons.registers.open import open_register
from safelight.persons.registers.photos import open_photo, within


@cache
def grey() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), (128, 128, 128)).save(content, "JPEG")
    return content.getvalue()


def put(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(grey())
    return folder


def read(path: Path | str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The photographs of each person, and the reason of each finding."""
    made = list(open_register(path))
    return (
        {one.person_id: [photo.file for photo in one.photos] for one in made if isinstance(one, Record)},
        {one.where: one.reason for one in made if isinstance(one, Finding)},
    )


def people(*names: str) -> dict[str, list[str]]:
    return {person: list(files) for person, files in layout_of(names).people.items()}


def test_a_number_behind_a_name_is_the_photograph_s() -> None:
    names = ["P017_1.jpg", "P017_2.jpg", "anna (2).jpg", "anna.jpg", "ben 1.png", "ben 2.png"]
    assert people(*names) == {
        "P017": ["P017_1.jpg", "P017_2.jpg"],
        "anna": ["anna.jpg", "anna (2).jpg"],
        "ben": ["ben 1.png", "ben 2.png"],
    }


def test_numbers_that_begin_with_a_zero_are_photographs_where_there_are_several_names() -> None:
    assert people("A_Alpha_0001.jpg", "A_Alpha_0002.jpg", "B_Beta_0001.jpg") == {
        "A_Alpha": ["A_Alpha_0001.jpg", "A_Alpha_0002.jpg"],
        "B_Beta": ["B_Beta_0001.jpg"],
    }


def test_a_number_joined_to_a_name_counts_only_beside_the_name_itself() -> None:
    assert people("alpha.jpg", "alpha2.jpg", "P1.jpg", "P2.jpg") == {
        "alpha": ["alpha.jpg", "alpha2.jpg"],
        "P1": ["P1.jpg"],
        "P2": ["P2.jpg"],
    }


def test_a_folder_that_is_set_aside_is_no_person(tmp_path: Path) -> None:
    found, findings = read(put(tmp_path, "P1/a.jpg", "_probes/b.jpg"))
    assert list(found) == ["P1"]
    assert "_probes" in findings


@pytest.mark.parametrize(
    "names",
    [
        ["Stack_0001.jpg", "Stack_0002.jpg"],
        ["IMG_1.jpg", "IMG_2.jpg"],
        ["DSC-01.jpg", "DSC-02.jpg"],
        ["child 1.jpg", "child 2.jpg", "child 3.jpg"],
        ["IMG_0001.jpg", "IMG_0002.jpg"],
        ["P-17.jpg", "P-18.jpg"],
        ["list-17.jpg", "list-18.jpg"],
        ["anna.jpg", "anna.png"],
    ],
)
def test_a_number_that_may_be_a_person_s_makes_a_person_each(names: list[str]) -> None:
    found = layout_of(names)
    assert found.kind is Kind.FILES
    assert sorted(files for (files,) in found.people.values()) == sorted(names)


def test_a_single_numbered_file_keeps_its_name() -> None:
    assert people("P017_1.jpg", "ben.jpg") == {"P017_1": ["P017_1.jpg"], "ben": ["ben.jpg"]}


def test_where_others_have_several_the_first_photograph_of_somebody_is_theirs() -> None:
    assert people("P017_1.jpg", "P017_2.jpg", "P018_1.jpg").keys() == {"P017", "P018"}


def test_first_photographs_alone_are_the_people_s() -> None:
    assert people("P017_1.jpg", "P018_1.jpg").keys() == {"P017", "P018"}


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["a", "A", "x", "IMG", "_", "-", " ", "1", "2", "01", "0001", "(2)", "."]),
            min_size=1,
            max_size=6,
        )
        .map("".join)
        .flatmap(lambda said: st.sampled_from([f"{said}.jpg", f"{said}.png", said])),
        unique=True,
        max_size=12,
    )
)
def test_no_photograph_is_lost_or_given_twice(names: list[str]) -> None:
    assert sorted(file for files in people(*names).values() for file in files) == sorted(names)


def test_a_sub_folder_is_a_person_with_all_that_lies_below(tmp_path: Path) -> None:
    put(tmp_path, "P1/a.jpg", "P1/later/b.jpg", "P2/IMG_0001.jpg", "P2/IMG_0002.jpg")
    found, _ = read(tmp_path)
    assert found == {"P1": ["P1/a.jpg", "P1/later/b.jpg"], "P2": ["P2/IMG_0001.jpg", "P2/IMG_0002.jpg"]}


def test_a_folder_of_folders_gathers_people(tmp_path: Path) -> None:
    found, _ = read(put(tmp_path, "2025/P1/a.jpg", "2026/P1/a.jpg"))
    assert found == {"P1": ["2025/P1/a.jpg"], "2026/P1": ["2026/P1/a.jpg"]}


def test_a_folder_called_photos_is_no_person(tmp_path: Path) -> None:
    found, _ = read(put(tmp_path, "photos/anna.jpg", "photos/ben.jpg"))
    assert found == {"anna": ["photos/anna.jpg"], "ben": ["photos/ben.jpg"]}


def test_what_was_decided_is_said_with_each_person(tmp_path: Path) -> None:
    (one,) = open_register(put(tmp_path, "P1/a.jpg"))
    assert isinstance(one, Record)
    assert "sub-folder" in one.notes[0]


def test_one_photograph_is_one_person(tmp_path: Path) -> None:
    put(tmp_path, "anna.jpg", "ben.jpg")
    assert read(tmp_path / "anna.jpg") == ({"anna": ["anna.jpg"]}, {})


def test_what_was_never_meant_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "anna.jpg", ".hidden.jpg", "Thumbs.db", "__MACOSX/x.jpg")
    (tmp_path / "readme.txt").write_text("who took these")
    assert read(tmp_path) == ({"anna": ["anna.jpg"]}, {})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.jpg", b"%PDF-1.4", "begins as pdf"),
        ("bad.png", b"hello", "named as a photograph"),
        ("empty.jpg", b"", "empty"),
        ("form.pdf", b"%PDF-1.4", "save the pictures"),
        ("clip.mp4", b"\0\0\0\x18ftypisom", "video"),
    ],
)
def test_what_looks_meant_but_is_no_photograph_is_a_finding(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    put(tmp_path, "anna.jpg")
    (tmp_path / name).write_bytes(content)
    found, findings = read(tmp_path)
    assert list(found) == ["anna"]
    assert said in findings[name]


def test_a_link_is_listed_and_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "outside", "x.jpg")
    folder = put(tmp_path / "folder", "anna.jpg")
    (folder / "link.jpg").symlink_to(tmp_path / "outside" / "x.jpg")
    (folder / "more").symlink_to(tmp_path / "outside")
    found, findings = read(folder)
    assert list(found) == ["anna"]
    assert findings.keys() == {"link.jpg", "more"}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    put(tmp_path, "anna.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "pipe.jpg" in read(tmp_path)[1]


def test_a_name_in_any_bytes_can_be_said_and_opened(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/P\xff.jpg", "wb") as file:  # noqa: PTH123  # why: no path is such bytes
        file.write(grey())
    ((person, (photo,)),) = read(tmp_path)[0].items()
    assert person == "P\\xff"
    with open_photo(tmp_path, PhotoRef(photo)) as opened:
        assert opened.read() == grey()


def test_folders_without_end_are_a_finding(tmp_path: Path) -> None:
    put(tmp_path, "/".join(["d"] * 20) + "/x.jpg", "anna.jpg")
    found, findings = read(tmp_path)
    assert list(found) == ["anna"]
    assert any("deep" in reason for reason in findings.values())


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    assert "no photograph" in next(iter(read(tmp_path)[1].values()))


def test_the_register_in_a_folder_is_used_and_photographs_it_does_not_name_are_said(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "list.csv").write_text("person_id,photo,name\nT-1,a.jpg,Alpha\n")
    found, findings = read(tmp_path)
    assert found == {"T-1": ["a.jpg"]}
    assert "nobody" in findings["b.jpg"]


def test_json_that_states_no_people_is_no_register(tmp_path: Path) -> None:
    put(tmp_path, "anna.jpg")
    (tmp_path / "camera.json").write_text('{"model": "x", "iso": 100}')
    assert read(tmp_path)[0] == {"anna": ["anna.jpg"]}


def test_notices_one_behind_the_other_are_one_register(tmp_path: Path) -> None:
    put(tmp_path, "2099-1.jpg", "2099-2_1.jpg")
    notice = '{"entity_id": "2099/%d", "forename": "A", "name": "B"}\n'
    (tmp_path / "all.json").write_text(notice % 1 + notice % 2)
    assert read(tmp_path)[0] == {"2099/1": ["2099-1.jpg"], "2099/2": ["2099-2_1.jpg"]}


def test_two_registers_in_a_folder_are_refused(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("person_id,photo,name\nT-1,a.jpg,Alpha\n")
    with pytest.raises(UsageError, match="more than one register"):
        open_register(tmp_path)


def register(folder: Path, photo: str, person: str = "T-1") -> Path:
    file = folder / "list.csv"
    file.write_text(f'person_id,photo,name\n{person},"{photo}",Alpha\n')
    return file


@pytest.mark.parametrize("stated", ["a.jpg", "./a.jpg", "A.JPG", "inner/b.jpg", "inner\\b.jpg", "b.jpg"])
def test_a_photograph_beside_the_register_or_below_is_found(tmp_path: Path, stated: str) -> None:
    put(tmp_path, "a.jpg", "inner/b.jpg")
    found, findings = read(register(tmp_path, stated))
    assert found["T-1"] in (["a.jpg"], ["inner/b.jpg"])
    assert findings == {}


@pytest.mark.parametrize(
    "stated",
    [
        "../secret.jpg",
        "inner/../../secret.jpg",
        "..\\secret.jpg",
        "/etc/passwd",
        "C:\\secret.jpg",
        "link.jpg",
        "linked/secret.jpg",
        "gone.jpg",
        "inner",
    ],
)
def test_a_path_that_leaves_the_folder_is_a_finding_and_never_opened(tmp_path: Path, stated: str) -> None:
    put(tmp_path, "secret.jpg")
    folder = put(tmp_path / "case", "inner/x.jpg")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "linked").symlink_to(tmp_path)
    found, findings = read(register(folder, stated))
    assert found == {"T-1": []}
    assert len(findings) == 1


def test_two_files_of_a_name_are_not_guessed_between(tmp_path: Path) -> None:
    put(tmp_path, "one/b.jpg", "two/b.jpg")
    found, findings = read(register(tmp_path, "b.jpg"))
    assert found == {"T-1": []}
    assert len(findings) == 1


@pytest.mark.parametrize("file", ["2099-10003.jpg", "2099-10003_1.jpg", "2099-10003/x.jpg"])
def test_where_only_an_address_is_given_the_file_of_that_id_is_taken(tmp_path: Path, file: str) -> None:
    put(tmp_path, file, "2099-10004.jpg")
    found, _ = read(register(tmp_path, "https://example.org/images/1", "2099/10003"))
    assert found == {"2099/10003": [file]}


def test_a_person_without_any_photograph_is_said(tmp_path: Path) -> None:
    assert "no photograph" in next(iter(read(register(tmp_path, ""))[1].values()))


def test_a_file_that_became_a_link_is_not_opened(tmp_path: Path) -> None:
    put(tmp_path, "secret.jpg", "case/a.jpg")
    assert within(tmp_path / "case", "a.jpg") == ("a.jpg", "")
    (tmp_path / "case" / "a.jpg").unlink()
    (tmp_path / "case" / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(FormatError):
        open_photo(tmp_path / "case", PhotoRef("a.jpg"))


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "", "inner/../../secret.jpg"])
def test_no_reference_opens_what_lies_outside(tmp_path: Path, name: str) -> None:
    put(tmp_path, "secret.jpg", "case/inner/a.jpg")
    with pytest.raises(FormatError):
        open_photo(tmp_path / "case", PhotoRef(name))


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/x.csv",
        "HTTPS://example.org",
        "ftp://192.0.2.1/x",
        "file:///srv/x.csv",
        "//192.0.2.1/share",
        "\\\\192.0.2.1\\share",
        "smb://192.0.2.1/x",
        "s3://bucket/x",
        "data:text/csv,x",
        "www.example.org/x",
    ],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_an_address_is_refused(address: str, kind: type[str] | type[Path]) -> None:
    with pytest.raises(RefusedError) as raised:
        open_register(kind(address))
    assert raised.value.ground == "url"


def test_what_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        open_register(tmp_path / "gone.csv")


def test_a_format_that_there_is_not_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format"):
        open_register(register(tmp_path, "a.jpg"), "pdf")


def test_a_file_of_no_known_kind_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(range(256)))
    with pytest.raises(FormatError) as raised:
        open_register(tmp_path / "x.bin")
    assert raised.value.hint
