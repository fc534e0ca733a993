"""Answers of readers, as the window writes them and as published files have them."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np

from sbmir.layout import question_path
from sbmir.study.files import Answer, create_session, write_answer
from sbmir.study.records import Asked, QuestionRecord, SessionRecord, SliceName, judged, matched

STARTED = datetime(2026, 11, 23, 9, 30, 5)
SESSION = SessionRecord(
    session_id="",
    created_at="",
    user_name="Dr. Ito",
    y_experience=7,
    dataset_type="Demo",
    data_set="Demo",
    model="demo",
    study_fingerprint="abc",
    n_questions=8,
)


def make_record(stage=1, question=1, *, rank=None, ticks=(), user="Dr. Ito", years=7, **changes):
    """An answer to an image question whose case is found at ``rank``, from 1."""
    names = [f"P{number}" for number in range(10)]
    target = "T"
    if rank is not None:
        names[rank - 1] = target
    patients = [SliceName(patient_id=name, slice_num=40 + i) for i, name in enumerate(names)]
    summary = judged(patients, ticks, target)
    values = {
        "created_at": "11-23-2026-09-30-05",
        "user_name": user,
        "y_experience": years,
        "stage_num": stage,
        "question_num": question,
        "matched_retrieved_num": matched(summary),
        "result_summary": summary,
        "asked": Asked(type="image", case=SliceName(patient_id=target, slice_num=44)),
        "n_searches": 1,
        "n_strokes": 3,
        "n_undos": 0,
        "seconds_to_first_stroke": 2.0,
        "seconds_to_search": 10.0,
        "seconds_to_submit": 30.0,
    }
    return QuestionRecord(**{**values, **changes})


def make_answer(record, size=16) -> Answer:
    rng = np.random.default_rng(1)
    sketch = np.zeros((size, size), np.uint8)
    sketch[4:10, 5:9] = 2
    sketch[6:8, 6:8] = 3
    template = rng.standard_normal((3, size, size)).astype(np.float32)
    target = np.full((size, 3 * size, 3), 90, np.uint8) if record.is_image_question else None
    return Answer(record, template, sketch, target)


def write_session(root: Path, records, **changes) -> Path:
    from dataclasses import replace

    folder, session = create_session(root, replace(SESSION, **changes), STARTED)
    for record in records:
        write_answer(folder, make_answer(replace(record, created_at=session.created_at)))
    return folder


def publish(answer_folder: Path) -> None:
    """Turn a result into what the published program leaves: fewer keys, one spelt otherwise."""
    path = answer_folder / "result.json"
    ours = json.loads(path.read_text())
    published = {name: ours[name] for name in list(ours)[:7]}
    for one in published["result_summary"]:
        one["eval_point3"] = one.pop("eval_point_3")
    path.write_text(json.dumps(published))
    (answer_folder / "target_image.png").unlink(missing_ok=True)
    (answer_folder.parents[1] / "session.json").unlink(missing_ok=True)


def change(session_dir: Path, stage: int, question: int, **changes) -> Path:
    path = question_path(session_dir, stage, question) / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return path
