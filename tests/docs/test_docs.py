"""The documentation says what the code does: every command, option and setting, and no link leads nowhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gen_reference", DOCS / "gen_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says_now(generator: ModuleType) -> None:
    stale = [
        name
        for name, text in generator.pages().items()
        if not (DOCS / "reference" / name).is_file() or (DOCS / "reference" / name).read_text("utf-8") != text
    ]
    assert stale == [], "run `make docs` and commit docs/reference"


def test_every_command_is_in_the_reference_with_help(generator: ModuleType) -> None:
    text = (DOCS / "reference" / "cli.md").read_text("utf-8")
    missing = [name for name, one in generator.commands() if f"## `safelight {name}`\n" not in text]
    silent = [name for name, one in generator.commands() if not one.help]
    assert (missing, silent) == ([], [])


def test_every_option_and_argument_is_in_the_reference_with_help(generator: ModuleType) -> None:
    text = (DOCS / "reference" / "cli.md").read_text("utf-8")
    sections = dict(
        zip(re.findall(r"^## `safelight (.*)`$", text, re.M), text.split("\n## ")[1:], strict=True)
    )
    shared = text.split("\n## ")[0]
    missing = []
    for name, command in generator.commands():
        for one in command.params:
            spelled = one.opts if one.param_type_name == "option" else [one.name.upper()]
            known = any(f"`{word}" in sections[name] or f"`{word}" in shared for word in spelled)
            if not one.hidden and (not known or not one.help):
                missing.append((name, one.opts))
    assert missing == []


def test_every_value_that_an_option_takes_is_explained(generator: ModuleType) -> None:
    from safelight.model import Basis, Capability, Ground, HashSetKind

    commands = (DOCS / "reference" / "cli.md").read_text("utf-8")
    capabilities = (DOCS / "reference" / "capabilities.md").read_text("utf-8")
    unexplained = [
        one for kind in (Basis, Ground, HashSetKind) for one in kind if f"`{one}`: " not in commands
    ]
    unexplained += [one for one in Capability if f"| `{one}` | " not in capabilities]
    assert unexplained == []


def test_commands_in_the_texts_exist(generator: ModuleType) -> None:
    names = {name for name, _ in generator.commands()}
    groups = {
        " ".join(name.split()[:count]) for name in names for count in (1, 2) if name.count(" ") >= count
    }
    unknown = []
    for page in PAGES:
        for line in re.findall(r"^\s*safelight ([a-z][a-z -]*)", page.read_text("utf-8"), re.M):
            words = line.split()
            depth = next((count for count in (1, 2, 3) if " ".join(words[:count]) not in groups), 3)
            name = " ".join(words[:depth])
            if name not in names:
                unknown.append((page.name, name))
    assert unknown == []


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text("utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        if not linked.exists() or (
            anchor and anchor not in map(_anchor, HEADING.findall(linked.read_text("utf-8")))
        ):
            broken.append(target)
    assert broken == []


def test_the_site_builds_and_asks_for_nothing_from_the_network(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "--site-dir",
            str(tmp_path / "site"),
        ],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    outside = {
        found
        for page in (tmp_path / "site").rglob("*.html")
        for found in re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="?(https?://[^">\s]+)', page.read_text("utf-8")
        )
    }
    assert outside == set()


def test_requirements_name_what_the_project_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    listed = {
        line.strip()
        for line in (ROOT / "requirements" / "runtime.in").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    }
    assert listed == {*project["dependencies"], *build}, "mend requirements/runtime.in, then `make pins`"


def test_every_requirement_is_pinned_with_a_hash_and_no_index_is_named() -> None:
    named = re.compile(r"^([A-Za-z0-9._-]+)==\S+ .*\\$", re.M)
    for name in ("runtime", "dev", "models", "build"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert len(named.findall(text)) == len(re.findall(r"^[A-Za-z0-9].*", text, re.M))
        assert "://" not in text and "--index" not in text
    runtime = (ROOT / "requirements" / "runtime.txt").read_text()
    pinned = {re.sub(r"[._]", "-", one.lower()) for one in named.findall(runtime)}
    wanted = {
        re.sub(r"[._]", "-", re.split(r"[<>=\[;]", line)[0].lower())
        for line in (ROOT / "requirements" / "runtime.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert wanted <= pinned, "run `make pins`"


def test_what_is_compiled_without_a_network_has_its_tools_pinned() -> None:
    """A package that comes as source is built with what build.txt pins, in the versions of the others."""
    pin = re.compile(r"^([A-Za-z0-9._-]+)==(\S+) ", re.M)
    build, runtime, dev = (
        dict(pin.findall((ROOT / "requirements" / f"{name}.txt").read_text()))
        for name in ("build", "runtime", "dev")
    )
    assert {"cython", "numpy", "setuptools", "wheel"} <= build.keys()
    others = dev | runtime
    assert {name: others[name] for name in build if name in others} == {
        name: version for name, version in build.items() if name in others
    }


def test_the_scripts_say_how_they_are_used() -> None:
    offline = subprocess.run([ROOT / "scripts" / "offline.sh"], capture_output=True, text=True, check=False)
    assert offline.returncode == 2 and "scripts/offline.sh fetch" in offline.stderr
    listed = subprocess.run(
        [ROOT / "scripts" / "install-debian.sh", "--list", "demo"], capture_output=True, text=True, check=True
    )
    assert {"g++", "python3-venv", "ntfs-3g"} <= set(listed.stdout.split())


def test_make_help_lists_every_habit() -> None:
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for habit in ("setup", "demo", "test", "lint", "bench", "docs", "clean"):
        assert f"make {habit} " in said
