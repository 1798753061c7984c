"""The house's arrows: which room may import which, and where Qt and cv2 may be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT: dict[str, set[str]] = {
    "mirror.domain": set(),
    "mirror.config": {"mirror.domain"},
    "mirror.runtime": {"mirror.domain"},
    "mirror.camera": {"mirror.domain"},
    "mirror.vision": {"mirror.domain", "mirror.runtime"},
    "catalog": {"mirror.domain"},
    "mirror.recommend": {"mirror.domain", "catalog"},
    "mirror.pipeline": {
        "mirror.domain", "mirror.config", "mirror.camera", "mirror.runtime", "mirror.vision", "mirror.recommend",
        "catalog",
    },
    "mirror.ui": {"mirror.domain", "mirror.config", "mirror.pipeline", "mirror.recommend", "catalog"},
    "mirror.service": {
        "mirror.domain", "mirror.config", "mirror.camera", "mirror.runtime", "mirror.vision", "mirror.recommend",
        "mirror.pipeline", "mirror.ui", "catalog",
    },
    "mirror.cli": {"mirror.domain", "mirror.config", "mirror.runtime", "mirror.service", "catalog"},
    "mirror.__main__": {"mirror.cli", "mirror.runtime"},
}
"""Room -> rooms it may import, itself always. Everything else of ours is forbidden to it."""

FORBIDDEN_LIBRARIES: dict[str, set[str]] = {
    "PyQt5": {"mirror.ui", "mirror.service"},
    "cv2": set(MAY_IMPORT) - {"mirror.domain", "mirror.runtime", "mirror.config", "mirror.cli"},
    "torch": set(),
    "onnxruntime": {"mirror.runtime"},
    "dlib": {"mirror.vision"},
}
"""Library -> the only rooms of the app that may import it. (service/doctor asks PyQt5 for its version.)"""


def _imports(path: Path) -> set[str]:
    """Every module that a file imports anywhere in it, ``from a import b`` as both ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import hides its room"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _room(module: str) -> str | None:
    best = [room for room in MAY_IMPORT if module == room or module.startswith(room + ".")]
    return max(best, key=len) if best else None


def _files() -> list[Path]:
    return sorted([*(ROOT / "mirror").rglob("*.py"), *(ROOT / "catalog").rglob("*.py")])


@pytest.mark.parametrize("path", _files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_the_rooms_below_it(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    room = _room(module)
    if room is None:
        assert module == "mirror", f"{path} stands in no room: name it in MAY_IMPORT"
        return
    for name in _imports(path):
        top = name.split(".")[0]
        assert top not in ("export", "benchmarks"), f"{path} imports {name}: nothing of the app may"
        if top in ("mirror", "catalog"):
            other = _room(name)
            assert other == room or other in MAY_IMPORT[room] or other is None, f"{room} imports {name} in {path}"
        for library, rooms in FORBIDDEN_LIBRARIES.items():
            if top == library:
                assert room in rooms, f"{room} imports {library} in {path}; only {sorted(rooms) or 'export'} may"


def test_no_tracked_file_names_a_path_of_a_machine() -> None:
    words = ["/home/" + "user", "/Users" + "/"]
    for path in _files():
        text = path.read_text("utf-8")
        assert not any(word in text for word in words), path
