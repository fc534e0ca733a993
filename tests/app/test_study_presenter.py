"""A reader goes through a study: what is asked, counted, judged, saved, and gone on with."""

import json

import numpy as np
import pytest
from search_world import make_matrix, make_world
from study_world import Reading, add_study, begin

from App.model.study.progress import Effort, StopWatch, read_draft
from App.model.study.questions import open_study
from App.model.study.reader import ReaderSession, unfinished_sessions
from sbmir.encoding import CodeEncoder
from sbmir.errors import ServiceError
from sbmir.keys import SliceKey
from sbmir.layout import question_path
from sbmir.study.files import read_answer, read_results


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    world = make_world(tmp_path_factory.mktemp("study"))
    add_study(world)
    model = world.choice.model
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    return world, *make_matrix(world, encoder)


@pytest.fixture
def reading(made, qtbot):
    reading = Reading(made, begin(made[0]), qtbot)
    yield reading
    reading.close()


def record_of(reading, stage, question):
    return read_answer(question_path(reading.session.folder, stage, question)).record


def test_the_first_question_is_asked_when_all_is_loaded(reading):
    question = reading.study.question
    assert question.title == "Stage 1 (1/1)"
    assert question.shows_label_map
    assert question.target_key("Tiny") == SliceKey("Tiny", "P4", 2)
    assert not reading.study.can_submit


def test_an_answer_tells_what_was_done_and_found(reading):
    reading.stroke(10, 10)
    reading.stroke(12, 18)
    reading.sketching.undo_stack.undo()
    reading.search()
    reading.stroke(14, 14)
    reading.search()
    results = reading.searching.results
    reading.study.tick(results[0].key, 0, on=True)
    reading.study.tick(results[0].key, 2, on=True)
    reading.study.tick(results[1].key, 1, on=True)
    reading.study.tick(results[1].key, 1, on=False)
    sketch = reading.searching.outcome.labels
    told = reading.submit()

    record = record_of(reading, 1, 1)
    assert (record.n_strokes, record.n_undos, record.n_searches) == (3, 1, 2)
    assert (
        0 <= record.seconds_to_first_stroke <= record.seconds_to_search <= record.seconds_to_submit
    )
    listed = [(one.patient_id, one.slice_num) for one in record.result_summary]
    assert listed == [(one.key.patient, one.key.index) for one in results]
    assert record.result_summary[0].ticks == (True, False, True)
    assert record.result_summary[1].ticks == (False, False, False)
    assert record.template.patient_id == "P1"
    assert record.model_fingerprint == reading.base.reference.model_fingerprint
    assert record.database_fingerprint == reading.base.retriever.fingerprint()
    stored = read_answer(question_path(reading.session.folder, 1, 1))
    np.testing.assert_array_equal(stored.sketch(), sketch)
    assert stored.template().shape == (3, 16, 16)
    rank = next((one.rank for one in results if one.key.patient == "P4"), None)
    assert record.rank == rank
    if rank is None:
        assert told == "The presented case was not retrieved in top-10."
    else:
        assert told == f"The retrieved case #{rank} is the same with the presented case."


def test_the_next_question_begins_anew_when_the_reader_has_read_the_message(reading):
    reading.stroke(10, 10)
    reading.search()
    reading.submit()
    assert reading.study.question is None
    reading.study.go_on()
    assert reading.study.question.title == "Stage 2 (1/2)"
    assert reading.sketching.sketch.is_empty
    assert not reading.sketching.undo_stack.canUndo()
    assert not reading.sketching.is_sketching
    assert reading.searching.outcome is None
    reading.settle()
    assert read_draft(reading.session.folder).effort == Effort()
    assert not reading.study.can_submit


def test_without_a_search_nothing_is_submitted(reading):
    reading.stroke(10, 10)
    reading.study.submit()
    assert len(reading.refused) == 1
    assert reading.session.answered() == set()


def test_the_study_goes_to_its_end(reading):
    for _ in range(3):
        reading.stroke(10, 10)
        reading.search()
        reading.submit()
        reading.study.go_on()
    assert reading.told[-1] == ""  # nothing is to be retrieved for a statement
    assert reading.study.question is None
    assert reading.study.is_finished
    statement = record_of(reading, 2, 2)
    assert statement.asked.statement == "A small oedema at the front."
    assert statement.matched_retrieved_num == -1
    answers, failed = read_results(reading.session.folder)
    assert (len(answers), failed) == (3, {})


@pytest.mark.parametrize("end", ["close", "die"])
def test_after_an_end_in_the_middle_the_same_is_there_again(made, qtbot, end):
    first = Reading(made, begin(made[0]), qtbot)
    first.stroke(10, 10)
    first.sketching.undo_stack.undo()
    first.sketching.undo_stack.redo()
    first.search()
    nearest = first.searching.results[0].key
    first.study.tick(nearest, 1, on=True)
    first.stroke(15, 12)
    sketch = first.sketching.sketch
    found = [one.key for one in first.searching.results]
    getattr(first, end)()
    effort = read_draft(first.session.folder).effort

    session = ReaderSession(first.session.folder, first.session.record)
    again = Reading(made, session, qtbot)
    again.settle(lambda: again.searching.outcome is not None)
    again.settle()
    assert again.study.question.numbers == (1, 1)
    assert read_draft(session.folder).effort == effort
    assert again.sketching.sketch.is_same(sketch)
    assert [one.key for one in again.searching.results][: len(found)] == found
    assert again.study.ticks(nearest) == (False, True, False)
    assert again.study.can_submit
    again.submit()
    record = record_of(again, 1, 1)
    assert (record.n_searches, record.n_strokes, record.n_undos) == (1, 2, 1)
    again.close()
    assert read_draft(session.folder) is None


def test_unfinished_sessions_are_offered_to_one_window_at_a_time(made):
    world = made[0]
    results, study = world.root / "results", open_study(world.choice.dataset)
    session = begin(world, "Zoë", 3)

    def names():
        return [one.record.user_name for one in unfinished_sessions(results, world.choice, study)]

    assert "Zoë" not in names()
    with pytest.raises(ServiceError):
        ReaderSession(session.folder, session.record)
    session.close()
    assert names()[0] == "Zoë"


def test_answers_that_cannot_be_written_are_told_and_can_be_submitted_again(reading):
    reading.stroke(10, 10)
    reading.search()
    in_the_way = reading.session.folder / "stage_num_1"
    in_the_way.write_text("")
    reading.study.submit()
    reading.settle(lambda: reading.base.told["noticed"])
    assert "cannot be written" in reading.base.told["noticed"][-1].what
    assert reading.study.question.numbers == (1, 1)
    in_the_way.unlink()
    reading.submit()
    assert reading.session.answered() == {(1, 1)}


def test_time_stands_still_while_the_window_is_closed():
    now = 100.0
    watch = StopWatch(lambda: now)
    watch.start(5.0)
    now = 107.0
    assert watch.seconds == 12.0
    watch.stop()
    now = 500.0
    assert watch.seconds == 12.0


def test_only_the_first_stroke_and_search_set_their_times():
    effort = Effort().with_pen_down(1.0).with_pen_down(2.0).with_search(3.0).with_search(4.0)
    assert (effort.seconds_to_first_stroke, effort.seconds_to_search) == (1.0, 3.0)
    assert effort.n_searches == 2


def test_a_session_says_whose_it_is(reading):
    session = json.loads((reading.session.folder / "session.json").read_text())
    assert (session["user_name"], session["y_experience"], session["n_questions"]) == ("Ann", 9, 3)
