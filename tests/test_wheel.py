"""The built wheel holds the lessons and works in a fresh environment, away from the checkout."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        str(CHECKOUT),
    ]
    if subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        if not (uv := shutil.which("uv")):
            pytest.skip("neither pip nor uv is here to build a wheel with")
        build = [uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(CHECKOUT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_lessons_and_nothing_private(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folder = CHECKOUT / "lessons"
    content = [
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.suffix in (".toml", ".md")
    ]
    assert len(content) > 50
    for file in content:
        assert f"tutor/lessons/{file}" in names
    assert "tutor/ui/tutor.tcss" in names
    assert "tutor/locale/ko/cli.toml" in names
    assert not [name for name in names if name.split("/")[0] != "tutor" and ".dist-info/" not in name]


@pytest.mark.long
def test_the_wheel_works_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    subprocess.run([sys.executable, "-m", "venv", str(fresh)], check=True)
    scripts = fresh / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([str(scripts / "python"), "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    outside = {**os.environ, "TUTOR_DATA": str(tmp_path / "data"), "PYTHONPATH": ""}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            arguments,
            cwd=tmp_path,
            env=outside,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        return done.stdout

    for command in ("tutor", "backprop-tutor"):
        found = json.loads(
            run(str(scripts / command), "graph", "f = (x + y) * z", "x=-2", "y=5", "z=-4", "--json")
        )
        assert found["gradients"] == {"x": -4.0, "y": -4.0, "z": 3.0, "f": 1.0}
    run(str(scripts / "tutor"), "lessons", "check")
    assert "100 %" in run(str(scripts / "tutor"), "train", "--preset", "xor", "--quiet", "--lang", "en")
    listed = run(str(scripts / "tutor"), "--plain", "--lang", "en")
    assert all(f"\n{number}. " in listed for number in range(1, 17))
    assert json.loads(run(str(scripts / "tutor"), "progress", "--json"))["lessons"]
