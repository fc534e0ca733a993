"""Who may import whom: every import statement of the project is read."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Rooms of the library, from the lowest: a room may use itself and what stands before it.
SBMIR_ORDER = [
    {"errors"},
    {"keys", "labels", "layout", "console"},
    {"config", "networks.sizes"},
    {"hand"},
    {"files", "parallel"},
    {"json_file"},
    {"nifti"},
    {"volumes", "patient_files"},
    {"slices"},
    {"catalogue"},
    {"preprocessing"},
    {"phantom"},
    {"networks"},
    {"codes"},
    {"encoding"},
    {"embedding"},
    {"database"},
    {"search"},
    {"filters", "similarity"},
    {"sketch_file"},
    {"retrieval"},
    {"search_file"},
    {"evaluation"},
    {"commands"},
    {"cli"},
]

# A package and the only places that may import it.
RESERVED = {
    "PyQt5": ["App/"],
    "pytorch_lightning": ["ModelTraining/"],
    "pymongo": ["sbmir/database/"],
    "bson": ["sbmir/database/"],
    "nibabel": ["sbmir/nifti.py", "sbmir/volumes.py"],
    "nilearn": ["sbmir/phantom/"],
    "matplotlib": ["sbmir/evaluation/"],
    "torch": ["sbmir/networks/", "sbmir/encoding.py", "ModelTraining/"],
}
WITHOUT_QT = ["App/model/", "App/widget/contour_module/"]


def project_sources() -> list[Path]:
    folders = [ROOT / name for name in ("sbmir", "App", "ModelTraining")]
    return [ROOT / "preprocess.py", *(p for f in folders for p in sorted(f.rglob("*.py")))]


def imports_of(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def room_of(module: str) -> int | None:
    """The place in SBMIR_ORDER of a module such as `sbmir.networks.sizes`; the longest match."""
    inside = module.removeprefix("sbmir").lstrip(".")
    matches = [
        (len(room), place)
        for place, rooms in enumerate(SBMIR_ORDER)
        for room in rooms
        if inside == room or inside.startswith(f"{room}.")
    ]
    return max(matches)[1] if matches else None


@pytest.mark.parametrize("path", project_sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_stay_within_the_house(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    for name in sorted(imports_of(path)):
        package = name.split(".")[0]
        if package in RESERVED:
            allowed = any(place.startswith(prefix) for prefix in RESERVED[package])
            assert allowed, f"{place} imports {name}"
        if package == "PyQt5":
            assert not any(place.startswith(prefix) for prefix in WITHOUT_QT), place
        if package == "App":
            assert place.startswith("App/"), f"{place} imports {name}"
        if package == "ModelTraining":
            assert place.startswith("ModelTraining/"), f"{place} imports {name}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "sbmir").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_library_imports_only_downwards(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if module == "sbmir":
        return
    own = room_of(module)
    assert own is not None, f"{module} has no room yet: give it one in SBMIR_ORDER"
    for name in sorted(imports_of(path)):
        if name.startswith("sbmir."):
            room = room_of(name)
            assert room is None or room <= own, f"{module} imports {name} from above"


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("sbmir", ["torch", "numpy", "pymongo", "PyQt5", "pydantic"]),
        ("sbmir.config.application", ["torch", "pymongo", "PyQt5"]),
        ("sbmir.cli", ["torch", "pymongo", "nibabel", "scipy"]),
        ("sbmir.encoding", ["pytorch_lightning", "PyQt5"]),
        ("App.application", ["torch", "pytorch_lightning", "nilearn", "matplotlib"]),
    ],
)
def test_importing_is_light(module: str, forbidden: list[str]) -> None:
    code = f"import sys, {module}; print([m for m in {forbidden!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
