"""The parts may import what lies below them and nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tutor

PACKAGE = Path(tutor.__file__).parent

ALLOWED = {
    "engine": {"engine"},
    "course": {"course", "engine"},
    "student": {"student"},
    "tutoring": {"tutoring", "student", "course", "engine"},
    "capstone": {"capstone", "engine"},
    "ui": {"ui", "tutoring", "student", "course", "engine", "text"},
    "plain": {"plain", "ui", "tutoring", "student", "course", "engine", "text"},
    "text": set(),
}
OUTSIDE = {
    "engine": {"numpy"},
    "course": {"numpy", "pydantic", "pydantic_core"},
    "plain": set(),
    "student": {"platformdirs", "fsrs"},
    "tutoring": {"numpy"},
    "capstone": {"numpy"},
    "text": set(),
}
INTERFACE = {"textual", "rich", "plotext"}
FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(file: Path) -> str:
    relative = file.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported(file: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it, without those for types alone."""
    found: set[str] = set()
    skipped: set[ast.AST] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            skipped |= {inner for statement in node.body for inner in ast.walk(statement)}
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "tutor"}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down(file: Path) -> None:
    part = part_of(file)
    ours = {name.split(".")[1] for name in imported(file) if name.startswith("tutor.")}
    if part in ALLOWED:
        assert ours <= ALLOWED[part], f"{part} imports {ours - ALLOWED[part]}"
    outside = {name.split(".")[0] for name in imported(file)} - sys.stdlib_module_names - {"tutor", ""}
    if part in OUTSIDE:
        assert outside <= OUTSIDE[part], f"{part} imports {outside - OUTSIDE[part]}"


def test_plotext_is_imported_in_one_file() -> None:
    users = [file for file in FILES if any(name.split(".")[0] == "plotext" for name in imported(file))]
    assert [str(file.relative_to(PACKAGE)) for file in users] == [str(Path("ui") / "chart.py")]


@pytest.mark.parametrize("part", ["engine", "course", "tutoring", "student", "capstone"])
def test_the_interface_is_unreachable_when_the_program_runs(part: str) -> None:
    modules = [
        ".".join(("tutor", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for file in FILES
        if part_of(file) == part
    ]
    script = f"import sys, importlib\nfor m in {modules!r}: importlib.import_module(m)\nprint(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout.split()
    assert not INTERFACE & {name.split(".")[0] for name in loaded}
