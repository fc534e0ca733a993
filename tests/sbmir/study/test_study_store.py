"""The contract of every store of reader studies, and the way from the disk into it."""

import copy
from dataclasses import replace

import pytest
from study_samples import SESSION, change, make_record, write_session

from sbmir.config.mongodb import MongoSettings
from sbmir.database.studies import MongoStudyStore, StudyResult, connect_studies
from sbmir.errors import DataError, ServiceError
from sbmir.study.delivery import deliver, waiting
from sbmir.study.files import read_session


class MemoryStudies:
    """The simplest thing that keeps the contract of ``StudyStore``; it can be away."""

    def __init__(self):
        self.stored_sessions, self.stored_results = {}, {}
        self.answers_before_it_goes = None

    def put_session(self, session):
        self._go_on()
        self.stored_sessions[session.session_id] = session.as_json()

    def put_result(self, result):
        key = result.session_id, result.record.stage_num, result.record.question_num
        self.stored_results[key] = copy.deepcopy(result)

    def users(self):
        names = {(s["user_name"], s["y_experience"]) for s in self.stored_sessions.values()}
        return [{"user_name": name, "y_experience": years} for name, years in sorted(names)]

    def sessions(self, dataset_type):
        found = [s for s in self.stored_sessions.values() if s["dataset_type"] == dataset_type]
        return sorted(found, key=lambda one: (one["created_at"], one["session_id"]))

    def results(self, session_id):
        return [
            self.stored_results[key].as_document()
            for key in sorted(self.stored_results)
            if key[0] == session_id
        ]

    def sketch(self, session_id, stage, question):
        found = self.stored_results.get((session_id, stage, question))
        return None if found is None else found.sketch_image

    def _go_on(self):
        if self.answers_before_it_goes is not None:
            self.answers_before_it_goes -= 1
            if self.answers_before_it_goes < 0:
                raise ServiceError("It is away.")


class MongoStudies(MongoStudyStore):
    """The real store; what is in it is read as any program would read it."""

    def __init__(self, client, name):
        super().__init__(client, name)
        self.database = client[name]

    def users(self):
        return list(self.database["users"].find({}, {"_id": 0}).sort("user_name"))

    def sessions(self, dataset_type):
        wanted = {"dataset_type": dataset_type}
        return list(self.database["sessions"].find(wanted, {"_id": 0}).sort("created_at"))

    def results(self, session_id):
        found = self.database["results"].find(
            {"session_id": session_id}, {"_id": 0, "sketch_image": 0}
        )
        return list(found.sort(["stage_num", "question_num"]))

    def sketch(self, session_id, stage, question):
        wanted = {"session_id": session_id, "stage_num": stage, "question_num": question}
        found = self.database["results"].find_one(wanted)
        return None if found is None else bytes(found["sketch_image"])


@pytest.fixture(params=["memory", "mongo"])
def store(request):
    if request.param == "memory":
        return MemoryStudies()
    return MongoStudies(request.getfixturevalue("client"), "tests")


def session(number, **changes):
    return replace(SESSION, session_id=f"s{number}", created_at=f"11-23-2026-0{number}", **changes)


def plain(documents):
    """Tuples are lists in a database."""
    return [{**one, "result_summary": list(one["result_summary"])} for one in documents]


def test_a_reader_with_two_sessions_is_one_user(store):
    for number in (2, 1, 1):
        store.put_session(session(number))
    store.put_session(session(3, user_name="Ann", dataset_type="Other"))
    assert store.users() == [
        {"user_name": "Ann", "y_experience": 7},
        {"user_name": "Dr. Ito", "y_experience": 7},
    ]
    assert store.sessions("Demo") == [session(1).as_json(), session(2).as_json()]


def test_an_answer_is_stored_once_and_the_newer_one_stays(store):
    for record in (make_record(2, 1), make_record(1, 2, rank=3), make_record(1, 2, rank=1)):
        store.put_result(StudyResult("s1", record, b"sketch"))
    store.put_result(StudyResult("s2", make_record(1, 1), b"other"))
    first, second = plain(store.results("s1"))
    assert first == plain([StudyResult("s1", make_record(1, 2, rank=1), b"").as_document()])[0]
    assert (second["stage_num"], second["question_num"]) == (2, 1)
    assert store.sketch("s1", 2, 1) == b"sketch"
    assert store.sketch("s1", 9, 9) is None


def test_what_waits_on_the_disk_is_sent_once(store, tmp_path):
    folder = write_session(tmp_path, [make_record(1, 1), make_record(1, 2, rank=2)])
    assert len(waiting(tmp_path / "Demo")) == 2
    assert deliver(tmp_path / "Demo", store).n_sent == 2
    assert waiting(tmp_path / "Demo") == []
    assert deliver(tmp_path / "Demo", store).n_sent == 0
    (own,) = store.sessions("Demo")
    assert own == read_session(folder).as_json()
    assert [one["matched_retrieved_num"] for one in store.results(own["session_id"])] == [-1, 1]
    sketch = folder / "stage_num_1" / "question_num_1" / "sketch_image.npy"
    assert store.sketch(own["session_id"], 1, 1) == sketch.read_bytes()


def test_a_store_that_goes_away_gets_the_rest_later(tmp_path):
    write_session(tmp_path, [make_record(1, number) for number in (1, 2, 3)])
    store = MemoryStudies()
    store.answers_before_it_goes = 1
    with pytest.raises(ServiceError):
        deliver(tmp_path / "Demo", store)
    assert len(waiting(tmp_path / "Demo")) == 2
    store.answers_before_it_goes = None
    assert deliver(tmp_path / "Demo", store).n_sent == 2
    assert len(store.stored_results) == 3


def test_a_list_of_sent_answers_that_is_lost_doubles_nothing(store, tmp_path):
    folder = write_session(tmp_path, [make_record(1, 1)])
    deliver(tmp_path / "Demo", store)
    (folder / "delivered.json").write_text("{broken")
    assert deliver(tmp_path / "Demo", store).n_sent == 1
    assert len(store.results(read_session(folder).session_id)) == 1


def test_a_damaged_answer_does_not_hold_up_the_others(tmp_path):
    folder = write_session(tmp_path, [make_record(1, 1), make_record(1, 2)])
    change(folder, 1, 1, y_experience=0)
    store = MemoryStudies()
    delivery = deliver(tmp_path / "Demo", store)
    assert delivery.n_sent == 1
    assert len(delivery.failed) == 1
    assert len(waiting(tmp_path / "Demo")) == 1


def test_a_disk_that_takes_no_note_is_told(tmp_path):
    folder = write_session(tmp_path, [make_record(1, 1)])
    (folder / "delivered.json").mkdir()
    store = MemoryStudies()
    with pytest.raises(DataError, match="cannot be noted"):
        deliver(tmp_path / "Demo", store)
    assert len(store.stored_results) == 1
    (folder / "delivered.json").rmdir()
    deliver(tmp_path / "Demo", store)
    assert waiting(tmp_path / "Demo") == []


def test_studies_and_reference_patients_share_a_server(server, client):
    settings = MongoSettings(uri=server.uri)
    with connect_studies(settings, "tests") as store:
        store.put_session(session(1))
    assert client["tests"]["sessions"].count_documents({}) == 1
