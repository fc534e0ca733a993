"""The `sbmir` command, typed as a user would, on small real files and a real MongoDB."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from model_samples import write_checkpoint
from patient_samples import settings, write_patient

from sbmir import cli, preprocessing
from sbmir.embedding import embed_patients
from sbmir.encoding import CodeEncoder
from sbmir.keys import SliceKey
from sbmir.layout import APP_CONFIG
from sbmir.networks.sizes import NetworkSizes
from sbmir.search_file import FoundPatient, SearchFile, write_search

NETWORKS = {"emb_dim": 8, "enc_filters": [8, 8, 8, 8], "dec_filters": [8, 8, 8, 8]}
SIZES = NetworkSizes(emb_dim=8, enc_filters=(8,) * 4, dec_filters=(8,) * 4)
PATIENTS = ("P1", "P2", "P3")
HEALTHY, LESION = 0, 2


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """Three patients with slices and codes, a model of random weights, and settings."""
    root = tmp_path_factory.mktemp("cli")
    for seed, name in enumerate(PATIENTS):
        write_patient(root / "src" / name, seed=10 * seed)
    preprocessing.run({"Tiny": settings(root, SIZES.image_size)}, workers=1)
    checkpoint = write_checkpoint(root / "tiny.ckpt", sizes=SIZES)
    encoder = CodeEncoder.from_checkpoint(checkpoint, SIZES)
    embed_patients(root / "dst", root / "codes", encoder)
    np.save(root / "sketch.npy", np.eye(SIZES.image_size, dtype=np.uint8) * 2)
    write_config(root)
    return root


def write_config(root: Path, **changes: object) -> Path:
    shipped = yaml.safe_load(APP_CONFIG.read_text(encoding="utf-8"))
    tiny = shipped["dataset_types"][1] | {
        "name": "Tiny",
        "data_set": "Tiny",
        "volumes_dir": "src",
        "slices_dir": "dst",
        "template_patients": ["P1"],
        "models": [
            {
                "name": "tiny",
                "checkpoint": "tiny.ckpt",
                "codes_dir": "codes",
                "networks": NETWORKS,
            }
        ],
    }
    whole = shipped | {"mongodb": {"data_dir": "mongodb"}, "dataset_types": [tiny]} | changes
    path = root / "config.yaml"
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return path


def sbmir(home: Path, command: str, *arguments: str) -> int:
    return cli.main([command, "--config", str(home / "config.yaml"), *arguments])


@pytest.fixture(scope="module")
def filled(home: Path) -> Path:
    assert sbmir(home, "ingest") == 0
    return home


def query(home: Path, capsys, *arguments: str) -> dict:
    assert sbmir(home, "query", "--json", *arguments) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_a_sketch_finds_every_other_patient_once(filled: Path, capsys) -> None:
    asked = ("--template", f"P1:{HEALTHY}", "--sketch", str(filled / "sketch.npy"))
    answer = query(filled, capsys, *asked)
    assert sorted(result["patient_id"] for result in answer["results"]) == ["P2", "P3"]
    distances = [result["distance"] for result in answer["results"]]
    assert distances == sorted(distances)
    assert [result["rank"] for result in answer["results"]] == [1, 2]
    assert answer["query"]["template"] == f"P1:{HEALTHY}"
    assert set(answer["timings_ms"]) == {"encode", "search", "total"}
    with_template = query(filled, capsys, *asked, "--include-template-patient", "--top", "1")
    assert len(with_template["results"]) == 1


@pytest.mark.slow
def test_an_example_finds_its_own_slice(filled: Path, capsys) -> None:
    asked = ("--example", f"P2:{LESION}", "--include-template-patient")
    best = query(filled, capsys, *asked)["results"][0]
    assert (best["patient_id"], best["slice_num"]) == ("P2", LESION)
    assert best["distance"] < 1e-3
    assert query(filled, capsys, *asked, "--mirror")["results"][0]["distance"] > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("filters", "slices"),
    [
        (("--side", "left"), {1, 2}),
        (("--side", "right"), set()),
        (("--enhancing",), {2}),
        (("--no-enhancing",), set()),
        (("--lesion-cm2", "0.05:"), {2}),
        (("--lesion-cm2", ":0"), {0, 3}),
    ],
)
def test_only_what_passes_the_filters_is_found(filled: Path, capsys, filters, slices) -> None:
    answer = query(filled, capsys, "--example", f"P1:{LESION}", *filters)
    found = {result["slice_num"] for result in answer["results"]}
    assert found <= slices
    assert bool(found) == bool(slices)
    assert len(answer["query"]["filters"]) == 1


def exported(home: Path, answer: dict, **changes) -> Path:
    """Write a search as the application exports it."""
    encoder = CodeEncoder.from_checkpoint(home / "tiny.ckpt", SIZES)
    patient, _, index = answer["query"]["template"].rpartition(":")
    results = tuple(
        FoundPatient(
            one["rank"],
            SliceKey(one["dataset"], one["patient_id"], one["slice_num"]),
            one["distance"],
        )
        for one in answer["results"]
    )
    by_sketch = answer["query"]["sketch"] is not None
    key = SliceKey("Tiny", patient, int(index))
    search = SearchFile(
        dataset="Tiny",
        model="tiny",
        metric="published",
        template=key if by_sketch else None,
        example=None if by_sketch else key,
        sketch="sketch.npy" if by_sketch else None,
        weight=answer["query"]["weight"],
        mirror=answer["query"]["mirror"],
        include_template_patient=False,
        filters=answer["query"]["filters"],
        top=10,
        model_fingerprint=encoder.fingerprint,
        codes_fingerprint="unknown",
        n_patients=3,
        results=results,
        searched_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    path = home / "search.json"
    write_search(path, replace(search, **changes))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        ("--template", f"P1:{HEALTHY}", "--sketch", "sketch.npy", "--weight", "0.7", "--mirror"),
        ("--example", f"P2:{LESION}", "--side", "left"),
    ],
)
def test_an_exported_search_is_repeated_with_the_same_ranking(
    filled: Path, capsys, monkeypatch, asked
) -> None:
    monkeypatch.chdir(filled)
    answer = query(filled, capsys, *asked)
    path = exported(filled, answer)
    assert sbmir(filled, "query", "--repeat", str(path), "--json") == 0
    captured = capsys.readouterr()
    repeated = json.loads(captured.out)
    assert repeated["results"] == answer["results"]
    same = {"model": True, "codes": False, "ranking": True, "distances": True}
    assert repeated["same"] == same
    assert "The ranking is the same" in captured.err
    assert "holds other codes" in captured.err


@pytest.mark.slow
def test_a_repeated_search_that_finds_others_says_so(filled: Path, capsys) -> None:
    answer = query(filled, capsys, "--example", f"P2:{LESION}")
    fewer = exported(filled, {**answer, "results": answer["results"][:1]}, model_fingerprint="b")
    assert sbmir(filled, "query", "--repeat", str(fewer)) == 1
    told = capsys.readouterr().err
    assert "The ranking differs" in told
    assert "another one" in told
    farther = [{**result, "distance": result["distance"] * 1.1} for result in answer["results"]]
    assert (
        sbmir(filled, "query", "--repeat", str(exported(filled, {**answer, "results": farther})))
        == 0
    )
    assert "the distances differ" in capsys.readouterr().err


@pytest.mark.slow
def test_ingesting_again_changes_nothing_and_patients_can_be_removed(filled, capsys) -> None:
    assert sbmir(filled, "ingest") == 0
    assert "3 unchanged" in capsys.readouterr().err
    assert sbmir(filled, "ingest", "--remove", "P3") == 0
    assert sbmir(filled, "ingest", "--remove", "P3") == 3
    capsys.readouterr()
    example = query(filled, capsys, "--example", f"P2:{LESION}")
    assert [result["patient_id"] for result in example["results"]] == ["P1"]
    assert sbmir(filled, "ingest", "--patients", "P3") == 0
    assert "1 added" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--sketch", "sketch.npy"), 2, "needs --template"),
        (("--template", "P1", "--sketch", "sketch.npy"), 2, "does not name a slice"),
        (("--template", "P1:99", "--sketch", "sketch.npy"), 2, "no slice 99"),
        (("--template", f"P1:{LESION}", "--sketch", "sketch.npy"), 2, "shows a lesion"),
        (("--template", "P1:0", "--sketch", "absent.npy"), 3, "absent.npy"),
        (("--example", "P2:0", "--model", "tini"), 2, "Did you mean 'tiny'?"),
        (("--example", "P2:0", "--dataset", "Tinny"), 2, "Did you mean 'Tiny'?"),
        (("--example", "P2:0", "--lesion-cm2", "5:2"), 2, "No lesion has an area"),
        (("--repeat", "absent.json"), 3, "absent.json"),
        (("--repeat", "absent.json", "--weight", "1", "--side", "left"), 2, "--weight, --side"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    filled: Path, capsys, monkeypatch, arguments, status, says
) -> None:
    monkeypatch.chdir(filled)
    assert sbmir(filled, "query", *arguments) == status
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


@pytest.mark.slow
def test_doctor_tells_what_is_there_and_what_is_not(filled: Path, capsys) -> None:
    assert sbmir(filled, "doctor") == 0
    told = capsys.readouterr().out
    assert "ok   Contour geometry" in told
    assert "ok   Tiny slices: 3 patients" in told
    assert "ok   Tiny codes of tiny: 3 patients" in told


def test_doctor_fails_on_settings_with_mistakes(tmp_path: Path, capsys) -> None:
    write_config(tmp_path, serch={})
    assert sbmir(tmp_path, "doctor") == 3
    assert "did you mean 'search'" in capsys.readouterr().out


def test_settings_mistakes_are_listed_together(tmp_path: Path, capsys) -> None:
    write_config(tmp_path, serch={}, window={"width": 3}, structures=[])
    assert sbmir(tmp_path, "ingest") == 2
    told = capsys.readouterr().err
    for key in ("serch", "window.width", "structures"):
        assert key in told


def test_an_absent_settings_file_is_a_missing_file(tmp_path: Path, capsys) -> None:
    assert sbmir(tmp_path, "query", "--example", "P1:0") == 3
    assert "config.yaml" in capsys.readouterr().err


def test_an_absent_checkpoint_is_a_missing_file(tmp_path: Path, capsys) -> None:
    write_config(tmp_path)
    assert sbmir(tmp_path, "ingest") == 3
    assert "tiny.ckpt" in capsys.readouterr().err


def test_wrong_arguments_are_a_usage_error(capsys) -> None:
    for arguments in (
        ["query"],
        ["query", "--example", "P1:0", "--lesion-cm2", "5"],
        ["phantom", "--out", "x", "--patients", "0"],
        ["nonsense"],
    ):
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        assert end.value.code == 2
    assert "at least 1" in capsys.readouterr().err
