"""An exported search can be looked at anywhere, and repeated by the command that it prints."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import resource
import shlex
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from window_world import World, opened

from App.model.export import export_search, save_row
from App.model.opening import ReferenceOpener
from App.model.painting import rgb
from App.model.reference import SearchRequest
from App.model.search_export import SearchExport, command_lines
from App.model.sketch import Sketch
from App.model.sketch_storage import open_sketch
from App.widget.contour_module.stroke import stroke_region
from sbmir import cli
from sbmir.errors import Cancelled, DataError
from sbmir.filters import Filters
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass
from sbmir.sketch_file import read_sketch

pytestmark = pytest.mark.slow

ED, NET = TissueClass.ED, TissueClass.NET
EXTENT_MM = (40.0, 32.0)
NAMES = {TissueClass.ED: "Peritumoral edema", TissueClass.ET: "Tumor <b>", TissueClass.NET: "Core"}
COLORS = {ED: rgb("#f2d024"), TissueClass.ET: rgb("#a5602c"), NET: rgb("#25c3d8")}


DATASET, WEIGHT = ["--dataset", "Tiny"], ["--weight", "0.3"]


class Silent:
    """Whom long work tells how far it is."""

    def say(self, text):
        pass

    def progress(self, done, total):
        pass

    def should_stop(self):
        return False

    def check(self):
        pass


@contextmanager
def opened_reference(world: World):
    opener = ReferenceOpener(world.config, world.choice)
    try:
        yield opener.fill(Silent())
    finally:
        opener.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("export"))
    world.write_config()
    world.write_patients(4)
    world.write_checkpoint()
    return world


@pytest.fixture(scope="module")
def reference(world):
    with opened_reference(world) as reference:
        yield reference


def sketch() -> Sketch:
    disc = stroke_region(np.array([[12.0, 14.0], [16.0, 18.0]]), 6.0)
    core = stroke_region(np.array([[13.0, 15.0]]), 3.0)
    return Sketch().painted(ED, disc).painted(NET, core)


def search(reference, **changes) -> SearchExport:
    request = SearchRequest(
        **{
            "template": SliceKey("Tiny", "P1", 5),
            "sketch": sketch(),
            "extent_mm": EXTENT_MM,
            "weight": 0.3,
            "top": 10,
            **changes,
        }
    )
    outcome = reference.search(request, lambda: None)
    return SearchExport(
        reference=reference,
        outcome=outcome,
        results=outcome.results,
        names=NAMES,
        colors=COLORS,
        searched_at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    )


def write(path: Path, export: SearchExport) -> Path:
    export_search(path, export, outlined=True, progress=lambda *_: None, check=lambda: None)
    return path


def ranking(export: SearchExport) -> list[tuple[str, int]]:
    return [(found.key.patient, found.key.index) for found in export.results]


SEARCHES = {
    "a sketch": {},
    "mirrored": {"mirror": True, "weight": 1.0},
    "filtered": {"filters": Filters(side=None, enhancing=False, min_lesion_cm2=0.1)},
    "an example": {
        "template": SliceKey("Tiny", "P2", 2),
        "example": SliceKey("Tiny", "P2", 2),
        "sketch": Sketch(),
    },
}


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("which", [0, 1], ids=["by its file", "spelled out"])
def test_the_printed_commands_repeat_the_ranking(
    world, reference, tmp_path, capsys, monkeypatch, name: str, which: int
) -> None:
    export = search(reference, **SEARCHES[name])
    folder = write(tmp_path / "found", export)
    page = html.unescape((folder / "report.html").read_text(encoding="utf-8"))
    command = re.findall(r"<pre>(.*?)</pre>", page)[which]
    monkeypatch.chdir(folder)
    program, *arguments = shlex.split(command.replace("CFG", str(world.config_path)))
    assert program == "sbmir"
    assert cli.main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["results"]
    assert [(one["patient_id"], one["slice_num"]) for one in found] == ranking(export)
    assert [one["distance"] for one in found] == pytest.approx(
        [one.distance for one in export.results], rel=1e-5
    )
    assert ranking(export)


@pytest.fixture(scope="module")
def export(reference):
    return search(reference)


@pytest.fixture(scope="module")
def folder(export, tmp_path_factory):
    return write(tmp_path_factory.mktemp("shown") / "found", export)


@contextmanager
def files_of_at_most(n_bytes: int):
    """What a full disk does to this process: writing beyond the limit fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestWhatIsExported:
    def test_the_table_has_a_line_for_each_patient_and_why_it_matches(self, folder, export) -> None:
        table = (folder / "results.csv").read_text(encoding="utf-8")
        lines = list(csv.DictReader(io.StringIO(table)))
        assert [(line["patient_id"], int(line["slice_num"])) for line in lines] == ranking(export)
        assert [float(line["distance"]) for line in lines] == [
            found.distance for found in export.results
        ]
        for line, found in zip(lines, export.results, strict=True):
            comparison = export.exported(found).comparison
            assert float(line["size_ratio"]) == pytest.approx(comparison.size_ratio, abs=1e-4)
            dice = comparison.dice[ED]
            assert line["dice_ed"] == ("" if dice is None else f"{dice:.4f}")

    def test_the_report_needs_nothing_else_and_names_no_folder(self, folder, world) -> None:
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!data:|["']?data:)\w""", page)
        assert "<script" not in page
        assert "Tumor <b>" not in page  # names are escaped
        for file in folder.iterdir():
            content = file.read_bytes()
            assert str(world.root).encode() not in content
            assert str(Path.home()).encode() + b"/" not in content

    def test_the_report_names_model_and_codes(self, folder, reference) -> None:
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert reference.model_fingerprint in page
        assert reference.codes_fingerprint() in page

    def test_the_sheet_shows_each_result_with_its_pictures(self, folder, export) -> None:
        with Image.open(folder / "contact_sheet.png") as sheet:
            pixels = np.asarray(sheet.convert("RGB"))
        assert pixels.shape[0] > 240 * len(export.results)
        assert (pixels == COLORS[ED]).all(axis=2).sum() > 1000  # lesions of the label maps

    def test_the_sketch_is_there_as_the_model_saw_it_and_as_it_was_drawn(
        self, folder, export
    ) -> None:
        labels = export.outcome.labels
        np.testing.assert_array_equal(read_sketch(folder / "sketch.npy", len(labels)), labels)
        assert open_sketch(folder / "sketch.json", None).sketch.is_same(sketch())
        assert open_sketch(folder / "sketch.nii.gz", None).template == SliceKey("Tiny", "P1", 5)

    def test_the_label_map_on_the_slice_finds_the_same_patients(
        self, folder, export, world, capsys
    ) -> None:
        config = str(world.config_path)
        asked = ["--template", "P1:5", "--sketch", str(folder / "sketch.nii.gz")]
        assert cli.main(["query", "--config", config, *DATASET, *asked, *WEIGHT, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["results"]
        by_patient = {one["patient_id"]: one["distance"] for one in found}
        # It has the pixels of the volume, not those of the model: edges may differ by one.
        assert by_patient == pytest.approx(
            {one.key.patient: one.distance for one in export.results}, rel=0.05
        )

    def test_an_archive_holds_the_same(self, folder, export, tmp_path) -> None:
        path = write(tmp_path / "found.zip", export)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            names = {name.removeprefix("found/") for name in archive.namelist()}
            table = archive.read("found/results.csv")
        assert names == {file.name for file in folder.iterdir()}
        assert table == (folder / "results.csv").read_bytes()

    def test_a_result_whose_files_are_gone_says_so_and_the_others_are_there(
        self, export, world, tmp_path
    ) -> None:
        found = export.results[0].key
        path = world.root / "slices" / found.patient / f"{found.patient}_t1_{found.index:04d}.npy"
        content = path.read_bytes()
        path.unlink()
        try:
            folder = write(tmp_path / "found", export)
        finally:
            path.write_bytes(content)
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert page.count("could not be read") == 1
        assert str(world.root) not in page

    def test_an_example_without_its_label_map_is_exported_too(
        self, reference, world, tmp_path
    ) -> None:
        path = world.root / "slices" / "P2" / "P2_seg_0002.npy"
        content = path.read_bytes()
        path.unlink()
        try:
            folder = write(tmp_path / "found", search(reference, **SEARCHES["an example"]))
        finally:
            path.write_bytes(content)
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert page.count("<article>") == 3


class TestWhereItGoes:
    def test_a_folder_that_holds_something_is_left_alone(self, reference, tmp_path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.txt").write_text("all of it")
        with pytest.raises(DataError, match="is there already"):
            write(tmp_path / "mine", search(reference))
        assert (tmp_path / "mine" / "thesis.txt").read_text() == "all of it"

    @pytest.mark.parametrize("name", ["gone/found", "gone/found.zip"])
    def test_what_cannot_be_written_is_one_message(self, reference, tmp_path, name) -> None:
        with pytest.raises(DataError, match="could not be saved"):
            write(tmp_path / name, search(reference))

    @pytest.mark.parametrize("name", ["found", "found.zip", "row.png"])
    def test_a_disk_that_fills_up_leaves_nothing_half_written(
        self, reference, tmp_path, name
    ) -> None:
        export = search(reference)
        shown = export.exported(export.results[0])
        with files_of_at_most(1500), pytest.raises(DataError, match="Make room") as refusal:
            if name == "row.png":
                save_row(tmp_path / name, export, shown, outlined=True)
            else:
                write(tmp_path / name, export)
        assert str(tmp_path / name) in refusal.value.what
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["found", "found.zip"])
    def test_an_export_that_is_cancelled_leaves_nothing(self, reference, tmp_path, name) -> None:
        def stop():
            raise Cancelled

        with pytest.raises(Cancelled):
            export_search(
                tmp_path / name,
                search(reference),
                outlined=False,
                progress=lambda *_: None,
                check=stop,
            )
        assert not list(tmp_path.iterdir())

    def test_a_row_is_a_picture_with_or_without_the_outline(self, reference, tmp_path) -> None:
        export = search(reference)
        shown = export.exported(export.results[0])
        pictures = {}
        for outlined in (True, False):
            save_row(tmp_path / "row.png", export, shown, outlined=outlined)
            with Image.open(io.BytesIO((tmp_path / "row.png").read_bytes())) as image:
                pictures[outlined] = np.asarray(image)
        assert pictures[True].shape == pictures[False].shape
        assert (pictures[True] != pictures[False]).any()
        assert pictures[True].shape[1] > 4 * 200


def test_names_that_a_shell_would_take_apart_are_quoted(reference) -> None:
    export = search(reference)
    from dataclasses import replace

    named = replace(
        export.search_file(), dataset="My data; rm -rf", template=SliceKey("Tiny", "P 1", 5)
    )
    _, spelled = command_lines(named)
    arguments = shlex.split(spelled)
    assert "My data; rm -rf" in arguments
    assert "P 1:5" in arguments


class TestFromTheWindow:
    """The same, asked for in a window in which a search has been made."""

    @pytest.fixture
    def session(self, world, reference, qtbot):  # the reference fills the database
        with opened(world, qtbot) as session:
            qtbot.waitUntil(
                lambda: session.searching.is_ready and session.sketching.template is not None,
                timeout=60_000,
            )
            session.sketching.load_sketch(sketch(), "draw", 5)
            with qtbot.waitSignal(session.searching.found, timeout=20_000):
                session.searching.search()
            yield session

    def test_results_are_exported_and_rows_saved(self, session, qtbot, tmp_path) -> None:
        told, failed = [], []
        session.notices.said.connect(told.append)
        session.notices.failed.connect(failed.append)
        assert session.files.can_export
        session.files.export(tmp_path / "found.zip", outlined=True)
        session.files.save_row(tmp_path / "row.png", session.searching.results[0], outlined=True)
        session.files.export(tmp_path / "gone" / "found.zip", outlined=True)
        qtbot.waitUntil(
            lambda: len(told) == 4 and len(failed) == 1, timeout=30_000
        )  # two beginnings and two ends
        assert "The search is exported as found.zip." in told
        assert "found.zip" in failed[0].what
        with zipfile.ZipFile(tmp_path / "found.zip") as archive:
            content = json.loads(archive.read("found/search.json"))
        assert content["query"]["template"]["slice_num"] == 5
        assert [one["patient_id"] for one in content["results"]] == [
            found.key.patient for found in session.searching.results
        ]
        assert (tmp_path / "row.png").is_file()
