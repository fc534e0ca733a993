"""The report's figures, against a computation by hand; and what the page holds."""

import csv
import itertools

import numpy as np
import pytest
from study_samples import change, make_record, write_session

from sbmir.cli import main
from sbmir.study.records import Asked

ALL_TICKS = ((True, True, True),) * 5


@pytest.fixture
def results(tmp_path):
    """Two readers: ranks 1, 3 and none with one, 2 with the other, who also read a statement."""
    first = [
        make_record(1, 1, rank=1, ticks=ALL_TICKS, seconds_to_submit=10.0),
        make_record(1, 2, rank=3, ticks=((True, False, False),), seconds_to_submit=20.0),
        make_record(2, 1, seconds_to_submit=60.0),
    ]
    text = Asked(type="text", statement="A <big> one")
    second = [
        make_record(1, 1, rank=2, user="=Ann", years=30, n_searches=4),
        make_record(3, 1, user="=Ann", years=30, ticks=ALL_TICKS, asked=text),
    ]
    write_session(tmp_path / "results", first)
    write_session(tmp_path / "results", second, user_name="=Ann", y_experience=30)
    return tmp_path / "results"


def report(results, out) -> int:
    return main(["study", "report", "--results", str(results), "--out", str(out)])


def read_figures(out):
    with (out / "figures.csv").open(newline="") as stream:
        return {(row["group"], row["measure"]): row for row in csv.DictReader(stream)}


def test_figures_equal_those_made_by_hand(results, tmp_path):
    assert report(results, tmp_path / "out") == 0
    figures = read_figures(tmp_path / "out")
    expected = {
        ("all answers", "success@1"): 1 / 4,
        ("all answers", "success@5"): 3 / 4,
        ("all answers", "reciprocal rank"): (1 + 1 / 3 + 0 + 1 / 2) / 4,
        ("all answers", "precision"): (1 + (1 / 3) / 5 + 0 + 0 + 1) / 5,
        ("stage 1", "success@1"): 1 / 3,
        ("stage 2", "success@10"): 0,
        ("Dr. Ito (7 years)", "seconds to submit"): 30,
        ("6 to 10 years", "success@5"): 2 / 3,
        ("21 to 50 years", "searches"): 2.5,
    }
    for key, value in expected.items():
        assert float(figures[key]["mean"]) == pytest.approx(value, abs=1e-5), key
    assert ("stage 3", "success@1") not in figures
    assert figures["all answers", "success@1"]["answers"] == "4"


def test_an_interval_of_one_reader_is_that_of_all_resamples_of_the_answers(results, tmp_path):
    report(results, tmp_path / "out")
    row = read_figures(tmp_path / "out")["Dr. Ito (7 years)", "reciprocal rank"]
    means = [np.mean(sample) for sample in itertools.product([1, 1 / 3, 0], repeat=3)]
    low, high = np.percentile(means, (2.5, 97.5), method="inverted_cdf")
    assert float(row["low"]) == pytest.approx(low, abs=0.06)
    assert float(row["high"]) == pytest.approx(high, abs=0.06)


def test_an_interval_of_several_readers_keeps_the_answers_of_each_together(results, tmp_path):
    report(results, tmp_path / "out")
    row = read_figures(tmp_path / "out")["stage 1", "reciprocal rank"]
    first, second = [1, 1 / 3], [1 / 2]
    assert float(row["mean"]) == pytest.approx(np.mean(first + second), abs=1e-5)
    assert float(row["low"]) == pytest.approx(np.mean(second), abs=1e-5)
    assert float(row["high"]) == pytest.approx(np.mean(first), abs=1e-5)


def test_the_page_stands_alone_and_tells_nothing_of_this_machine(results, tmp_path):
    report(results, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count('alt="sketch" src="data:image/png;base64,') == 5
    assert page.count('alt="presented case" src="data:image/png;base64,') == 3  # once a question
    assert page.count('class="plot"') == len(list((tmp_path / "out" / "plots").iterdir())) == 3
    assert page.count("<img") == page.count("src=") == 5 + 3 + 3
    assert "A &lt;big&gt; one" in page
    assert "http" not in page
    assert str(tmp_path) not in page


def test_names_are_no_formulas_in_a_spreadsheet(results, tmp_path):
    report(results, tmp_path / "out")
    with (tmp_path / "out" / "answers.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 5
    assert {row["user_name"] for row in rows} == {"Dr. Ito", "'=Ann"}
    assert [row["rank"] for row in rows if row["type"] == "image"].count("") == 1


def test_damaged_answers_are_left_out_and_told(results, tmp_path, capsys):
    change(next((results / "Demo").glob("Dr*")), 1, 1, y_experience=99)
    assert report(results, tmp_path / "out") == 1
    assert "question_num_1" in capsys.readouterr().err
    assert "1 damaged answer is left out" in (tmp_path / "out" / "report.html").read_text()


def test_who_stands_in_the_folder_of_results_names_it_by_a_dot(results, tmp_path, monkeypatch):
    (session,) = (results / "Demo").glob("Dr*")
    monkeypatch.chdir(session)
    change(session, 1, 1, y_experience=99)
    assert report(".", tmp_path / "out") == 1
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<h1>Reader study: Demo</h1>" in page
    assert session.name in (tmp_path / "out" / "answers.csv").read_text()


def test_what_makes_figures_other_than_they_seem_is_said(results, tmp_path, capsys):
    changed = [make_record(1, 1, model_fingerprint="b"), make_record(1, 2, model_fingerprint="a")]
    write_session(results, changed, study_fingerprint="of other questions", n_questions=2)
    assert report(results, tmp_path / "out") == 0
    told = capsys.readouterr().err
    page = (tmp_path / "out" / "report.html").read_text()
    for note in ("there are 2 sets of them", "2 models", "2 of the sessions are not complete"):
        assert note in told
        assert note in page


def test_studies_of_several_data_sets_are_reported_one_after_the_other(results, tmp_path, capsys):
    write_session(results, [make_record()], dataset_type="Other")
    assert report(results, tmp_path / "out") == 1
    assert "several studies: Demo, Other" in capsys.readouterr().err
    assert report(results / "Other", tmp_path / "out") == 0


def test_nothing_to_report_is_said(tmp_path, capsys):
    assert report(tmp_path / "none", tmp_path / "out") == 3
    assert report(tmp_path, tmp_path / "out") == 1
    assert "no answered question" in capsys.readouterr().err
