"""Six simulated readers take the demo study; every figure of its report is computed once more."""

import csv
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from study_readers import SimulatedStudy, StudyReader

from sbmir.hand import Hand
from sbmir.layout import REPOSITORY_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

READERS = (
    StudyReader("Ann", 2, Hand()),
    StudyReader("Ben", 4, Hand(shift_px=60, turn_deg=180)),  # who does not find them all
    StudyReader("Cem", 8, Hand(scale=0.5, turn_deg=90)),
    StudyReader("Dia", 15, Hand(), n_questions=5),
    StudyReader("Eve", 33, Hand(shift_px=1, scale=0.02)),
    StudyReader("Fee, M.D.", 48, Hand(smoothing_px=5)),
    StudyReader("Ann", 2, Hand(shift_px=4)),  # the same reader twice
)
BANDS = {"1 to 5 years": (1, 5), "6 to 10 years": (6, 10), "11 to 20 years": (11, 20)} | {
    "21 to 50 years": (21, 50)
}
N_ANSWERS = 6 * 8 + 5


@pytest.fixture(scope="module")
def results(demo_home, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "results"
    study = SimulatedStudy(demo_home / "config.yaml")
    for seed, reader in enumerate(READERS):
        study.take_part(reader, folder, seed)
    study.close()
    return folder


@pytest.fixture(scope="module")
def report(results) -> Path:
    out = results.parent / "report"
    command = [sys.executable, "-m", "sbmir.cli", "study", "report"]
    done = subprocess.run(
        [*command, "--results", str(results), "--out", str(out)],
        cwd=REPOSITORY_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 of the sessions is not complete" in done.stderr
    return out


@pytest.fixture(scope="module")
def answers(results) -> list[dict]:
    """The results as they lie on the disk, read by nothing of ours."""
    paths = sorted(results.rglob("result.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


# --- The figures, computed once more ----------------------------------------------------------


def measured(answer: dict) -> dict[str, float]:
    """What one answer tells of each measure."""
    first_five = answer["result_summary"][:5]
    points = [[one[f"eval_point_{n}"] for n in (1, 2, 3)] for one in first_five]
    told = {
        "precision": sum(map(sum, points)) / (3 * len(points)),
        "seconds to first stroke": answer["seconds_to_first_stroke"],
        "seconds to search": answer["seconds_to_search"],
        "seconds to submit": answer["seconds_to_submit"],
        "searches": answer["n_searches"],
        "strokes": answer["n_strokes"],
        "undos": answer["n_undos"],
    }
    if answer["asked"]["type"] == "image":
        patients = [one["patient_id"] for one in answer["result_summary"]]
        target = answer["asked"]["case"]["patient_id"]
        rank = patients.index(target) + 1 if target in patients else math.inf
        told |= {f"success@{k}": float(rank <= k) for k in (1, 5, 10)}
        told["reciprocal rank"] = 1 / rank
    return told


def groups(answers: list[dict]) -> dict[tuple[str, str], list[dict]]:
    found: dict[tuple[str, str], list[dict]] = {("all", "all answers"): answers}
    for answer in answers:
        name, years = answer["user_name"], answer["y_experience"]
        band = next(text for text, (low, high) in BANDS.items() if low <= years <= high)
        for kind, group in (
            ("stage", f"stage {answer['stage_num']}"),
            ("reader", f"{name} ({years} years)"),
            ("experience", band),
        ):
            found.setdefault((kind, group), []).append(answer)
    return found


def figure(answers: list[dict], measure: str) -> tuple[float, float, float, int] | None:
    """Mean, both ends of the interval, and number of answers, in plain Python."""
    by_reader: dict[tuple, list[float]] = {}
    for answer in answers:
        value = measured(answer).get(measure)
        if value is not None:
            reader = answer["user_name"], answer["y_experience"]
            by_reader.setdefault(reader, []).append(float(value))
    if not by_reader:
        return None
    values = [value for own in by_reader.values() for value in own]
    units = list(by_reader.values()) if len(by_reader) > 1 else [[value] for value in values]
    means = []
    for drawn in np.random.default_rng(0).integers(len(units), size=(2000, len(units))).tolist():
        together = [value for place in drawn for value in units[place]]
        means.append(math.fsum(together) / len(together))
    means.sort()
    return (
        math.fsum(values) / len(values),
        percentile(means, 0.025),
        percentile(means, 0.975),
        len(values),
    )


def percentile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


MEASURES = (
    *("success@1", "success@5", "success@10", "reciprocal rank", "precision"),
    *("seconds to first stroke", "seconds to search", "seconds to submit"),
    *("searches", "strokes", "undos"),
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_figure_equals_an_independent_computation(report, answers):
    assert len(answers) == N_ANSWERS
    expected = {
        (kind, group, measure): found
        for (kind, group), own in groups(answers).items()
        for measure in MEASURES
        if (found := figure(own, measure)) is not None
    }
    told = {
        (row["kind"], row["group"], row["measure"]): tuple(
            float(row[name]) for name in ("mean", "low", "high", "answers")
        )
        for row in rows(report / "figures.csv")
    }
    assert told.keys() == expected.keys()
    assert len(told) > 120
    for key, numbers in expected.items():
        assert told[key] == pytest.approx(numbers, rel=1e-5, abs=1e-9), key


def test_the_table_of_answers_holds_each_answer_as_it_lies_on_the_disk(report, answers):
    table = {
        (row["session"], row["stage_num"], row["question_num"]): row
        for row in rows(report / "answers.csv")
    }
    assert len(table) == N_ANSWERS
    told = sorted(
        tuple(round(float(row[name]), 3) for name in MEASURES if row[name])
        for row in table.values()
    )
    computed = [measured(answer) for answer in answers]
    assert told == sorted(
        tuple(round(float(f"{one[name]:.6g}"), 3) for name in MEASURES if name in one)
        for one in computed
    )


def test_sketches_find_presented_patients_better_than_chance(answers):
    """Of five patients who can be found, chance has one in five at the first rank."""
    ranks = [one["matched_retrieved_num"] for one in answers if one["asked"]["type"] == "image"]
    assert np.mean([rank == 0 for rank in ranks]) > 0.3
    assert len(set(ranks)) > 1  # so that figures tell more than that all were found


def test_the_page_holds_every_sketch_beside_what_was_asked(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    assert page.count('alt="sketch" src="data:image/png;base64,') == N_ANSWERS
    assert page.count('alt="presented case" src="data:image/png;base64,') == 6
    assert f"{N_ANSWERS} answers of 6 readers in 7 sessions" in page
    assert "http" not in page
    assert {path.name for path in (report / "plots").iterdir()} == {
        *("by_stage.png", "by_experience.png", "by_reader.png")
    }
