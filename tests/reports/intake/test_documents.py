"""What lies at a path is laid out bundle by bundle, and what nobody viewed stays closed."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.evidence import source as source_module
from safelight.reports.intake import pieces as pieces_module
from safelight.reports.intake.documents import GLANCED, NOT_A_REPORT
from safelight.reports.intake.scope import GLANCE, NEARBY, NO_ROOT
from safelight.reports.report import Report
from tests.reports.intake.reading import Came, came_of
from tests.reports.prints import LINES, printed
from tests.reports.tips import as_json, details, message, person, police_json, tip, zipped

Build = Callable[[dict[str, bytes | str]], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Build:
    """Make a folder `in` with these files."""

    def build(files: dict[str, bytes | str]) -> Path:
        base = tmp_path / "in"
        base.mkdir(exist_ok=True)
        for name, data in files.items():
            path = base / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        return base

    return build


def as_tar(files: dict[str, bytes | str], mode: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            raw = data.encode() if isinstance(data, str) else data
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    return file.getvalue()


def as_7z(files: dict[str, bytes | str], folder: Path, *options: str) -> bytes:
    base = folder / "to7z"
    for name, data in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    subprocess.run(["7z", "a", *options, "../made.7z", "."], cwd=base, check=True, capture_output=True)
    return (folder / "made.7z").read_bytes()


def packed(files: dict[str, bytes | str], folder: Path, *command: str) -> bytes:
    """An archive by a program that takes the archive's name and those of the files; skipped where it is missing."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    for name, data in files.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    names = "\n".join(files).encode()
    subprocess.run(
        [*command, "../made", *files] if command[0] != "cpio" else [*command, "-F", "../made"],
        cwd=folder,
        check=True,
        capture_output=True,
        input=names,
    )
    return next(folder.parent.glob("made*")).read_bytes()


BUNDLE: dict[str, bytes | str] = {
    "report.xml": tip(None, person()),
    "fileDetails_1.xml": details("4711", "one.jpg", viewed=True),
    "fileDetails_2.xml": details("4711", "two.zip", viewed=False),
    "one.jpg": b"\xff\xd8\xff",
    "two.zip": zipped({"report.xml": tip("6666")}),
}


class TestBundles:
    def test_a_folder_is_one_report_with_its_files(self, folder: Build) -> None:
        came = came_of(folder(BUNDLE))
        assert came.ids == ["4711"]
        assert [file.name for file in came.reports[0].files] == ["one.jpg", "two.zip"]
        assert came.closed == ["one.jpg", "two.zip"]
        assert not came.unreadable

    @pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.xz", "7z"])
    def test_an_archive_is_the_same_as_its_folder(self, kind: str, tmp_path: Path) -> None:
        made = {
            "zip": lambda: zipped(BUNDLE),
            "tar": lambda: as_tar(BUNDLE, "w"),
            "tar.gz": lambda: as_tar(BUNDLE, "w:gz"),
            "tar.xz": lambda: as_tar(BUNDLE, "w:xz"),
            "7z": lambda: as_7z(BUNDLE, tmp_path),
        }[kind]()
        path = tmp_path / f"bundle.{kind}"
        path.write_bytes(made)
        came = came_of(path)
        assert came.ids == ["4711"]
        assert [file.name for file in came.reports[0].files] == ["one.jpg", "two.zip"]
        assert came.closed == ["one.jpg", "two.zip"]
        assert not came.unreadable

    @pytest.mark.parametrize(
        "command",
        [("gcab", "-c"), ("gcab", "-cz"), ("jlha", "a"), ("arj", "a", "-y"), ("cpio", "-oH", "newc")],
        ids="-".join,
    )
    def test_so_are_archives_that_other_programs_write(
        self, command: tuple[str, ...], tmp_path: Path
    ) -> None:
        base = tmp_path / "in"
        base.mkdir()
        path = tmp_path / "bundle.dat"
        path.write_bytes(packed(BUNDLE, base, *command))
        came = came_of(path)
        assert came.ids == ["4711"]
        assert [file.name for file in came.reports[0].files] == ["one.jpg", "two.zip"]
        assert came.closed == ["one.jpg", "two.zip"]
        assert not came.unreadable

    def test_an_archive_is_recognised_by_content_when_it_is_named_by_the_user(self, tmp_path: Path) -> None:
        path = tmp_path / "delivery.dat"
        path.write_bytes(zipped({"report.xml": tip("7")}))
        assert came_of(path).ids == ["7"]

    def test_archives_in_archives_are_bundles_of_their_own(self, folder: Build) -> None:
        inner = {name: zipped({"report.xml": tip(None)}) for name in ("a.zip", "b.zip")}
        assert came_of(folder({"all.zip": zipped(inner)})).ids == ["a", "b"]

    def test_archives_are_not_entered_without_end(self, folder: Build) -> None:
        data = zipped({"report.xml": tip("1")})
        for _ in range(8):
            data = zipped({"inner.zip": data})
        came = came_of(folder({"deep.zip": data}))
        assert came.ids == []
        assert "within one another" in next(iter(came.unreadable.values()))

    def test_folders_within_an_archive_are_bundles(self, folder: Build) -> None:
        files = {f"{n}/{name}": BUNDLE[name] for n in ("41", "42") for name in ("report.xml", "one.jpg")}
        came = came_of(folder({"week.zip": zipped(files)}))
        assert sorted(came.ids) == ["41", "42"]

    def test_a_later_folder_goes_on_after_a_broken_archive(self, folder: Build) -> None:
        broken = zipped({"report.xml": tip("1", person() * 50)})[:-40]
        came = came_of(folder({"a.zip": broken, "b/report.xml": tip("2")}))
        assert "2" in came.ids
        assert any("a.zip" in piece.path for piece in came.pieces)

    def test_the_print_of_a_report_is_part_of_it(self, folder: Build) -> None:
        came = came_of(folder({"report.xml": tip("123456789", person()), "report.pdf": printed()}))
        assert came.ids == ["123456789"]
        assert came.reports[0].format == "cybertip"
        assert any("may live with a child" in text.text for text in came.reports[0].texts)

    @pytest.mark.parametrize("packed", [False, True])
    def test_a_folder_of_media_alone_belongs_to_the_bundle_that_it_lies_in(
        self, folder: Build, packed: bool
    ) -> None:
        files: dict[str, bytes | str] = {
            "7/report.xml": tip("7"),
            "7/media/a.jpg": b"",
            "7/media/deep/b.jpg": b"",
            "7/other/list.csv": "ID,Text\n1,a\n",
            "7/other/c.jpg": b"",
        }
        base = folder({"all.zip": zipped(files)} if packed else files)
        found = {one.name: Path(one.bundle).name for one in came_of(base).media}
        assert found == {"a.jpg": "7", "b.jpg": "7", "c.jpg": "other"}

    def test_what_the_user_names_is_opened_whatever_its_name_is(self, folder: Build) -> None:
        base = folder({"tip.dat": tip("1"), "photo.jpg": tip("2"), "print.bin": printed()})
        assert [came_of(base / name).ids for name in ("tip.dat", "photo.jpg", "print.bin")] == [
            ["1"],
            ["2"],
            ["123456789"],
        ]


