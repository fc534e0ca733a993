"""A reader takes the whole demo study in a real window; nothing that goes wrong loses an answer."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient

from App.theme import POINT_OFF, POINT_ON
from sbmir.cli import main
from sbmir.database.private_server import PrivateServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ITS_OWN = ("session_id", "created_at", "seconds_to_first_stroke", "seconds_to_search")
"""Keys in which two sessions of the same answers differ; so do the seconds to submit."""


@pytest.fixture(scope="module")
def straight(drive, study_home):
    return drive("drive_study.py", "straight", home=study_home)


@pytest.fixture(scope="module")
def resumed(drive, study_home, straight):
    drive("drive_study.py", "killed", home=study_home, ends_with=-9)
    return drive("drive_study.py", "resumed", home=study_home)


@dataclass(frozen=True)
class Records:
    """What a session has left: files by their place in it, and documents of the database."""

    session: dict[str, Any]
    files: dict[str, bytes]
    documents: list[dict[str, Any]]


@pytest.fixture(scope="module")
def sessions(study_home, straight, resumed) -> dict[str, list[Records]]:
    """Of each reader, in the order in which they began."""
    found: dict[str, list[Records]] = {}
    with (
        PrivateServer(study_home / "mongodb", study_home / "mongod") as server,
        MongoClient(server.uri) as client,
    ):
        database = client["sbmir"]
        for folder in sorted((study_home / "study_results" / "Demo").iterdir()):
            session = json.loads((folder / "session.json").read_text(encoding="utf-8"))
            wanted = {"session_id": session["session_id"]}
            order = ["stage_num", "question_num"]
            documents = list(database["results"].find(wanted, {"_id": 0}).sort(order))
            files = {
                str(path.relative_to(folder)): path.read_bytes()
                for path in folder.glob("stage_num_*/question_num_*/*")
            }
            found.setdefault(session["user_name"], []).append(Records(session, files, documents))
            stored = database["sessions"].find_one(wanted, {"_id": 0})
            assert stored == (session if files else None)
    return found


def alike(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what is its own."""
    left_out = (*ITS_OWN, "seconds_to_submit", "sketch_image")
    return {name: value for name, value in record.items() if name not in left_out}


def results_on_disk(records: Records) -> dict[str, dict[str, Any]]:
    return {
        place: json.loads(content)
        for place, content in sorted(records.files.items())
        if place.endswith("result.json")
    }


def test_four_stages_of_two_questions_are_asked_as_they_are_set(straight):
    titles = [title for title, _, _ in straight.notes["titles"]]
    assert titles == [f"Stage {s} ({q}/2)" for s in (1, 2, 3, 4) for q in (1, 2)]
    shown = [pictures for _, _, pictures in straight.notes["titles"]]
    images = ["FLAIR", "T1", "T1CE"]
    assert shown == [[*images[:1], "SEG", *images[1:]]] * 2 + [images] * 2 + [[]] * 2 + [images] * 2
    assert [bool(text) for text in straight.notes["statements"]] == [False] * 4 + [True] * 2 + [
        False
    ] * 2


def test_a_double_click_opens_the_presented_case_at_its_slice(straight, sessions):
    first = results_on_disk(sessions["Ann"][0])["stage_num_1/question_num_1/result.json"]
    case = first["asked"]["case"]
    opened = [case["patient_id"], case["slice_num"], "FLAIR", "Presented slice"]
    assert straight.notes["viewer"] == opened


def test_submit_tells_of_presented_cases_alone_whether_and_where_they_were_retrieved(
    straight, sessions
):
    answers = results_on_disk(sessions["Ann"][0]).values()
    for told, answer in zip(straight.notes["messages"], answers, strict=True):
        found = answer["matched_retrieved_num"]
        if answer["asked"]["type"] == "text":
            assert told == ""
        elif found < 0:
            assert told == "The presented case was not retrieved in top-10."
        else:
            assert told == (f"The retrieved case #{found + 1} is the same with the presented case.")
    assert straight.notes["end"] == "The test is finished."


def test_after_the_last_question_the_next_reader_is_asked_for(straight, sessions):
    assert straight.notes["next_reader"] == "Stage 1 (1/2)"
    (bob,) = sessions["Bob"]
    assert (bob.session["y_experience"], bob.files, bob.documents) == (30, {}, [])


def test_after_kill_9_the_question_is_there_again_with_sketch_results_and_ticks(resumed):
    notes = resumed.notes
    assert "Ann, 7 years" in notes["offered"]
    assert "2 of 8 answered" in notes["offered"]
    assert notes["resumed_at"] == "Stage 2 (1/2)"
    assert notes["is_drawn"]
    assert notes["ticks"] == [False, False, True]


def test_without_a_database_the_reader_goes_on_and_all_is_sent_when_it_is_back(resumed):
    assert resumed.notes["waiting"] == 2
    assert len([text for text in resumed.notes["said"] if "The database is away" in text]) == 1
    assert any("The database is back" in text for text in resumed.notes["said"])
    assert resumed.notes["end"] == "The test is finished."


def test_both_ways_leave_the_same_records_on_the_disk_times_and_ids_apart(sessions):
    straight, troubled = sessions["Ann"]
    assert list(straight.files) != []
    assert sorted(straight.files) == sorted(troubled.files)
    for place, content in straight.files.items():
        if place.endswith((".npy", ".png")):
            assert troubled.files[place] == content, place
    ours, theirs = results_on_disk(straight), results_on_disk(troubled)
    assert len(ours) == 8
    assert {k: alike(v) for k, v in ours.items()} == {k: alike(v) for k, v in theirs.items()}
    for one in (*ours.values(), *theirs.values()):
        seconds = [one[f"seconds_to_{what}"] for what in ("first_stroke", "search", "submit")]
        assert seconds == sorted(seconds)
        assert seconds[0] > 0


def test_both_ways_leave_the_same_records_in_the_database_and_those_of_the_disk(sessions):
    straight, troubled = sessions["Ann"]
    assert [alike(one) for one in straight.documents] == [alike(one) for one in troubled.documents]
    for records in (straight, troubled):
        on_disk = results_on_disk(records)
        assert len(records.documents) == len(on_disk) == 8
        for stored, (place, written) in zip(records.documents, on_disk.items(), strict=True):
            sketch = records.files[place.replace("result.json", "sketch_image.npy")]
            assert stored.pop("sketch_image") == sketch
            assert stored.pop("session_id") == records.session["session_id"]
            assert stored == written


def test_the_study_has_no_mistakes_and_its_results_are_reported(study_home, sessions, tmp_path):
    assert main(["study", "check", str(study_home / "config.yaml")]) == 0
    results = study_home / "study_results" / "Demo"
    assert main(["study", "report", "--results", str(results), "--out", str(tmp_path)]) == 0
    assert "16 answers of 1 reader" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_boxes_are_red_until_they_are_ticked_and_blue_then(straight):
    boxes = straight.notes["boxes"]
    assert [is_ticked for _, is_ticked in boxes] == [True, False, False]
    for rectangle, is_ticked in boxes:
        box = straight.part("judged", rectangle)
        ground = "#" + "".join(f"{value:02x}" for value in box[len(box) // 2, 4])
        assert ground == (POINT_ON if is_ticked else POINT_OFF)
