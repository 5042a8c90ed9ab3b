"""What lies at a path is laid out bundle by bundle, and what nobody viewed stays closed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.evidence import source as source_module
from tests.reports.intake.reading import came_of
from tests.reports.prints import printed
from tests.reports.tips import details, message, person, tip, zipped

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
        base = folder(BUNDLE)
        program = (
            "import sys; from pathlib import Path\n"
            "from tests.reports.intake.reading import came_of\n"
            "print(came_of(Path(sys.argv[1])).ids)"
        )
        trace = tmp_path / "trace"
        command = [
            "strace",
            "-f",
            "-e",
            "trace=open,openat,openat2",
            "-o",
            str(trace),
            sys.executable,
            "-c",
            program,
        ]
        done = subprocess.run(
            [*command, str(base)], capture_output=True, text=True, cwd=Path(__file__).parents[3]
        )
        if "ptrace" in done.stderr.casefold():
            pytest.skip("nothing may be traced here")
        assert done.stdout == "['4711']\n", done.stderr
        lines = [line for line in trace.read_text(errors="replace").splitlines() if str(base) in line]
        assert any("report.xml" in line for line in lines)
        assert not any("one.jpg" in line or "two.zip" in line for line in lines)


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

    def test_a_text_that_is_no_report_is_a_file_of_the_bundle(self, folder: Build) -> None:
        came = came_of(folder({"report.xml": tip("1"), "readme.txt": b"Handle with care."}))
        assert came.closed == ["readme.txt"]
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
