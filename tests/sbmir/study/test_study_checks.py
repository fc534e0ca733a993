"""Studies: the shipped one, the demo's, and the mistakes that are found in one's own."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from sbmir.cli import main
from sbmir.config.application import read_app_config
from sbmir.config.study import ImageQuestion, StageSettings, StudySettings, TextQuestion, read_study
from sbmir.errors import ConfigError
from sbmir.files import save_array
from sbmir.layout import APP_CONFIG, slice_path
from sbmir.study.checks import (
    check_study,
    examine_cases,
    examine_study,
    mistakes_of_questions,
    mistakes_of_results_dir,
    questions_of,
)
from sbmir.study.generation import generate_study, write_study

LESIONS = (2, 3, 4)


@pytest.fixture
def slices_dir(tmp_path):
    """Patients P0 to P7 of six slices; from 2 to 4 they show lesions of growing size."""
    folder = tmp_path / "slices"
    for number in range(8):
        for index in range(6):
            labels = np.zeros((32, 32), np.uint8)
            if index in LESIONS:
                labels[4 : 10 + 2 * number, 4:12] = 2
                labels[6 : 8 + number, 6:9] = 3
            path = slice_path(folder, f"P{number}", "seg", index)
            path.parent.mkdir(parents=True, exist_ok=True)
            save_array(path, labels)
            for pattern in ("t1", "t1ce", "flair"):
                picture = np.zeros((32, 32), np.float32)
                save_array(slice_path(folder, f"P{number}", pattern, index), picture)
    return folder


def dataset_of(slices_dir, **changes):
    """The demo's settings for these patients, of whom P0 is drawn on."""
    dataset = read_app_config(APP_CONFIG).dataset_type("Demo")
    changes = {"template_patients": ("P0",), **changes}
    return replace(dataset, slices_dir=slices_dir, volumes_dir=slices_dir / "none", **changes)


def image(patient, index):
    return ImageQuestion(type="image", patient_id=patient, slice_num=index)


def text(statement):
    return TextQuestion(type="text", statement=statement)


def study(*questions):
    return StudySettings(stages=(StageSettings(message="Find it.", questions=questions),))


def test_the_published_questions_are_shipped():
    dataset = read_app_config(APP_CONFIG).dataset_type("MICCAI_BraTS")
    published = read_study(dataset.study)
    assert [len(stage.questions) for stage in published.stages] == [5, 5, 5, 5]
    assert [stage.show_label_map for stage in published.stages] == [True, False, False, False]
    kinds = [{question.type for question in stage.questions} for stage in published.stages]
    assert kinds == [{"image"}, {"image"}, {"text"}, {"image"}]
    first, last = published.stages[0].questions[0], published.stages[3].questions[4]
    assert (first.patient_id, first.slice_num) == ("BraTS19_2013_24_1", 91)
    assert (last.patient_id, last.slice_num) == ("BraTS19_TCIA02_322_1", 59)
    assert check_study(published, dataset.template_patients) is published


def test_a_demo_study_has_no_mistakes_and_is_the_same_each_time(slices_dir, tmp_path):
    made = generate_study(slices_dir, ["P0"])
    assert [len(stage.questions) for stage in made.stages] == [2, 2, 2, 2]
    assert check_study(made, ["P0"]) is made
    assert examine_cases(questions_of(made), dataset_of(slices_dir), None).mistakes == []
    write_study(tmp_path / "study.yaml", made, "a study")
    assert read_study(tmp_path / "study.yaml") == made == generate_study(slices_dir, ["P0"])


def test_few_patients_are_asked_for_by_several_slices(slices_dir):
    made = generate_study(slices_dir, ["P0", "P1", "P2", "P3", "P4"])
    assert check_study(made, ["P0"]) is made


def test_questions_are_checked_by_themselves():
    wrong = study(image("P1", 2), image("P1", 2), text(" "), text("Big  one."), text("big one."))
    mistakes = mistakes_of_questions(questions_of(wrong), ["P1"])
    assert len(mistakes) == 5
    assert sum("template patient" in mistake for mistake in mistakes) == 2
    assert "stage 1, question 2: the same was asked at stage 1, question 1" in mistakes
    assert "stage 1, question 3: the statement is empty" in mistakes
    assert "stage 1, question 5: the same was asked at stage 1, question 4" in mistakes
    with pytest.raises(ConfigError, match="statement is empty"):
        check_study(wrong, ["P1"])


