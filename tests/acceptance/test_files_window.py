"""A user takes sketches and results out of the window, and back into it."""

import csv
import json
import subprocess
import sys
import zipfile

import nibabel
import numpy as np
import pytest
from PIL import Image

from sbmir.layout import REPOSITORY_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_files.py")


@pytest.fixture(scope="module")
def notes(seen):
    return seen.notes


@pytest.fixture(scope="module")
def unpacked(seen):
    """The exported search."""
    with zipfile.ZipFile(seen.folder / "search.zip") as archive:
        archive.extractall(seen.folder / "unpacked")
    return seen.folder / "unpacked" / "search"


def ask(demo_home, *arguments):
    """What `sbmir query` finds: patient, slice and distance."""
    command = ["query", "--config", str(demo_home / "config.yaml"), *arguments, "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "sbmir.cli", *command],
        cwd=REPOSITORY_ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )
    results = json.loads(done.stdout)["results"]
    return [[r["patient_id"], r["slice_num"], round(r["distance"], 5)] for r in results]


def test_contours_come_back_as_they_were_on_their_slice(notes):
    assert notes["cleared"]["contours"] == 0
    assert notes["cleared"]["slice"] != notes["drawn"]["slice"]
    assert notes["contours"] == notes["drawn"]


def test_a_label_map_comes_back_to_the_pixel_and_nested_shapes_stay_whole(notes):
    labels, drawn = notes["labels"], notes["drawn"]
    assert labels["slice"] == drawn["slice"]
    assert labels["ET"] == pytest.approx(drawn["ET"], rel=0.04)
    # The tumour in the hole of the oedema counts as enclosed by it.
    assert labels["ED"] == pytest.approx(drawn["ED"] + drawn["ET"] / 2, rel=0.02)


def test_the_label_map_lies_in_the_volume_of_its_template(seen, demo_home):
    document = json.loads((seen.folder / "sketch.json").read_text())
    patient = document["template"]["patient_id"]
    index = document["template"]["slice_num"]
    assert index == seen.notes["drawn"]["slice"]
    folder = demo_home / "datasets" / "Demo" / patient
    volume = nibabel.load(folder / f"{patient}_t1.nii.gz")
    saved = nibabel.load(seen.folder / "labels.nii.gz")
    assert saved.shape[:2] == volume.shape[:2]
    corner = volume.affine @ [0, 0, index, 1]
    assert np.allclose(saved.affine[:, 3], corner)
    assert np.allclose(saved.affine[:3, :2], volume.affine[:3, :2])
    labels = np.asarray(saved.dataobj)
    assert labels.dtype == np.uint8
    assert set(np.unique(labels)) == {0, 2, 3}
    assert np.count_nonzero(labels == 3) == pytest.approx(seen.notes["drawn"]["ET"], rel=0.04)


def test_saving_again_takes_the_file_of_last_time(notes):
    assert notes["said"] == "The sketch is saved as labels.nii.gz."


def test_the_command_line_finds_the_same_with_the_saved_label_map(seen, demo_home):
    index = seen.notes["labels"]["slice"]
    template = json.loads((seen.folder / "sketch.json").read_text())["template"]["patient_id"]
    found = ask(
        demo_home,
        *("--template", f"{template}:{index}"),
        *("--sketch", str(seen.folder / "labels.nii.gz")),
    )
    assert [row[0] for row in found] == [row[0] for row in seen.notes["found"]]
    distances = [row[2] for row in found]
    assert distances == pytest.approx([row[2] for row in seen.notes["found"]], rel=0.02)


def test_a_row_is_a_picture_of_its_own(seen):
    with Image.open(seen.folder / "row.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert pixels.shape[1] > 3 * pixels.shape[0] > 300
    assert (np.ptp(pixels, axis=2) > 100).any()  # coloured labels


def test_an_exported_search_holds_the_results_in_all_forms(seen, unpacked):
    with (unpacked / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    listed = [[r["patient_id"], int(r["slice_num"]), round(float(r["distance"]), 5)] for r in rows]
    assert listed == seen.notes["found"]
    with Image.open(unpacked / "contact_sheet.png") as sheet:
        assert min(sheet.size) > 400
    report = (unpacked / "report.html").read_text(encoding="utf-8")
    for patient, _, _ in listed:
        assert patient in report
    recorded = json.loads((unpacked / "search.json").read_text())
    for fingerprint in recorded["fingerprints"].values():
        assert fingerprint[:12] in report


def test_nothing_exported_tells_of_the_users_machine(seen, unpacked, demo_home):
    for path in unpacked.iterdir():
        for private in (str(demo_home), str(seen.folder), str(REPOSITORY_ROOT)):
            assert private.encode() not in path.read_bytes(), path.name


def test_the_command_in_the_report_repeats_the_search(seen, unpacked, demo_home):
    report = (unpacked / "report.html").read_text(encoding="utf-8")
    assert "sbmir query --config CFG --repeat search.json" in report
    assert ask(demo_home, "--repeat", str(unpacked / "search.json")) == seen.notes["found"]


def test_a_closed_window_leaves_its_sketch_to_the_next_one(notes):
    assert notes["begun"]["contours"] == 0
    assert not notes["offered"]
    assert notes["reopened"] == notes["closed"]
