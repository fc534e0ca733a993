"""Repeating a search that the application exported, and telling whether it finds the same."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from sbmir import console
from sbmir.commands.asking import Answer, Question
from sbmir.config.application import AppConfig
from sbmir.errors import ConfigError, DataError
from sbmir.filters import Filters
from sbmir.search.engine import MetricKind
from sbmir.search_file import SearchFile, read_search

_TOLERANCE = 1e-3
"""How far distances may differ, relatively: another processor adds in another order."""

_TAKEN_FROM_FILE = {
    "template": None,
    "weight": None,
    "mirror": False,
    "side": None,
    "enhancing": None,
    "lesion_cm2": None,
    "include_template_patient": False,
    "top": None,
}
"""Options that say what the file says already, and what they are where they are not given."""


@dataclass(frozen=True)
class Repetition:
    """What is the same in a repeated search.

    Attributes
    ----------
    model, codes:
        Whether the model, and all codes of the database, are the same.
    ranking:
        Whether it found the same slices in the same order.
    distances:
        Whether they are also as near as they were.
    """

    model: bool
    codes: bool
    ranking: bool
    distances: bool

    def tell(self) -> None:
        """Say what differs, on stderr."""
        if not self.model:
            console.say("The model is another one than that of the exported search.")
        if not self.codes:
            console.say("The reference database holds other codes than at the exported search.")
        if not self.ranking:
            console.say("The ranking differs from that of the exported search.")
        elif self.distances:
            console.say("The ranking is the same as in the exported search.")
        else:
            console.say("The ranking is the same as in the exported search; the distances differ.")


def question_of(options: argparse.Namespace, config: AppConfig) -> tuple[Question, SearchFile]:
    """Read the file of an exported search; ``--dataset`` and ``--model`` may name others.

    Raises
    ------
    NotFoundError, DataError
        Where the file is not there, or does not hold a search.
    ConfigError
        Where the settings know no such dataset or model, or other options ask for something else.
    """
    given = [name for name, unset in _TAKEN_FROM_FILE.items() if getattr(options, name) != unset]
    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ConfigError(
            f"--repeat takes everything from the file; it cannot be changed by {names}.",
            remedy="Leave them out, or ask with --template and --sketch.",
        )
    path: Path = options.repeat
    search = read_search(path)
    key = search.example or search.template
    if key is None:
        raise DataError(f"The search {path} has neither a template nor an example.")
    dataset = config.dataset_type(options.dataset or search.dataset)
    model = dataset.model(options.model or search.model)
    question = Question(
        dataset=dataset,
        model=replace(model, sketch_precision=search.sketch_precision),
        metric=MetricKind(search.metric),
        key=key,
        sketch=path.parent / search.sketch if search.sketch and not search.example else None,
        weight=search.weight,
        mirror=search.mirror,
        filters=Filters.from_json(search.filters),
        include_template_patient=search.include_template_patient,
        top=max(search.top, len(search.results)),
    )
    return question, search


def compare(search: SearchFile, answer: Answer) -> Repetition:
    """Tell what is the same as when the search was exported."""
    ranking = [found.key for found in search.results] == [found.key for found in answer.results]
    distances = ranking and all(
        abs(before.distance - now.distance) <= _TOLERANCE * max(1.0, before.distance)
        for before, now in zip(search.results, answer.results, strict=True)
    )
    return Repetition(
        search.model_fingerprint == answer.model_fingerprint,
        search.codes_fingerprint == answer.retriever.fingerprint(),
        ranking,
        distances,
    )