class TestIds:
    def test_a_single_file_without_an_id_has_its_stem(self, folder: Build) -> None:
        assert came_of(folder({"tip-9.xml": tip(None)}) / "tip-9.xml").ids == ["tip-9"]

    def test_a_bundle_without_an_id_has_the_folder_s_name(self, folder: Build) -> None:
        assert came_of(folder({"55/report.xml": tip(None), "55/a.jpg": b""})).ids == ["55"]

    def test_several_reports_in_a_folder_have_their_own_stems(self, folder: Build) -> None:
        assert came_of(folder({"a.xml": tip(None), "b.xml": tip(None), "x.jpg": b""})).ids == ["a", "b"]

    def test_several_reports_in_a_file_are_numbered(self, folder: Build) -> None:
        path = folder({"all.xml": f"<r>{tip(None) * 3}</r>"}) / "all.xml"
        assert came_of(path).ids == ["all", "all#2", "all#3"]

    def test_a_bundle_in_an_archive_has_the_archive_s_stem(self, tmp_path: Path) -> None:
        path = tmp_path / "tip-12.tar.gz"
        path.write_bytes(as_tar({"report.xml": tip(None)}, "w:gz"))
        assert came_of(path).ids == ["tip-12"]


class TestClosed:
    """A file that a report states, without stating that somebody viewed it, is never opened."""

    @pytest.mark.parametrize("viewed", [False, None])
    @pytest.mark.parametrize(
        "name", ["two.zip", "two.pdf", "two.eml", "two.txt", "two.csv", "two.xml", "two.json"]
    )
    def test_whatever_its_name_is(self, folder: Build, name: str, viewed: bool | None) -> None:
        other = zipped({"report.xml": tip("6666")}) if name.endswith("zip") else tip("6666").encode()
        inside = details("1", name, viewed=viewed)
        came = came_of(folder({"report.xml": tip("1", inside), name: other}))
        assert came.ids == ["1"]
        assert came.closed == [name]

    def test_what_was_viewed_is_opened(self, folder: Build) -> None:
        inside = details("1", "two.zip", viewed=True)
        came = came_of(folder({"report.xml": tip("1", inside), "two.zip": zipped({"r.xml": tip("2")})}))
        assert came.ids == ["1", "2"]

    def test_what_is_stated_both_ways_is_not_opened(self, folder: Build) -> None:
        inside = details("1", "two.zip", viewed=True) + details("1", "two.zip", viewed=False)
        came = came_of(folder({"report.xml": tip("1", inside), "two.zip": zipped({"r.xml": tip("2")})}))
        assert came.ids == ["1"]

    @pytest.mark.parametrize(
        "lies",
        [
            "Two Words.ZIP",
            "two_words.zip",
            "3_two words.zip",
            "files/two words.zip",
            "media/deep/two-words.zip",
        ],
    )
    def test_under_a_name_that_an_export_changed(self, folder: Build, lies: str) -> None:
        inside = details("1", "two words.zip", viewed=False)
        came = came_of(folder({"report.xml": tip("1", inside), lies: zipped({"r.xml": tip("2")})}))
        assert came.ids == ["1"]

    @pytest.mark.parametrize(
        "more",
        [
            "<originalFileName>real.zip</originalFileName>",
            "<locationOfFile>https://files.example.org/a/real.zip?x=1</locationOfFile>",
            "<originalFileHash hashType='MD5'>0123456789abcdef0123456789abcdef</originalFileHash>",
        ],
    )
    def test_under_each_name_that_is_stated(self, folder: Build, more: str) -> None:
        name = "0123456789ABCDEF0123456789abcdef.zip" if "MD5" in more else "real.zip"
        inside = details("1", "other.bin", more=more)
        came = came_of(folder({"report.xml": tip("1", inside), name: zipped({"r.xml": tip("2")})}))
        assert came.ids == ["1"]

    def test_in_an_archive(self, folder: Build) -> None:
        inside = details("1", "a.pdf", viewed=False)
        members = {"a.pdf": printed(), "z_report.xml": tip("1", inside), "media/a.pdf": printed()}
        came = came_of(folder({"bundle.zip": zipped(members)}))
        assert came.ids == ["1"]
        assert came.closed == ["a.pdf", "a.pdf"]

    def test_attached_to_a_message(self, folder: Build) -> None:
        inside = details("1", "two.zip", viewed=False)
        attached = {"two.zip": zipped({"r.xml": tip("2")}), "report.xml": tip("1", inside).encode()}
        came = came_of(folder({"mail.eml": message(attached=attached).as_bytes()}))
        assert came.ids == ["1"]
        assert came.closed == ["two.zip"]

    def test_in_a_folder_beside_that_of_the_report_it_is_said(self, folder: Build) -> None:
        inside = details("1", "two.zip", viewed=False)
        files = {"reports/report.xml": tip("1", inside), "a-media/two.zip": zipped({"r.xml": tip("2")})}
        came = came_of(folder(files))
        assert came.ids == ["1"]
        assert "not opened" in came.unreadable["two.zip"]

    def test_one_bundle_says_nothing_of_another(self, folder: Build) -> None:
        pdf = printed()
        files = {
            "a/report.xml": tip("1", details("1", "report.pdf", viewed=False)),
            "a/report.pdf": pdf,
            "b/report.pdf": pdf,
        }
        assert came_of(folder(files)).ids == ["1", "123456789"]

    def test_ids_of_files_close_no_details_of_files(self, folder: Build) -> None:
        one = "<fileDetails><reportId>1</reportId><fileId>abcdef123456</fileId></fileDetails>"
        came = came_of(folder({"report.xml": tip("1", one), "fileDetails_abcdef123456.xml": one}))
        assert came.files == 2

    def test_nobody_opens_it(self, folder: Build, monkeypatch: pytest.MonkeyPatch) -> None:
        base = folder(
            BUNDLE | {"sub/three.pdf": b"%PDF-", "report.xml": tip("4711", details("4711", "three.pdf"))}
        )
        opened: list[str] = []
        really = source_module.open_read_only

        def noting(path: bytes | str | Path, folder: int | None = None) -> int:
            opened.append(os.fsdecode(path).rpartition("/")[2])
            return really(path, folder)

        monkeypatch.setattr(source_module, "open_read_only", noting)
        came_of(base)
        assert sorted(opened) == ["fileDetails_1.xml", "fileDetails_2.xml", "report.xml"]

    def test_not_even_the_kernel_is_asked_for_it(self, folder: Build, tmp_path: Path) -> None:
        pdf, box = printed(), zipped({"report.xml": tip("6666")})
        closed: dict[str, bytes | str] = {
            "0001.json": PRIVATE,
            "1_chat_report.json": PRIVATE,
            "attachment_b.pdf": pdf,
            "letter.csv": PRIVATE,
            "two.zip": box,
        }
        unsaid: dict[str, bytes | str] = {
            "letter (1).csv": PRIVATE,
            "Kopie von attachment_b.pdf": pdf,
            "copy of two.zip": box,
            "0002.json": PRIVATE,
            "chat.eml": message().as_bytes(),
            "note.txt": "a",
        }
        stated = f"<r>{''.join(details('4711', name, viewed=False) for name in closed)}</r>"
        below = {f"{place}/{name}": data for place in ("sub", "sub/deep") for name, data in unsaid.items()}
        many = {
            f"many/{94_000_000 + n}.xml": tip(str(n), stated[3:-4] if n == 999 else "") for n in range(1_001)
        }
        base = folder(
            {
                f"one/{name}": data
                for name, data in {**BUNDLE, **closed, **unsaid, **below, "fileDetails_0.xml": stated}.items()
            }
            | many
            | {f"many/{name}": data for name, data in {**closed, **unsaid}.items()}
        )
        program = (
            "import sys; from pathlib import Path\n"
            "from tests.reports.intake.reading import Came, came_of\n"
            "print(len(came_of(Path(sys.argv[1])).ids))"
        )
        trace = tmp_path / "trace"
        watch = ["strace", "-f", "-e", "trace=open,openat,openat2", "-o", str(trace)]
        done = subprocess.run(
            [*watch, sys.executable, "-c", program, str(base)],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        if "ptrace" in done.stderr.casefold():
            pytest.skip("nothing may be traced here")
        assert done.stdout == "1002\n", done.stderr
        lines = [line for line in trace.read_text(errors="replace").splitlines() if str(base) in line]
        assert any("/report.xml" in line for line in lines)
        assert not [line for line in lines if any(f"/{one}" in line for one in (*closed, *unsaid, "one.jpg"))]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files on disk that were opened, in order."""
    names: list[str] = []
    really = source_module.open_read_only

    def noting(path: bytes | str | Path, folder: int | None = None) -> int:
        names.append(os.fsdecode(path).rpartition("/")[2])
        return really(path, folder)

    monkeypatch.setattr(source_module, "open_read_only", noting)
    return names


PRIVATE = '{"id": "77", "text": "Words of a private account."}'
"""A file of an account that reads like a report."""


def with_file(name: str, *, viewed: bool | None = False) -> dict[str, bytes | str]:
    """A bundle: a report, and the details of one file."""
    return {"report.xml": tip("1"), "fileDetails.xml": details("1", name, viewed=viewed)}


def printed_with(name: str) -> bytes:
    """The print of report 123456789, which states this file as not viewed."""
    return printed([line.replace("two.zip", name) for line in LINES])


class TestNamedLikeReports:
    """What is stated as not viewed stays closed under a name that a report might have, and before its report."""

    @pytest.mark.parametrize(
        "name",
        [
            "0001.json",
            "chat_report.json",
            "1_incident_chat.json",
            "12345678.json",
            "report.json",
            "a_tip.xml",
        ],
    )
    @pytest.mark.parametrize("viewed", [False, None])
    def test_in_a_folder(self, folder: Build, opened: list[str], name: str, viewed: bool | None) -> None:
        came = came_of(folder({**with_file(name, viewed=viewed), name: PRIVATE}))
        assert came.ids == ["1"]
        assert name not in opened
        assert came.closed == [name]

    @pytest.mark.parametrize("name", ["0001.json", "1_incident_chat.json", "report.json"])
    @pytest.mark.parametrize("place", ["", "85000001/"])
    @pytest.mark.parametrize("outer", [False, True])
    def test_in_an_archive(self, tmp_path: Path, name: str, place: str, outer: bool) -> None:
        members = {f"{place}{one}": data for one, data in {name: PRIVATE, **with_file(name)}.items()}
        data = zipped(members)
        path = tmp_path / "85000001.zip"
        path.write_bytes(zipped({"90000001.zip": data}) if outer else data)
        came = came_of(path)
        assert came.ids == ["1"]
        assert came.closed == [name]

    @pytest.mark.parametrize("name", ["0001.json", "chat_report.json"])
    def test_in_a_message(self, folder: Build, name: str) -> None:
        attached = {one: data.encode() for one, data in {name: PRIVATE, **with_file(name)}.items()}  # type: ignore[union-attr]
        came = came_of(folder({"mail.eml": message(attached=attached).as_bytes()}))
        assert came.ids == ["1"]

    @pytest.mark.parametrize("name", ["0001.json", "a/chat_report.json", "a/b/report.json"])
    def test_in_a_folder_below(self, folder: Build, opened: list[str], name: str) -> None:
        came = came_of(folder({**with_file(Path(name).name), name: PRIVATE}))
        assert came.ids == ["1"]
        assert Path(name).name not in opened

    @pytest.mark.parametrize("name", ["attachment_b.pdf", "a.json", "0001.xml", "a_report.csv"])
    def test_stated_in_a_print(self, folder: Build, opened: list[str], name: str) -> None:
        files = {"report_123456789.pdf": printed_with(name), name: printed() if "pdf" in name else PRIVATE}
        assert came_of(folder(files)).ids == ["123456789"]
        assert name not in opened

    def test_stated_in_a_report_that_is_named_by_its_number(self, folder: Build, opened: list[str]) -> None:
        inside = details("94000001", "0001.json", viewed=False)
        came = came_of(folder({"0001.json": PRIVATE, "94000001.xml": tip("94000001", inside)}))
        assert came.ids == ["94000001"]
        assert "0001.json" not in opened

    @pytest.mark.parametrize("packed", [False, True])
    def test_among_more_documents_than_can_wait(
        self, folder: Build, opened: list[str], packed: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files: dict[str, bytes | str] = {
            f"{94_000_000 + n}.xml": tip(str(94_000_000 + n)) for n in range(1_001)
        }
        names = ["0001.json", "1_chat_report.json", "12345678.json", "a.xml", "b.csv", "c.pdf"]
        for n, name in enumerate(names):
            files[f"fileDetails_{n}.xml"] = details("94000000", name, viewed=False)
            files[name] = PRIVATE
        came = came_of(folder({"all.zip": zipped(files)} if packed else files))
        assert len(came.ids) == 1_001
        assert "77" not in came.ids
        assert not set(names) & set(opened)
        assert len(came.reports[0].files) == len(names)


class TestOfWhichNothingIsSaid:
    """Beside a report that states files, what it does not state stays closed, and a finding says so."""

    @pytest.mark.parametrize(
        "name",
        [
            *(
                "letter (1).csv",
                "letter - Copy.csv",
                "letter_copy.csv",
                "copy.letter.csv",
                "Kopie von letter.csv",
            ),
            *("letter (1).pdf", "letter.csv.json", "0002.json", "12345678.json", "chat.xml", "note.eml"),
            *("sub/letter (1).csv", "sub/deep/chat.json", "1/12345678.xml", "sub/12345678.zip"),
        ],
    )
    def test_copies_and_anything_else(self, folder: Build, opened: list[str], name: str) -> None:
        listed = [{"filename": "letter.csv", "viewedByEsp": False, "submittalId": "s1"}]
        report = as_json(police_json(96000001, uploadedFiles={"uploadedFiles": listed}))
        came = came_of(folder({"report.json": report, name: PRIVATE}))
        assert came.ids == ["96000001"]
        assert Path(name).name not in opened
        assert "says nothing of this one" in came.unreadable[Path(name).name]

    @pytest.mark.parametrize(
        "name", ["box (1).zip", "copy of box.zip", "box.zip.zip", "96000001_1_box.zip", "media.zip"]
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_archives(self, folder: Build, opened: list[str], name: str, packed: bool) -> None:
        files: dict[str, bytes | str] = {**with_file("box.zip"), name: zipped({"report.xml": tip("6666")})}
        came = came_of(folder({"all.zip": zipped(files)} if packed else files))
        assert came.ids == ["1"]
        assert name not in opened

    def test_a_text_is_a_closed_file_and_no_finding(self, folder: Build, opened: list[str]) -> None:
        came = came_of(folder({**with_file("a.jpg"), "readme.txt": "Handle with care."}))
        assert came.closed == ["readme.txt"]
        assert not came.unreadable
        assert "readme.txt" not in opened

    def test_a_copy_of_a_file_that_is_named_like_a_report(self, folder: Build, opened: list[str]) -> None:
        came = came_of(folder({**with_file("report.json"), "report (1).json": PRIVATE}))
        assert came.ids == ["1"]
        assert "report (1).json" not in opened

    def test_also_where_all_files_that_are_stated_were_viewed(self, folder: Build) -> None:
        came = came_of(folder({**with_file("a.jpg", viewed=True), "chat.json": PRIVATE}))
        assert came.ids == ["1"]

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("more", [{}, {"report.xml": tip("1")}])
    def test_where_no_file_is_stated_everything_is_read(
        self, folder: Build, packed: bool, more: dict[str, str]
    ) -> None:
        files: dict[str, bytes | str] = {**more, "list.json": PRIVATE, "b.zip": zipped({"x.xml": tip("2")})}
        came = came_of(folder({"all.zip": zipped(files)} if packed else files))
        assert came.ids == [*(["1"] if more else []), "77", "2"]

    def test_prints_of_the_report_are_read(self, folder: Build) -> None:
        inside = details("123456789", "a.jpg", viewed=False)
        for name in ("report.pdf", "123456789.pdf", "CyberTipline Report 123456789.pdf"):
            base = folder({f"{name}-/report.xml": tip("123456789", inside), f"{name}-/{name}": printed()})
            assert any(
                "may live with a child" in one.text for one in came_of(base / f"{name}-").reports[0].texts
            )

    @pytest.mark.parametrize(
        "names",
        [
            [f"{190_000_000 + n}.xml" for n in range(5)],
            [f"{n}.xml" for n in range(1, 12)],
            [f"tip-{n}.xml" for n in range(5)],
            [f"Meldung {n} (2026).xml" for n in range(5)],
        ],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_a_series_of_reports_is_read(self, folder: Build, names: list[str], packed: bool) -> None:
        files: dict[str, bytes | str] = {
            name: tip(str(n), details(str(n), f"{n}.jpg")) for n, name in enumerate(names)
        }
        came = came_of(folder({"all.zip": zipped(files)} if packed else files))
        assert sorted(came.ids, key=int) == [str(n) for n in range(len(names))]

    def test_a_series_of_details_is_read_whatever_it_is_called(self, folder: Build) -> None:
        files = {f"file{n}.xml": details("1", f"{n}.jpg") for n in range(3)}
        [report] = came_of(folder({"report.xml": tip("1"), **files})).reports
        assert [one.name for one in report.files] == ["0.jpg", "1.jpg", "2.jpg"]

    def test_bundles_beside_one_another_are_read(self, folder: Build) -> None:
        files: dict[str, bytes | str] = {}
        for number in ("94000001", "94000002"):
            files[f"{number}/report.xml"] = tip(number)
            files[f"{number}/fileDetails.xml"] = details(number, "a.jpg", viewed=False)
            files[f"{number}.xml"] = tip(f"1{number}", details(f"1{number}", "a.jpg"))
            files[f"9{number[1:]}9.zip"] = zipped({"report.xml": tip(f"2{number}")})
        assert len(came_of(folder(files)).ids) == 6

    def test_digests_alone_are_no_files_that_may_lie_here(self, folder: Build) -> None:
        listed = "ID,MD5,Text\n1,0123456789abcdef0123456789abcdef,a\n"
        came = came_of(folder({"list.csv": listed, "other.csv": "ID,Text\n2,b\n"}))
        assert came.ids == ["1", "2"]


class TestLookedAtFirst:
    """Of several documents whose names tell nothing, what begins like a report is opened before the others."""

    def read_of(self, base: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Came, int]:
        """What came, and how many bytes of a file were read."""
        read: dict[str, int] = {}
        really = source_module.FileSource.read_at

        def noting(source: source_module.FileSource, offset: int, size: int) -> bytes:
            data = really(source, offset, size)
            read[source.name] = max(read.get(source.name, 0), offset + len(data))
            return data

        monkeypatch.setattr(source_module.FileSource, "read_at", noting)
        return came_of(base), read.get(name, 0)

    @pytest.mark.parametrize("name", ["a.json", "a.xml", "1.json"])
    def test_what_it_states_is_read_no_further(
        self, folder: Build, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        base = folder({name: PRIVATE + " " * 100_000, "b.json": bericht(name)})
        came, read = self.read_of(base, name, monkeypatch)
        assert came.ids == ["96000001"]
        assert came.unreadable == {name: GLANCED}
        assert 0 < read <= GLANCE

    def test_also_attached_to_a_message_and_in_an_archive(self, folder: Build) -> None:
        both = {"a.json": PRIVATE.encode(), "b.json": bericht("a.json")}
        for name, data in {"m.eml": message(attached=both).as_bytes(), "z.zip": zipped(both)}.items():
            came = came_of(folder({name: data}) / name)
            assert came.ids == ["96000001"]
            assert came.unreadable == {"a.json": GLANCED}

    @pytest.mark.parametrize("mode", ["w", "w:gz"])
    def test_also_in_an_archive_that_is_read_from_front_to_back(self, folder: Build, mode: str) -> None:
        data = as_tar({"a.json": PRIVATE, "b.json": bericht("a.json"), "c.csv": "ID,Text\n2,b\n"}, mode)
        came = came_of(folder({"all.tar.gz" if mode == "w:gz" else "all.tar": data}))
        assert came.ids == ["96000001"]
        assert came.unreadable["a.json"] == GLANCED

    def test_also_where_a_message_or_a_print_states_it(self, folder: Build) -> None:
        mail = message(attached={"report.xml": tip("1", details("1", "a.json")).encode()}).as_bytes()
        came = came_of(folder({"one/a.json": PRIVATE, "one/m.eml": mail}))
        assert came.ids == ["1"]
        assert came.unreadable["a.json"].startswith(NEARBY)
        came = came_of(folder({"two/a.json": PRIVATE, "two/b.pdf": printed_with("a.json")}) / "two")
        assert came.ids == ["123456789"]
        assert came.unreadable == {"a.json": GLANCED}

    def test_what_nobody_states_is_read_all_the_same(self, folder: Build) -> None:
        came = came_of(folder({"a.json": PRIVATE, "b.json": as_json(police_json(96000001))}))
        assert sorted(came.ids) == ["77", "96000001"]
        assert not came.unreadable

    def test_one_alone_is_not_looked_at_twice(self, folder: Build, opened: list[str]) -> None:
        came_of(folder({"a.json": PRIVATE, "b.jpg": b""}))
        assert opened == ["a.json"]

    @pytest.mark.parametrize("packed", [False, True])
    def test_what_is_no_report_among_pictures_that_are_stated_is_read_no_further(
        self, folder: Build, packed: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files: dict[str, bytes | str] = {f"{n}.xml": tip(str(n), details(str(n), f"{n}.jpg")) for n in (1, 2)}
        renamed = {"x.xml": b"\xff\xd8\xff", "y.json": PRIVATE, "z.xml": f"<sms>{'<message/>' * 9_000}</sms>"}
        further = {
            "another.xml": f"<!-- a --><reports>{tip('3')}</reports>",
            "w.json": as_json(police_json(4)),
        }
        files |= renamed | further
        base = folder({"all.zip": zipped(files)} if packed else files)
        came, read = self.read_of(base, "z.xml", monkeypatch)
        assert sorted(came.ids) == ["1", "2", "3", "4"]
        assert {name: came.unreadable[name] for name in renamed} == dict.fromkeys(renamed, NO_ROOT)
        assert read <= GLANCE

    def test_lists_of_a_hotline_beside_one_another_are_read(self, folder: Build) -> None:
        listed = [{"id": str(n), "text": "a", "file name": f"{n}.jpg"} for n in range(3)]
        files = {
            name: as_json(one) for name, one in zip(("east.json", "west.json", "n.json"), listed, strict=True)
        }
        assert sorted(came_of(folder(files)).ids) == ["0", "1", "2"]


OTHER = as_json(police_json(97000001))
"""A file of an account that is a report by all that can be told."""


class TestOpenedTooEarly:
    """Two documents that both begin like reports, one a file of the other: what was read is dropped, and said."""

    def test_what_was_read_of_it_is_dropped(self, folder: Build) -> None:
        came = came_of(folder({"a.json": OTHER, "b.json": bericht("a.json")}))
        assert came.ids == ["96000001"]
        assert came.unreadable == {"a.json": pieces_module.DROPPED}

    def test_also_attached_to_a_message_and_in_an_archive(self, folder: Build) -> None:
        both = {"a.json": OTHER, "b.json": bericht("a.json")}
        for name, data in {"m.eml": message(attached=both).as_bytes(), "z.zip": zipped(both)}.items():
            came = came_of(folder({name: data}) / name)
            assert came.ids == ["96000001"]
            assert came.unreadable == {"a.json": pieces_module.DROPPED}

    def test_of_two_prints_too(self, folder: Build) -> None:
        came = came_of(folder({"a.pdf": printed(["A letter."]), "b.pdf": printed_with("a.pdf")}))
        assert came.ids == ["123456789"]
        assert came.unreadable == {"a.pdf": pieces_module.DROPPED}

    def test_what_could_not_wait_is_said(self, folder: Build, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pieces_module, "HELD", 1)
        came = came_of(folder({"a.json": OTHER, "b.json": bericht("a.json")}))
        assert came.unreadable == {"a.json": pieces_module.KEPT}

    def test_a_report_that_states_its_own_document_is_kept(self, folder: Build) -> None:
        came = came_of(folder({"b.json": bericht("b.json"), "c.jpg": b""}))
        assert came.ids == ["96000001"]


def bericht(name: str) -> bytes:
    """A police report that states this file as not viewed."""
    listed = [{"filename": name, "viewedByEsp": False, "submittalId": "s1"}]
    return as_json(police_json(96000001, uploadedFiles={"uploadedFiles": listed}))


class TestOneNameTwice:
    """Of two files that one statement may mean nobody can tell which one was viewed."""

    @pytest.mark.parametrize("packed", [False, True])
    def test_both_stay_closed(self, folder: Build, packed: bool) -> None:
        files = {**with_file("two.zip", viewed=True)}
        files |= {f"{n}/two.zip": zipped({"report.xml": tip(f"666{n}")}) for n in (1, 2)}
        came = came_of(folder({"all.zip": zipped(files)} if packed else files))
        assert came.ids == ["1"]
        assert "several files may be meant" in came.unreadable["two.zip"]

    @pytest.mark.parametrize("packed", [False, True])
    def test_one_alone_is_opened_where_it_lies(self, folder: Build, packed: bool) -> None:
        files = {**with_file("two.zip", viewed=True), "media/two.zip": zipped({"report.xml": tip("6666")})}
        came = came_of(folder({"all.zip": zipped(files)} if packed else files))
        assert came.ids == ["1", "6666"]


class TestFilesThatNobodyNames:
    """The only report of a bundle shows what lies beside it, closed."""

    def unnamed(self, report: Report) -> list[str | None]:
        return [one.name for one in report.files if pieces_module.UNNAMED in one.annotations]

    @pytest.mark.parametrize("packed", [False, True])
    def test_in_a_folder_or_an_archive(self, folder: Build, packed: bool) -> None:
        files = {**with_file("a.jpg"), "a.jpg": b"", "b.jpg": b"", "media/c.jpg": b"", "chat.json": PRIVATE}
        [report] = came_of(folder({"all.zip": zipped(files)} if packed else files)).reports
        assert sorted(map(str, self.unnamed(report))) == ["b.jpg", "c.jpg", "chat.json"]
        assert all(one.viewed is not True for one in report.files)

    def test_attached_to_the_message_that_brings_the_report(self, folder: Build) -> None:
        attached = {"report.xml": tip("1").encode(), "img.png": b"\x89PNG"}
        [report] = came_of(folder({"mail.eml": message(attached=attached).as_bytes()})).reports
        assert self.unnamed(report) == ["img.png"]

    def test_among_several_reports_nobody_can_tell_whose_they_are(self, folder: Build) -> None:
        came = came_of(folder({"1000001.xml": tip("1"), "1000002.xml": tip("2"), "a.jpg": b""}))
        assert [one.files for one in came.reports] == [(), ()]


class TestWhatCannotBeOpened:
    def test_links_are_listed_and_not_followed(self, folder: Build, tmp_path: Path) -> None:
        (tmp_path / "elsewhere.xml").write_text(tip("9"))
        base = folder({"report.xml": tip("1")})
        (base / "link.xml").symlink_to(tmp_path / "elsewhere.xml")
        (base / "up").symlink_to(tmp_path)
        came = came_of(base)
        assert came.ids == ["1"]
        assert set(came.unreadable) == {"link.xml", "up"}
        assert all("link" in reason for reason in came.unreadable.values())

    def test_a_link_that_the_user_names_is_followed(self, folder: Build, tmp_path: Path) -> None:
        (tmp_path / "named.xml").symlink_to(folder({"report.xml": tip("1")}) / "report.xml")
        assert came_of(tmp_path / "named.xml").ids == ["1"]

    def test_a_pipe_is_listed_and_never_waited_for(self, folder: Build) -> None:
        base = folder({"report.xml": tip("1")})
        os.mkfifo(base / "pipe.xml")
        came = came_of(base)
        assert came.ids == ["1"]
        assert "neither" in came.unreadable["pipe.xml"]

    def test_a_file_that_vanishes_is_a_finding(self, folder: Build, monkeypatch: pytest.MonkeyPatch) -> None:
        base = folder({"a_report.xml": tip("1"), "b_report.xml": tip("2")})
        really = source_module.open_read_only

        def vanishing(path: bytes | str | Path, folder: int | None = None) -> int:
            (base / "b_report.xml").unlink(missing_ok=True)
            return really(path, folder)

        monkeypatch.setattr(source_module, "open_read_only", vanishing)
        came = came_of(base)
        assert came.ids == ["1"]
        assert "No such file" in came.unreadable["b_report.xml"]

    def test_names_that_are_no_text_are_shown_and_read(self, folder: Build) -> None:
        base = folder({"report.xml": tip("1")})
        raw = os.fsencode(base) + b"/caf\xe9_report.xml"
        with open(raw, "wb") as file:  # noqa: PTH123 -- a name of bytes
            file.write(tip(None).encode())
        came = came_of(base)
        assert "caf\\xe9_report" in came.ids
        assert all(piece.path.encode() for piece in came.pieces)

    @pytest.mark.parametrize("hides_names", [False, True])
    def test_an_encrypted_archive_is_said(self, tmp_path: Path, hides_names: bool) -> None:
        options = ["-psecret", *(["-mhe=on"] if hides_names else [])]
        path = tmp_path / "locked.7z"
        path.write_bytes(as_7z({"report.xml": tip("1")}, tmp_path, *options))
        came = came_of(path)
        assert came.ids == []
        assert any("encrypted" in reason for reason in came.unreadable.values())

    def test_an_archive_that_cannot_be_opened_is_said(self, folder: Build) -> None:
        came = came_of(folder({"a.rar": b"Rar!\x1a\x07\x01\x00" + bytes(64), "b.zip": b"no archive at all"}))
        assert "RAR" in came.unreadable["a.rar"]
        assert "not an archive" in came.unreadable["b.zip"]

    def test_an_empty_document_is_a_finding(self, folder: Build) -> None:
        assert came_of(folder({"report.xml": b""})).unreadable == {"report.xml": "it is empty"}

    def test_a_member_that_is_cut_off_is_a_finding(self, folder: Build) -> None:
        data = as_tar({"report.xml": tip("1", person() * 2_000)}, "w")
        came = came_of(folder({"bundle.tar": data[: len(data) // 2]}))
        assert came.unreadable

    def test_a_text_that_is_no_report_is_no_report_and_no_medium(self, folder: Build) -> None:
        came = came_of(folder({"report.xml": tip("1"), "readme.txt": b"Handle with care."}))
        assert [(one.name, one.why) for one in came.media] == [("readme.txt", NOT_A_REPORT)]
        assert came.reports[0].files == ()
        assert not came.unreadable

    def test_resource_forks_of_other_systems_are_no_documents(self, folder: Build) -> None:
        members = {"report.xml": tip("1"), "__MACOSX/._report.xml": b"\0\5\x16\7"}
        came = came_of(folder({"bundle.zip": zipped(members)}))
        assert came.ids == ["1"]
        assert not came.unreadable


class TestOrder:
    def test_it_is_the_same_each_time(self, folder: Build) -> None:
        files = {f"{n}/{name}": data for n in range(5) for name, data in BUNDLE.items()}
        base = folder(files)
        first, again = came_of(base), came_of(base)
        assert first.pieces == again.pieces
        assert [piece.arrival for piece in first.pieces] == list(range(len(first.pieces)))