def test_cases_are_looked_for(slices_dir):
    wrong = study(
        image("P1", 2), image("Nobody", 2), image("P2", 6), image("P3", 0), image("..", 1)
    )
    slice_path(slices_dir, "P4", "t1", 3).unlink()
    dataset = dataset_of(slices_dir, template_patients=("P0", "Gone"))
    findings = examine_cases(
        [*questions_of(wrong), *questions_of(study(image("P4", 3)))], dataset, {"P2", "P3", "P4"}
    )
    template, *mistakes, picture = findings.mistakes
    assert template.startswith("template_patients: Gone cannot be drawn on: ")
    assert mistakes == [
        "stage 1, question 1: the patient P1 is not in the reference database",
        "stage 1, question 2: the patient Nobody has no slices",
        "stage 1, question 3: P2 has no slice 6: its slices are 0 to 5",
        "stage 1, question 5: the patient .. has no slices",
    ]
    assert "P4_t1_0003.npy" in picture
    assert findings.warnings[0] == (
        "stage 1, question 1: P1 has no volumes, so that a double-click opens nothing"
    )
    assert "stage 1, question 4: slice 0 of P3 shows no lesion" in findings.warnings


def test_a_template_without_a_healthy_slice_cannot_be_drawn_on(slices_dir):
    for index in range(6):
        path = slice_path(slices_dir, "P0", "seg", index)
        path.unlink()
        save_array(path, np.full((32, 32), 2, np.uint8))
    mistakes = examine_cases([], dataset_of(slices_dir), None).mistakes
    assert mistakes == ["template_patients: P0 cannot be drawn on: every slice shows a lesion"]


def test_results_that_cannot_be_written_are_said(tmp_path):
    assert mistakes_of_results_dir(tmp_path / "some" / "where") == []
    (tmp_path / "file").touch()
    (mistake,) = mistakes_of_results_dir(tmp_path / "file" / "results")
    assert mistake == f"paths.save_result_path: {tmp_path / 'file'} cannot be written"


WRONG = """\
stages:
- message: Find it.
  questions:
  - {type: image, patient: P2, slice_num: 2}
  - {type: image, patient_id: P0, slice_num: 2}
  - {type: video, patient_id: P1}
- messages: Find it.
  questions:
  - {type: text, statement: "  "}
  - {type: image, patient_id: P9, slice_num: 2}
"""


def test_what_is_wrong_with_a_file_and_with_its_questions_is_told_together(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(WRONG)
    placed, mistakes = examine_study(path)
    assert [one.where for one in placed] == [
        "stage 1, question 2",
        "stage 2, question 1",
        "stage 2, question 2",
    ]
    told = "\n".join(mistakes)
    assert "stage 1, question 1: patient: unknown key; did you mean 'patient_id'?" in told
    assert "stage 1, question 3: " in told
    assert "stage 2: messages: unknown key; did you mean 'message'?" in told


def test_stages_without_questions_are_mistakes(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("stages:\n- {message: Find it., questions: []}\n")
    assert examine_study(path) == ([], ["stage 1: there is no question"])
    with pytest.raises(ConfigError, match="stage 1: there is no question"):
        check_study(read_study(path), [])
    path.write_text("stages: []\n")
    assert examine_study(path) == ([], ["there is no stage"])


def test_the_command_tells_all_mistakes_at_once(slices_dir, tmp_path, capsys):
    settings = yaml.safe_load(APP_CONFIG.read_text())
    demo = settings["dataset_types"][1]
    demo |= {"slices_dir": str(slices_dir), "template_patients": ["P0"], "study": "own.yaml"}
    demo["models"][0]["checkpoint"] = "absent.ckpt"
    settings["dataset_types"] = [demo]
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings))
    (tmp_path / "own.yaml").write_text(WRONG)

    assert main(["study", "check", str(config)]) == 2

    told = capsys.readouterr().out
    assert str(tmp_path / "own.yaml") in told.splitlines()[0]
    assert "question 2: P0 is a template patient" in told
    assert "question 2: the patient P9 has no slices" in told
    assert "question 1: the statement is empty" in told
    assert "did you mean 'patient_id'" in told
    assert "absent.ckpt" in told


def test_settings_without_a_study_are_said(tmp_path, capsys):
    settings = yaml.safe_load(APP_CONFIG.read_text())
    for dataset in settings["dataset_types"]:
        del dataset["study"]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings))
    assert main(["study", "check", str(tmp_path / "config.yaml")]) == 2
    assert "name no reader study" in capsys.readouterr().err


def test_a_study_with_unknown_keys_is_refused_with_the_nearest_known_one(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "stages:\n- message: x\n  questions:\n  - {type: image, patient: P, slice_num: 1}\n"
    )
    with pytest.raises(ConfigError, match="did you mean 'patient_id'"):
        read_study(path)
