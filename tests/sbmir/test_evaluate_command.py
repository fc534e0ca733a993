"""`sbmir evaluate`, typed as a user would, on small real files and a real MongoDB."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from model_samples import write_checkpoint
from patient_samples import SHAPE, settings, write_patient
from PIL import Image

from sbmir import cli, preprocessing
from sbmir.embedding import embed_patients
from sbmir.encoding import CodeEncoder
from sbmir.evaluation.tables import RUN_FACTS
from sbmir.layout import APP_CONFIG
from sbmir.networks.sizes import NetworkSizes
from sbmir.search.engine import MetricKind

pytestmark = pytest.mark.slow

NETWORKS = {"emb_dim": 8, "enc_filters": [8, 8, 8, 8], "dec_filters": [8, 8, 8, 8]}
SIZES = NetworkSizes(emb_dim=8, enc_filters=(8,) * 4, dec_filters=(8,) * 4)
PATIENTS = ("P1", "P2", "P3", "P4", "P5")
FILES = {
    *("report.json", "queries.csv", "report.md"),
    *("success.png", "settings.png", "strata.png", "best.png", "worst.png"),
}


def labels_of(number: int) -> np.ndarray:
    """A lesion of each patient's own size, side and tissues; the last patient has none."""
    labels = np.zeros(SHAPE, np.uint8)
    if number < len(PATIENTS):
        columns = slice(7, 10) if number % 2 else slice(2, 5)
        labels[columns, 3 : 5 + number, 2] = 2
        labels[columns, 4:6, 2] = 4 if number % 2 else 1
    return labels


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("evaluate")
    for number, name in enumerate((*PATIENTS, "Healthy")):
        write_patient(root / "src" / name, seed=10 * number, replace={"seg": labels_of(number)})
    preprocessing.run({"Tiny": settings(root, SIZES.image_size)}, workers=1)
    encoder = CodeEncoder.from_checkpoint(write_checkpoint(root / "tiny.ckpt", sizes=SIZES), SIZES)
    embed_patients(root / "dst", root / "codes" / "tiny", encoder)
    write_config(root)
    assert cli.main(["ingest", "--config", str(root / "config.yaml")]) == 0
    return root


def write_config(root: Path, name: str = "config.yaml", templates=("P1", "Healthy")) -> Path:
    shipped = yaml.safe_load(APP_CONFIG.read_text(encoding="utf-8"))
    tiny = shipped["dataset_types"][1] | {
        "name": "Tiny",
        "data_set": "Tiny",
        "volumes_dir": "src",
        "slices_dir": "dst",
        "template_patients": list(templates),
        "models": [
            {
                "name": "tiny",
                "checkpoint": "tiny.ckpt",
                "codes_dir": "codes/tiny",
                "metric": "balanced",
                "weight": 0.8,
                "networks": NETWORKS,
            }
        ],
    }
    whole = shipped | {"mongodb": {"data_dir": "mongodb"}, "dataset_types": [tiny]}
    path = root / name
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return path


def evaluate(home: Path, out: Path, *arguments: str, config: str = "config.yaml") -> int:
    return cli.main(["evaluate", "--config", str(home / config), "--out", str(out), *arguments])


