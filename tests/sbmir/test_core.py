"""Errors, keys, labels, file names, and the reader of settings."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from pydantic.dataclasses import dataclass

from sbmir import errors
from sbmir.config.preprocessing import PreprocessingConfig
from sbmir.config.reader import STRICT, ConfigPath, read_config
from sbmir.errors import ConfigError, DataError, NotFoundError, SbmirError
from sbmir.keys import MAX_PATIENT_NAME_BYTES, SliceKey, check_patient_name
from sbmir.labels import TissueClass, tissue_classes
from sbmir.layout import SLICE_NAME, code_path, slice_path

# Errors


def test_a_message_says_what_why_and_what_to_do():
    error = SbmirError("It broke.", why="It fell.", remedy="Buy another.")
    assert str(error) == "It broke.\nIt fell.\nBuy another."
    assert str(SbmirError("It broke.")) == "It broke."


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("DataError", 1),
        ("ConfigError", 2),
        ("CheckpointError", 2),
        ("NotFoundError", 3),
        ("ServiceError", 3),
    ],
)
def test_errors_keep_their_message_and_status_on_the_way_between_processes(kind: str, status: int):
    error = getattr(errors, kind)("What.", why="Why.", remedy="Remedy.")
    received = pickle.loads(pickle.dumps(error))
    assert type(received) is type(error)
    assert str(received) == "What.\nWhy.\nRemedy."
    assert received.exit_status == status


# Keys


def test_slices_are_ordered_by_dataset_patient_and_number():
    keys = [SliceKey("D", "B", 0), SliceKey("D", "A", 10), SliceKey("D", "A", 9)]
    assert [str(key) for key in sorted(keys)] == ["D/A:9", "D/A:10", "D/B:0"]


@pytest.mark.parametrize(
    "name", ["BraTS19_CBICA_AAB_1", "Zoë 2. Besuch", "患者", "a..b", "x" * MAX_PATIENT_NAME_BYTES]
)
def test_a_name_with_spaces_letters_of_any_script_or_200_characters_is_fine(name: str):
    assert check_patient_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "../x",
        "a/b",
        "a\\b",
        "a\0b",
        "a\nb",
        "\ud800",
        "x" * 201,
        "ü" * 101,
    ],
)
def test_a_name_that_leaves_its_folder_or_cannot_be_one_is_refused(name: str):
    with pytest.raises(DataError, match="cannot be used") as caught:
        check_patient_name(name)
    assert "Rename" in caught.value.remedy


def test_the_longest_name_leaves_room_for_the_file_names_of_its_slices():
    name = slice_path(Path(), "x" * MAX_PATIENT_NAME_BYTES, "flair", 99999).name
    assert len(name.encode()) <= 255


# Labels


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("enhancing", [3, 4])
def test_enhancing_tumour_becomes_3_from_either_numbering(dtype: type, enhancing: int):
    labels = np.array([[0, 1], [2, enhancing]], dtype)
    classes = tissue_classes(labels)
    assert classes.dtype == np.uint8
    assert classes.tolist() == [
        [TissueClass.BACKGROUND, TissueClass.NET],
        [TissueClass.ED, TissueClass.ET],
    ]
    assert labels[1, 1] == enhancing, "the caller's array is left alone"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 3, 4], "both label 3 and label 4"),
        ([0, 5, 7], "unknown labels: 5, 7"),
        ([0, 1.5], "unknown labels: 1.5"),
        ([0, 260], "unknown labels: 260"),
        ([-1, 0], "unknown labels: -1"),
        ([0, np.nan], "NaN or infinite"),
        ([0, np.inf], "NaN or infinite"),
    ],
)
def test_labels_that_cannot_be_understood_are_refused(values: list[float], words: str):
    with pytest.raises(DataError, match=words):
        tissue_classes(np.array(values))


# File names


def test_files_have_the_published_names():
    assert str(slice_path(Path("S"), "P_1", "t1ce", 7)) == "S/P_1/P_1_t1ce_0007.npy"
    assert str(code_path(Path("C"), "P_1", "nac", 154)) == "C/P_1/nac_0154.npy"


def test_the_name_of_a_slice_tells_its_modality_and_number():
    match = SLICE_NAME.search("BraTS19_seg_1_t1ce_0012.npy")
    assert match is not None
    assert (match["pattern"], match["index"]) == ("t1ce", "0012")
    assert SLICE_NAME.search("P_t1_12.npy") is None
    assert SLICE_NAME.search("P_t1_0012.npy.tmp") is None


# Settings


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Engine:
    kind: str
    top_k: int = 10


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Settings:
    title: str
    folder: ConfigPath
    engine: Engine
    others: tuple[Engine, ...] = ()
    spare: Engine | None = None


def written(tmp_path: Path, text: str, name: str = "settings.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


GOOD = "title: T\nfolder: data\nengine: {kind: exact}\n"


def test_settings_are_read_from_yaml_and_json_alike(tmp_path: Path):
    yaml = read_config(written(tmp_path, GOOD), Settings)
    text = '{"title": "T", "folder": "data", "engine": {"kind": "exact"}}'
    assert read_config(written(tmp_path, text, "settings.json"), Settings) == yaml
    assert yaml.engine == Engine(kind="exact", top_k=10)


def test_relative_paths_start_at_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    written(tmp_path, GOOD)
    monkeypatch.chdir(tmp_path.parent)
    assert read_config(Path(tmp_path.name) / "settings.yaml", Settings).folder == tmp_path / "data"


def test_variables_come_from_the_caller_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SBMIR_TEST_A", "environment")
    monkeypatch.setenv("SBMIR_TEST_B", "environment")
    monkeypatch.delenv("ROOT_PATH", raising=False)
    path = written(
        tmp_path,
        "title: ${SBMIR_TEST_A} ${SBMIR_TEST_B}\nfolder: ${ROOT_PATH}/x\nengine: {kind: k}\n",
    )
    read = read_config(path, Settings, {"SBMIR_TEST_B": "caller"})
    assert read.title == "environment caller"
    assert read.folder == Path(__file__).resolve().parents[2] / "x"


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path):
    path = written(
        tmp_path,
        "titel: T\nfolder: data\nengine: {kind: exact, top_k: many}\n"
        "others: [{kind: a}, {kind: b, topk: 3}]\nspare: {knd: a}\n",
    )
    with pytest.raises(ConfigError) as caught:
        read_config(path, Settings)
    message = str(caught.value)
    assert f"{path} has" in message
    for words in (
        "title: this key is missing",
        "titel: unknown key; did you mean 'title'?",
        "engine.top_k: input should be a valid integer",
        "(it is 'many')",
        "others[1].topk: unknown key; did you mean 'top_k'?",
        "spare.knd: unknown key; did you mean 'kind'?",
        "spare.kind: this key is missing",
    ):
        assert words in message
    assert message.count("\n  - ") == 6


def test_unset_variables_are_told_together_with_where_they_are_used(tmp_path: Path):
    path = written(
        tmp_path, "title: ${SBMIR_NOT_SET}\nfolder: a\nengine: {kind: '${SBMIR_NOR_THIS}'}\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_config(path, Settings)
    assert "title: the variable ${SBMIR_NOT_SET} is not set" in str(caught.value)
    assert "engine.kind: the variable ${SBMIR_NOR_THIS} is not set" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", '{"title": ', "not valid JSON"),
        ("a.yaml", "title: [", "not valid YAML"),
        ("a.yaml", "", "a mistake"),
        ("a.json", "[1, 2]", "a mistake"),
        ("a.yaml", "!!python/object/apply:os.system [echo]", "not valid YAML"),
        ("a.json", "[" * 9_999, "not valid JSON"),
        ("a.yaml", "\x00", "not valid YAML"),
    ],
)
def test_a_broken_file_is_refused_and_runs_no_code(
    tmp_path: Path, name: str, text: str, words: str
):
    with pytest.raises(ConfigError, match=words):
        read_config(written(tmp_path, text, name), Settings)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(path, Settings)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(NotFoundError, match=r"none\.json is not there"):
        read_config(tmp_path / "none.json", Settings)


DATASET = """
D:
  src_dir_path: src
  dst_dir_path: dst
  image_size: 16
  modalities:
    - {name: T1, pattern: t1, save_pattern: t1}
    - {name: SEG, pattern: output, save_pattern: seg}
"""


def test_settings_of_the_preprocessing_are_read(tmp_path: Path):
    dataset = read_config(written(tmp_path, DATASET), PreprocessingConfig)["D"]
    assert dataset.src_dir_path == tmp_path / "src"
    assert [modality.is_segmentation for modality in dataset.modalities] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("image_size: 16", "image_size: 0", "D.image_size: input should be greater than"),
        ("save_pattern: seg", "save_pattern: t1", "two modalities have the same save_pattern"),
        ("save_pattern: seg", "save_pattern: ../x", r"D.modalities\[1\].save_pattern"),
        ("pattern: output", "pattern: a/b", r"D.modalities\[1\].pattern"),
        ("name: T1", "name: seg", "two modalities are named SEG"),
        ("dst_dir_path: dst", "dst_dir_path: src/slices", "outside src_dir_path"),
        ("pattern: t1,", "patern: t1,", "did you mean 'pattern'"),
    ],
)
def test_settings_that_make_no_sense_are_told(tmp_path: Path, old: str, new: str, words: str):
    assert old in DATASET
    with pytest.raises(ConfigError, match=words):
        read_config(written(tmp_path, DATASET.replace(old, new, 1)), PreprocessingConfig)
