"""Searching: by the button and live, by example, mirrored and filtered, and what follows it."""

from dataclasses import replace

import numpy as np
import pytest
from search_world import Searching, make_matrix, make_world, settle, sketch_of
from window_world import LESION_SLICES

from App.model.lesion import slice_at_level
from App.model.result_pictures import SEGMENTATION_NAME
from sbmir.catalogue import PatientCatalogue, Side, SliceFacts
from sbmir.encoding import CodeEncoder
from sbmir.filters import Filters
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass
from sbmir.layout import slice_path
from sbmir.retrieval import Query
from sbmir.slices import load_slice, load_stack

LESION = LESION_SLICES[0]
SQUARE = (8.0, 10.0, 9.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    world = make_world(tmp_path_factory.mktemp("search"))
    model = world.choice.model
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    return world, *make_matrix(world, encoder)


@pytest.fixture
def search(made, qtbot):
    """Presenters with a database that is open and prepared."""
    searching = Searching(*made)
    searching.searching.set_reference(searching.reference)
    settle(qtbot, searching)
    yield searching
    searching.searching.set_live(False)
    searching.searching.cancel()
    settle(qtbot, searching)


def press_search(qtbot, search):
    """Search by the button and return the outcome, with all that follows it loaded."""
    before = len(search.told["found"])
    search.searching.search()
    settle(qtbot, search, lambda: len(search.told["found"]) > before)
    return search.told["found"][-1]


def ranking(outcome):
    return [(result.key, result.distance) for result in outcome.results]


def key(patient, index):
    return SliceKey("Tiny", patient, index)


# --- Live -----------------------------------------------------------------------------------


def test_a_step_is_searched_by_itself_as_the_button_does(search, qtbot):
    search.searching.set_live(True)
    search.draw(SQUARE)
    settle(qtbot, search, lambda: search.told["found"])
    live = search.told["found"][0]
    search.searching.set_live(False)
    assert ranking(press_search(qtbot, search)) == ranking(live)
    assert live.request.template == key("P1", 5)


def test_without_live_search_nothing_is_searched_until_asked_for(search, qtbot):
    search.draw(SQUARE)
    qtbot.wait(300)
    assert not search.told["started"]


def test_of_many_steps_at_once_only_the_last_is_searched(search, qtbot):
    search.searching.set_live(True)
    for left in (4.0, 6.0, 8.0, 10.0):
        search.draw((left, 10.0, 9.0))
    settle(qtbot, search, lambda: search.told["found"])
    assert len(search.told["started"]) == 1
    assert search.told["found"][0].request.sketch is search.sketching.sketch


def test_a_newer_search_takes_the_place_of_one_that_runs(search, qtbot):
    search.draw(SQUARE)
    search.searching.search()
    search.draw((4.0, 4.0, 20.0))
    search.searching.search()
    settle(qtbot, search, lambda: search.told["found"])
    assert len(search.told["started"]) == 2
    (outcome,) = search.told["found"]
    assert outcome.request.sketch is search.sketching.sketch


def test_on_a_slice_with_a_lesion_live_search_keeps_still_and_the_button_says_why(search, qtbot):
    search.draw(SQUARE)
    search.searching.set_live(True)
    search.sketching.go_to_slice(LESION)
    qtbot.wait(300)
    assert not search.told["started"]
    assert not search.told["refused"]
    search.searching.search()
    assert "lesion of its own" in search.told["refused"][0]


def test_an_empty_sketch_is_searched_live_only_after_something_was_found(search, qtbot):
    search.searching.set_live(True)
    search.sketching.go_to_slice(6)
    qtbot.wait(300)
    assert not search.told["started"]
    search.draw(SQUARE)
    settle(qtbot, search, lambda: search.told["found"])
    search.sketching.undo_stack.undo()
    settle(qtbot, search, lambda: len(search.told["found"]) == 2)
    assert search.told["found"][1].request.sketch.is_empty


def test_changed_options_are_searched_live_and_what_is_shown_is_not_searched_again(search, qtbot):
    search.searching.set_live(True)
    search.draw(SQUARE)
    settle(qtbot, search, lambda: search.told["found"])
    search.searching.set_weight(0.9)
    settle(qtbot, search, lambda: len(search.told["found"]) == 2)
    assert search.told["found"][1].request.weight == 0.9
    search.draw((4.0, 4.0, 20.0))
    search.sketching.undo_stack.undo()
    qtbot.wait(300)
    assert len(search.told["started"]) == 2


def test_a_sketch_that_was_drawn_before_the_database_opened_is_searched_then(made, qtbot):
    search = Searching(*made)
    search.searching.set_live(True)
    search.draw(SQUARE)
    qtbot.wait(300)
    assert not search.told["refused"]
    search.searching.set_reference(search.reference)
    settle(qtbot, search, lambda: search.told["found"])


# --- What is looked for ---------------------------------------------------------------------


def expected(search, sketch, flip):
    """What the library finds for the flipped query."""
    dataset = search.world.choice.dataset
    stack = load_stack(dataset.slices_dir, "P1", 5)
    labels = sketch.label_map((16, 16), search.sketching.template.extent_mm)
    if flip:
        stack, labels = np.ascontiguousarray(stack[..., ::-1]), labels[:, ::-1].copy()
    model = search.world.choice.model
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    codes = encoder.encode_template(stack), encoder.encode_sketch(labels)
    found = search.retriever.search(Query(*codes, template=key("P1", 5), weight=0.5), 3)
    return [(result.key, result.distance) for result in found]


@pytest.mark.parametrize("flip", [False, True])
def test_a_mirrored_query_flips_slice_and_sketch(search, qtbot, flip):
    search.draw((2.0, 10.0, 9.0))
    search.searching.set_mirror(flip)
    outcome = press_search(qtbot, search)
    assert ranking(outcome) == expected(search, search.sketching.sketch, flip)


def test_mirroring_after_a_search_flips_slice_and_sketch_of_the_next(search, qtbot):
    search.draw((2.0, 10.0, 9.0))
    press_search(qtbot, search)
    search.searching.set_mirror(True)
    assert ranking(press_search(qtbot, search)) == expected(search, search.sketching.sketch, True)


def test_results_of_a_mirrored_query_are_compared_with_the_mirrored_sketch(search, qtbot):
    search.draw((2.0, 10.0, 12.0))
    search.searching.set_filters(Filters(min_lesion_cm2=0.01))
    search.searching.set_mirror(True)
    outcome = press_search(qtbot, search)
    slices_dir = search.world.choice.dataset.slices_dir

    def dice(labels, result):
        found = load_slice(slices_dir, result.key.patient, "seg", result.key.index)
        both = np.count_nonzero((labels > 0) & (found > 0))
        return 2 * both / (np.count_nonzero(labels) + np.count_nonzero(found))

    told = [dict(search.told["reasons_loaded"])[one.rank].lesion_dice for one in outcome.results]
    straight, flipped = outcome.labels, outcome.labels[:, ::-1]
    assert told == pytest.approx([dice(flipped, one) for one in outcome.results])
    assert told != pytest.approx([dice(straight, one) for one in outcome.results])


def test_the_outline_over_the_results_is_mirrored_with_the_query(search, qtbot):
    search.draw((2.5, 10.3, 9.2))
    search.searching.set_mirror(True)
    outcome = press_search(qtbot, search)
    over_results = outcome.compared.label_map((16, 16), outcome.extent_mm)
    drawn = outcome.request.sketch.label_map((16, 16), outcome.extent_mm)
    assert np.array_equal(over_results, drawn[:, ::-1])
    assert np.array_equal(over_results, outcome.compared_labels)
    assert np.array_equal(drawn, outcome.labels)


def test_a_result_becomes_the_query_and_its_own_patient_is_left_out(search, qtbot):
    search.searching.use_as_query(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["found"])
    (outcome,) = search.told["found"]
    assert outcome.request.is_example
    codes = search.retriever.codes_of(key("P4", LESION))
    query = Query(codes.normal, codes.abnormal, template=key("P4", LESION), weight=0.5)
    assert list(outcome.results) == search.retriever.search(query, 3)
    assert "P4" not in {result.key.patient for result in outcome.results}
    labels = load_slice(search.world.choice.dataset.slices_dir, "P4", "seg", LESION)
    assert np.array_equal(outcome.compared.label_map(labels.shape, outcome.extent_mm), labels)


def test_an_example_can_be_mirrored_too(search, qtbot):
    search.searching.set_mirror(True)
    search.searching.use_as_query(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["found"])
    mirrored = search.told["found"][0]
    search.searching.set_mirror(False)
    assert ranking(press_search(qtbot, search)) != ranking(mirrored)
    assert np.array_equal(mirrored.compared_labels, mirrored.labels[:, ::-1])


def test_drawing_makes_the_sketch_the_query_again(search, qtbot):
    search.searching.use_as_query(key("P4", LESION))
    settle(qtbot, search)
    search.draw(SQUARE)
    assert search.searching.options.example is None
    assert not press_search(qtbot, search).request.is_example


def test_one_can_go_back_from_an_example_to_the_sketch(search, qtbot):
    search.draw(SQUARE)
    by_sketch = press_search(qtbot, search)
    search.searching.use_as_query(key("P4", LESION))
    settle(qtbot, search)
    search.searching.clear_example()
    settle(qtbot, search, lambda: len(search.told["found"]) == 3)
    assert ranking(search.told["found"][-1]) == ranking(by_sketch)


def test_an_example_is_searched_even_without_its_files(search, qtbot, without_files):
    without_files("P4", LESION)
    search.searching.use_as_query(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["found"])
    (outcome,) = search.told["found"]
    assert outcome.results
    assert outcome.labels is None
    assert not search.told["reasons_loaded"]
    assert len(search.told["pictures_loaded"]) == 3


def test_an_example_that_is_not_in_the_database_is_named(search, qtbot):
    search.searching.use_as_query(key("P99", 3))
    settle(qtbot, search, lambda: search.told["failed"])
    assert "P99" in search.told["failed"][0].what


# --- Filters --------------------------------------------------------------------------------


def test_only_what_passes_the_filters_is_found(search, qtbot):
    records = {record.key: record for record in search.database.records}
    search.draw(SQUARE)
    search.searching.set_filters(Filters(min_lesion_cm2=1.1))
    outcome = press_search(qtbot, search)
    assert outcome.results
    for result in outcome.results:
        found = records[result.key]
        assert sum(found.lesion_pixels) * found.pixel_mm2 >= 110
    assert {result.key.patient for result in outcome.results} == {"P4", "P5", "P6"}
    assert (outcome.n_searched, outcome.n_patients) == (3, 6)


def test_where_nothing_passes_nothing_is_found(search, qtbot):
    search.searching.set_filters(Filters(side=Side.RIGHT, enhancing=True))
    outcome = press_search(qtbot, search)
    assert outcome.results == ()
    assert outcome.n_searched == 0
    assert not outcome.is_far
    assert not search.searching.can_find_more


def test_a_database_that_goes_away_matters_only_to_filters(made, qtbot):
    search = Searching(*made)
    search.database.is_away = True
    search.searching.set_reference(search.reference)
    search.draw(SQUARE)
    assert press_search(qtbot, search).results
    search.searching.set_filters(Filters(side=Side.LEFT))
    search.searching.search()
    settle(qtbot, search, lambda: search.told["failed"])
    assert search.told["failed"][0].remedy == "Start it again."
    assert search.sketching.sketch.is_same(sketch_of(SQUARE))
    search.database.is_away = False
    assert press_search(qtbot, search).request.filters.count == 1


# --- What was found -------------------------------------------------------------------------


def test_further_results_go_on_where_the_first_end(search, qtbot):
    search.draw(SQUARE)
    press_search(qtbot, search)
    assert search.searching.can_find_more
    search.searching.more()
    search.searching.more()  # asked twice while it runs: found once
    settle(qtbot, search, lambda: search.told["more_found"])
    assert [result.rank for result in search.searching.results] == [1, 2, 3, 4, 5]
    assert not search.searching.can_find_more
    whole = search.retriever.search(search.searching.outcome.query, 10)
    assert list(search.searching.results) == whole
    ranks = sorted(rank for rank, _ in search.told["pictures_loaded"])
    assert ranks == [1, 2, 3, 4, 5]
    assert len(search.told["more_found"]) == 1


def test_live_searches_go_on_with_as_many_results_as_are_shown(search, qtbot):
    search.draw(SQUARE)
    press_search(qtbot, search)
    search.searching.more()
    settle(qtbot, search, lambda: search.told["more_found"])
    search.searching.set_live(True)
    search.draw((4.0, 4.0, 20.0))
    settle(qtbot, search, lambda: len(search.told["found"]) == 2)
    assert len(search.searching.results) == 5


def test_further_results_of_a_search_that_is_no_longer_shown_are_dropped(search, qtbot):
    search.draw(SQUARE)
    press_search(qtbot, search)
    search.searching.more()
    search.draw((4.0, 4.0, 20.0))
    press_search(qtbot, search)
    assert len(search.searching.results) == 3


def test_each_result_says_why_it_matches(search, qtbot):
    search.searching.edit_as_sketch(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["said"])
    search.searching.set_weight(1.0)
    outcome = press_search(qtbot, search)
    reasons = dict(search.told["reasons_loaded"])
    slices_dir = search.world.choice.dataset.slices_dir
    for result in outcome.results:
        found = load_slice(slices_dir, result.key.patient, "seg", result.key.index)
        both = np.count_nonzero((outcome.labels > 0) & (found > 0))
        dice = 2 * both / (np.count_nonzero(outcome.labels) + np.count_nonzero(found))
        assert reasons[result.rank].lesion_dice == pytest.approx(dice)
        assert reasons[result.rank].dice[TissueClass.ET] is None
    assert len(reasons) == 3


def test_pictures_carry_the_label_map_to_be_coloured(search, qtbot):
    search.draw(SQUARE)
    press_search(qtbot, search)
    rank, pictures = search.told["pictures_loaded"][0]
    assert [picture.name for picture in pictures] == ["T1", "T1CE", "FLAIR", SEGMENTATION_NAME]
    result = search.searching.results[rank - 1]
    slices_dir = search.world.choice.dataset.slices_dir
    labels = load_slice(slices_dir, result.key.patient, "seg", result.key.index)
    assert np.array_equal(pictures[-1].labels, labels)
    colored = pictures[-1].coloured({TissueClass.ED: (250, 200, 10)})
    assert (colored[labels == TissueClass.ED] == (250, 200, 10)).all()
    assert (colored[labels == 0] == pictures[-1].pixels[labels == 0]).all()
    assert pictures[0].coloured({}) is pictures[0].pixels


@pytest.fixture
def without_files(made):
    """Takes the files of a slice away for the time of a test."""
    slices_dir = made[0].choice.dataset.slices_dir
    moved = []

    def take(patient, index, *patterns):
        for pattern in patterns or ("t1", "t1ce", "flair", "seg"):
            path = slice_path(slices_dir, patient, pattern, index)
            moved.append((path, path.read_bytes(), path.stat()))
            path.unlink()

    def put_back():
        for path, content, _ in moved:
            path.write_bytes(content)
        moved.clear()

    take.back = put_back
    yield take
    put_back()


def test_files_that_are_missing_are_told_in_their_place_and_read_once_they_are_back(
    search, qtbot, without_files
):
    search.draw(SQUARE)
    first = press_search(qtbot, search).results[0].key
    # Another world of presenters: this one has kept the pictures.
    fresh = Searching(search.world, search.retriever._engine.matrix, search.database.records)
    fresh.searching.set_reference(fresh.reference)
    fresh.draw(SQUARE)
    without_files(first.patient, first.index)
    press_search(qtbot, fresh)
    pictures = dict(fresh.told["pictures_loaded"])
    assert all("is not there" in picture.problem for picture in pictures[1])
    assert not any(picture.problem for picture in pictures[2])
    assert 1 not in dict(fresh.told["reasons_loaded"])
    without_files.back()
    press_search(qtbot, fresh)
    assert not any(picture.problem for picture in dict(fresh.told["pictures_loaded"])[1])


def test_a_sketch_unlike_all_patients_is_plainly_told(search, qtbot):
    search.draw(SQUARE)
    outcome = press_search(qtbot, search)
    assert outcome.usual_distance is not None
    assert outcome.is_far == (outcome.results[0].distance > outcome.usual_distance)
    near = replace(outcome, usual_distance=outcome.results[0].distance)
    far = replace(outcome, usual_distance=outcome.results[0].distance * 0.99)
    assert (near.is_far, far.is_far) == (False, True)
    assert not replace(outcome, usual_distance=None).is_far


# --- The imagined image ---------------------------------------------------------------------


def test_what_the_model_imagines_is_shown_where_it_is_wanted(search, qtbot):
    search.draw(SQUARE)
    outcome = press_search(qtbot, search)
    qtbot.wait(250)
    assert not search.told["imagined"]
    search.searching.set_imagining(True)
    settle(qtbot, search, lambda: search.told["imagined"])
    pictures = search.told["imagined"][0]
    assert set(pictures) == {"T1", "T1CE", "FLAIR"}
    slices = search.reference.imagine(outcome)
    assert slices.shape == (3, 16, 16)
    flair, brightest = pictures["FLAIR"].pixels, np.argmax(slices[2])
    assert flair.reshape(-1, 3)[brightest].max() == flair.max()
    search.draw((4.0, 4.0, 20.0))
    press_search(qtbot, search)
    settle(qtbot, search, lambda: len(search.told["imagined"]) == 2)
    search.searching.set_imagining(False)
    press_search(qtbot, search)
    qtbot.wait(250)
    assert len(search.told["imagined"]) == 2


def test_an_example_without_its_label_map_is_imagined_too(search, qtbot, without_files):
    without_files("P4", LESION, "seg")
    search.searching.set_imagining(True)
    search.searching.use_as_query(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["imagined"])
    assert not search.told["noticed"]


def test_an_example_is_imagined_too(search, qtbot):
    search.searching.set_imagining(True)
    search.searching.use_as_query(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["imagined"])
    assert search.told["imagined"][0]["T1CE"].pixels.shape == (16, 16, 3)


# --- A result's lesion as a sketch ----------------------------------------------------------


def test_the_lesion_of_a_result_becomes_the_sketch_in_one_step(search, qtbot):
    search.draw(SQUARE)
    with qtbot.waitSignal(search.searching.lesion_loaded):
        search.searching.edit_as_sketch(key("P4", LESION))
    labels = load_slice(search.world.choice.dataset.slices_dir, "P4", "seg", LESION)
    drawn = search.sketching.sketch.label_map((16, 16), search.sketching.template.extent_mm)
    assert np.array_equal(drawn, labels)
    assert "P4" in search.sketching.undo_stack.undoText()
    search.sketching.undo_stack.undo()
    assert search.sketching.sketch.is_same(sketch_of(SQUARE))


def catalogue_of(n_slices, abnormal=()):
    facts = (SliceFacts(i, (0, int(i in abnormal), 0), None) for i in range(n_slices))
    return PatientCatalogue("P", 16, tuple(facts), None)


@pytest.mark.parametrize(
    ("shown", "index", "expected"),
    [
        (82, 80, 82),  # at about that level already
        (20, 80, 80),
        (20, 50, 39),  # the template's own lesion is there
        (20, 59, 70),
        (41, 41, 39),
    ],
)
def test_a_lesion_is_put_on_a_slice_of_its_level_that_can_be_sketched_on(shown, index, expected):
    template, found = catalogue_of(100, abnormal=range(40, 70)), catalogue_of(100)
    assert slice_at_level(template, shown, found, index) == expected


def test_the_level_counts_and_not_the_number_where_volumes_differ():
    assert slice_at_level(catalogue_of(100), 0, catalogue_of(50), 20) == 40
    assert slice_at_level(catalogue_of(100, range(100)), 7, catalogue_of(100), 50) == 7


def test_taking_over_a_lesion_and_going_to_its_level_is_one_step(search, qtbot):
    search.sketching.go_to_slice(9)
    search.searching.edit_as_sketch(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["said"])
    assert search.sketching.slice_index == 1  # nearest to 2 without a lesion
    search.sketching.undo_stack.undo()
    assert search.sketching.slice_index == 9
    assert search.sketching.sketch.is_empty


def test_a_slice_without_lesion_leaves_the_sketch_as_it_is(search, qtbot):
    search.draw(SQUARE)
    search.searching.edit_as_sketch(key("P4", 6))
    settle(qtbot, search, lambda: search.told["said"])
    assert "no lesion" in search.told["said"][0]
    assert search.sketching.sketch.is_same(sketch_of(SQUARE))


def test_a_lesion_whose_file_is_missing_is_told_and_the_results_stay(search, qtbot, without_files):
    search.draw(SQUARE)
    press_search(qtbot, search)
    without_files("P4", LESION)
    search.searching.edit_as_sketch(key("P4", LESION))
    settle(qtbot, search, lambda: search.told["noticed"])
    assert "is not there" in search.told["noticed"][0].what
    assert not search.told["failed"]
    assert len(search.searching.results) == 3
    assert search.sketching.sketch.is_same(sketch_of(SQUARE))


# --- Failures -------------------------------------------------------------------------------


def test_a_search_that_fails_is_told_and_the_sketch_stays(search, qtbot, without_files):
    search.draw(SQUARE)
    without_files("P1", 5)
    search.searching.search()
    settle(qtbot, search, lambda: search.told["failed"])
    assert "is not there" in search.told["failed"][0].what
    assert search.searching.outcome is None
    assert search.sketching.sketch.is_same(sketch_of(SQUARE))
    without_files.back()
    assert press_search(qtbot, search).results


def test_a_search_that_is_given_up_finds_nothing(search, qtbot):
    search.draw(SQUARE)
    search.searching.search()
    search.searching.cancel()
    settle(qtbot, search)
    assert not search.told["found"]
    assert not search.told["failed"]


def test_results_of_a_database_that_was_closed_are_let_go_of(search, qtbot):
    search.draw(SQUARE)
    press_search(qtbot, search)
    search.searching.set_reference(None)
    assert search.searching.outcome is None
    assert not search.searching.is_ready
    search.searching.search()
    assert "not open yet" in search.told["refused"][0]