def report_of(out: Path) -> dict:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def out(home: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "new" / "folder"
    assert evaluate(home, folder) == 0
    return folder


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "queries.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_report_is_whole(out: Path) -> None:
    assert {path.name for path in out.iterdir() if not path.name.startswith(".")} == FILES
    for path in out.glob("*.png"):
        with Image.open(path) as image:
            assert len(image.convert("L").getcolors()) > 10
    text = (out / "report.md").read_text(encoding="utf-8")
    for part in ("label-map Dice", "random order", "**← shipped**", "(best.png)", "reciprocal"):
        assert part in text


def test_every_patient_with_a_lesion_is_looked_for_in_every_way(out: Path) -> None:
    report = report_of(out)
    assert [method["name"] for method in report["methods"]] == [
        *("sketch", "example", "labels", "pixels", "chance")
    ]
    targets = {name.split("/")[1].split(":")[0] for name in report["setup"]["targets"]}
    assert targets == set(PATIENTS)
    for method in report["methods"]:
        found = method["overall"]["success_at_5"]
        assert found["n"] == len(PATIENTS)
        assert found["value"] == 1  # nobody else is there
        assert 0 < method["overall"]["reciprocal_rank"]["value"] <= 1
    assert report["setup"]["n_patients"] == len(PATIENTS) + 1


def test_the_labels_of_the_answer_find_it(out: Path) -> None:
    found = {m["name"]: m["overall"]["reciprocal_rank"]["value"] for m in report_of(out)["methods"]}
    assert found["labels"] > 0.8 > found["chance"]


def test_rows_add_up_to_the_figures(out: Path) -> None:
    report = report_of(out)
    rows = rows_of(out)
    own = [
        row
        for row in rows
        if (row["method"], row["metric"], row["weight"]) == (*("sketch", "balanced", "0.8"),)
    ]
    ranks = [float(row["rank"]) for row in own]
    found = report["methods"][0]["overall"]
    assert np.median(ranks) == found["median_rank"]["value"]
    assert np.mean([1 / rank for rank in ranks]) == pytest.approx(
        found["reciprocal_rank"]["value"], abs=1e-5
    )
    assert all(row["template_patient"] != row["patient_id"] for row in rows)
    assert all(row["template_patient"] not in row["first_results"] for row in rows)


def test_strata_part_the_targets(out: Path) -> None:
    strata = report_of(out)["methods"][0]["strata"]
    for kinds in strata.values():
        assert sum(kind["reciprocal_rank"]["n"] for kind in kinds.values()) == len(PATIENTS)
    assert set(strata["side"]) == {"left", "right"}
    assert set(strata["enhancement"]) == {"enhancing", "not enhancing"}


def test_the_shipped_setting_is_marked_among_the_compared(out: Path) -> None:
    settings = report_of(out)["settings"]
    shipped = [one for one in settings if one["shipped"]]
    assert [(one["metric"], one["weight"]) for one in shipped] == [("balanced", 0.8)]
    assert {one["metric"] for one in settings} == {"balanced", "published"}
    assert len(settings) == len({(one["metric"], one["weight"]) for one in settings}) > 10


def without_run_facts(out: Path) -> dict:
    return {key: value for key, value in report_of(out).items() if key not in RUN_FACTS}


def test_a_seed_gives_the_same_report_and_another_another(
    home: Path, out: Path, tmp_path: Path
) -> None:
    assert evaluate(home, tmp_path / "same") == 0
    assert without_run_facts(tmp_path / "same") == without_run_facts(out)
    assert (tmp_path / "same" / "queries.csv").read_bytes() == (out / "queries.csv").read_bytes()
    assert evaluate(home, tmp_path / "other", "--seed", "1") == 0
    assert rows_of(tmp_path / "other") != rows_of(out)


def test_a_subset_is_asked_for_as_within_the_whole(home: Path, out: Path, tmp_path: Path) -> None:
    assert evaluate(home, tmp_path, "--patients", "P2,P4") == 0
    part = rows_of(tmp_path)
    assert {row["patient_id"] for row in part} == {"P2", "P4"}
    assert all(row in rows_of(out) for row in part)


def test_settings_and_sketches_can_be_chosen(home: Path, tmp_path: Path) -> None:
    chosen = ("--metric", "published", "--weight", "0.5", "--weight", "1", "--sketches", "2")
    assert evaluate(home, tmp_path, *chosen) == 0
    report = report_of(tmp_path)
    assert [(one["metric"], one["weight"]) for one in report["settings"]] == [
        *(("balanced", 0.8), ("published", 0.5), ("published", 1.0))
    ]
    assert report["methods"][0]["overall"]["reciprocal_rank"]["n"] == len(PATIENTS)
    own = [row for row in rows_of(tmp_path) if row["method"] == "pixels"]
    assert [(row["patient_id"], row["sketch"]) for row in own] == [
        (name, number) for name in PATIENTS for number in "01"
    ]


def test_no_report_names_a_folder_of_the_machine(home: Path, out: Path) -> None:
    for name in ("report.json", "report.md", "queries.csv"):
        text = (out / name).read_text(encoding="utf-8")
        assert str(home) not in text
        assert str(Path.home()) + "/" not in text


def test_features_computed_elsewhere_are_compared_with(home: Path, tmp_path: Path, capsys) -> None:
    folder = home / "codes" / "resnet"
    random = np.random.default_rng(0)
    for name in (*PATIENTS, "Healthy"):
        (folder / name).mkdir(parents=True)
        own = random.normal(size=5)
        for index in range(SHAPE[2]):
            np.save(folder / name / f"feature_{index:04d}.npy", own + random.normal(0, 0.01, 5))
    try:
        assert evaluate(home, tmp_path / "whole") == 0
        methods = {one["name"]: one for one in report_of(tmp_path / "whole")["methods"]}
        # A patient's slices are near one another.
        assert methods["features:resnet"]["overall"]["success_at_1"]["value"] == 1
        (folder / "P3" / "feature_0001.npy").unlink()
        assert evaluate(home, tmp_path / "part") == 1
        assert report_of(tmp_path / "part")["unavailable"] == ["features resnet"]
        assert "feature_0001.npy is not there" in capsys.readouterr().err
    finally:
        shutil.rmtree(folder)


def test_the_only_template_is_left_out_and_said(home: Path, tmp_path: Path, capsys) -> None:
    write_config(home, "one.yaml", templates=("P1",))
    assert evaluate(home, tmp_path, config="one.yaml") == 1
    assert list(report_of(tmp_path)["left_out"]) == ["P1"]
    assert "no template for P1" in capsys.readouterr().err
    assert "Not looked for: P1" in (tmp_path / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--patients", "P9,P2"), 3, "Not in the database under this model: P9."),
        (("--patients", "Healthy"), 3, "no lesion"),
        (("--model", "tini"), 2, "Did you mean 'tiny'?"),
    ],
)
def test_what_cannot_be_evaluated_says_why(
    home: Path, tmp_path: Path, capsys, arguments, status, says
) -> None:
    assert evaluate(home, tmp_path / "none", *arguments) == status
    assert says in capsys.readouterr().err
    assert not (tmp_path / "none" / "report.json").exists()


def test_a_damaged_patient_of_the_database_is_named_at_once(
    home: Path, tmp_path: Path, capsys
) -> None:
    whole = home / "dst" / "P4"
    shutil.move(whole, tmp_path / "P4")
    try:
        assert evaluate(home, tmp_path / "none", "--patients", "P2") == 1
    finally:
        shutil.move(tmp_path / "P4", whole)
    told = capsys.readouterr().err
    assert "P4: " in told
    assert "ingest --remove" in told


def test_every_metric_can_be_asked_for() -> None:
    for kind in MetricKind:
        options = cli._parser().parse_args(["evaluate", "--metric", kind.value])
        assert options.metric == [kind.value]


def test_absent_templates_and_folders_are_told(home: Path, tmp_path: Path, capsys) -> None:
    write_config(home, "absent.yaml", templates=("Nobody",))
    assert evaluate(home, tmp_path / "none", config="absent.yaml") == 2
    assert "No template patient of Tiny is there" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert evaluate(home, tmp_path / "file" / "out") == 3
    assert "cannot be written" in capsys.readouterr().err
