"""Folders of results: what is written is read again, and what is damaged is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from study_samples import (
    SESSION,
    STARTED,
    change,
    make_answer,
    make_record,
    publish,
    write_session,
)

from sbmir.errors import DataError, NotFoundError
from sbmir.study.files import (
    answered,
    create_session,
    read_answer,
    read_results,
    read_session,
    session_folders,
    started_sessions,
    write_answer,
)


def test_an_answer_lies_where_and_as_the_published_program_puts_it(tmp_path):
    ticks = ((True, True, False), (False, False, True))
    folder = write_session(tmp_path, [make_record(2, 3, rank=2, ticks=ticks)])
    inside = folder / "stage_num_2" / "question_num_3"
    assert folder == tmp_path / "Demo" / "Dr. Ito_yexp_7_11-23-2026-09-30-05"
    template, sketch = np.load(inside / "template_image.npy"), np.load(inside / "sketch_image.npy")
    assert (template.dtype, template.shape) == (np.float32, (3, 16, 16))
    assert (sketch.dtype, sketch.shape) == (np.uint8, (16, 16))
    for name in ("template_image.png", "sketch_image.png"):
        with Image.open(inside / name) as picture:
            assert picture.height == 16
    result = json.loads((inside / "result.json").read_text())
    assert result["created_at"] == "11-23-2026-09-30-05"
    assert result["matched_retrieved_num"] == 1
    assert [one["retrieved_num"] for one in result["result_summary"]] == list(range(10))
    first, second, third = result["result_summary"][:3]
    assert (first["eval_point_1"], first["eval_point_2"], first["eval_point_3"]) == ticks[0]
    assert first["true_ratio"] == pytest.approx(2 / 3)
    assert [one["is_same_patient"] for one in (first, second)] == [False, True]
    assert (third["true_ratio"], third["eval_point_1"]) == (0, False)


def test_what_was_written_is_read_again(tmp_path):
    records = [make_record(1, 1, rank=1), make_record(1, 2), make_record(4, 2, rank=10)]
    folder = write_session(tmp_path, records)
    answers, failed = read_results(tmp_path)
    assert not failed
    assert [answer.record for answer in answers] == records
    assert answered(folder) == {(1, 1), (1, 2), (4, 2)}
    np.testing.assert_array_equal(answers[0].sketch(), make_answer(records[0]).sketch)
    np.testing.assert_array_equal(answers[0].template(), make_answer(records[0]).template)
    assert read_session(folder).user_name == "Dr. Ito"


def test_published_files_are_read_too(tmp_path):
    folder = write_session(tmp_path, [make_record(1, 1, rank=3, ticks=((True, False, True),))])
    publish(folder / "stage_num_1" / "question_num_1")
    (answer,), failed = read_results(tmp_path / "Demo")
    assert not failed
    assert answer.record.rank == 3
    assert answer.record.result_summary[0].ticks == (True, False, True)
    assert answer.record.seconds_to_submit is None


def test_the_same_reader_in_the_same_second_gets_another_folder(tmp_path):
    (one, first), (other, second) = (create_session(tmp_path, SESSION, STARTED) for _ in "ab")
    assert one != other
    assert first.session_id != second.session_id
    assert second.created_at == "11-23-2026-09-30-06"


def test_a_session_that_was_being_made_at_kill_9_is_none(tmp_path):
    folder = write_session(tmp_path, [make_record()])
    folder.rename(folder.parent / ".sbmir-tmp-0123456789abcdef")
    assert started_sessions(folder.parent) == []
    assert session_folders(tmp_path) == []


def test_a_folder_within_a_session_holds_no_session(tmp_path):
    folder = write_session(tmp_path, [make_record()])
    assert session_folders(folder) == [folder]
    assert session_folders(folder / "stage_num_1") == []


@pytest.mark.parametrize("name", ["../../evil", "a/b", ".hidden", "x" * 300, "Zoë", "a\nb"])
def test_a_name_never_leads_out_of_the_folder(tmp_path, name):
    folder, session = create_session(tmp_path, replace(SESSION, user_name=name), STARTED)
    assert folder.parent == tmp_path / "Demo"
    assert not folder.name.startswith(".")
    assert session.user_name == name
    assert read_session(folder).user_name == name


def test_a_second_answer_takes_the_place_of_the_first(tmp_path):
    folder = write_session(tmp_path, [make_record()])
    write_answer(folder, make_answer(make_record(rank=4)))
    (answer,), _ = read_results(tmp_path)
    assert answer.record.rank == 4


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"matched_retrieved_num": 3}, "contradicts itself"),
        ({"question_num": 2}, "of another question"),
        ({"y_experience": 0}, "y_experience"),
        ({"result_summary": 5}, "result_summary"),
    ],
)
def test_a_damaged_result_is_told_and_the_others_go_on(tmp_path, damage, said):
    folder = write_session(tmp_path, [make_record(1, 1), make_record(1, 3)])
    path = change(folder, 1, 1, **damage)
    answers, failed = read_results(tmp_path)
    assert [answer.record.question_num for answer in answers] == [3]
    assert list(failed) == [path.parent]
    assert said in str(failed[path.parent])


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04"])
def test_a_damaged_picture_is_refused(tmp_path, content):
    folder = write_session(tmp_path, [make_record()])
    inside = folder / "stage_num_1" / "question_num_1"
    (inside / "sketch_image.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"sketch_image\.npy"):
        read_answer(inside).sketch()


def test_a_sketch_of_unknown_classes_is_refused(tmp_path):
    folder = write_session(tmp_path, [make_record()])
    inside = folder / "stage_num_1" / "question_num_1"
    np.save(inside / "sketch_image.npy", np.full((16, 16), 7, np.uint8))
    with pytest.raises(DataError, match="unknown classes"):
        read_answer(inside).sketch()


def test_an_answer_that_contradicts_itself_is_not_written(tmp_path):
    folder = write_session(tmp_path, [])
    with pytest.raises(DataError, match="contradicts itself"):
        write_answer(folder, make_answer(make_record(matched_retrieved_num=0)))
    assert answered(folder) == set()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "Demo").write_text("in the way")
    with pytest.raises(NotFoundError, match="save_result_path"):
        create_session(tmp_path, SESSION, STARTED)
