"""The report of an evaluation as text with tables, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sbmir.evaluation.measures import COMPARED, SUCCESS_AT
from sbmir.evaluation.run import Evaluation
from sbmir.evaluation.summary import Estimate, summarise, summarise_strata
from sbmir.hand import REFERENCE_SIZE_PX

SUCCESS_NAME, SETTINGS_NAME, STRATA_NAME = "success.png", "settings.png", "strata.png"
BEST_NAME, WORST_NAME = "best.png", "worst.png"

_NOTHING = "–"

FINDING = {f"success_at_{k}": f"@{k}" for k in SUCCESS_AT} | {
    "reciprocal_rank": "reciprocal rank",
    "median_rank": "median rank",
}
"""Measures of whether the patient is found, and how a table names them."""

LIKENESS = {
    "dice": "Dice",
    "dice_net": "NET",
    "dice_ed": "ED",
    "dice_et": "ET",
    "dice_lesion": "whole lesion",
    "others_dice": "Dice of others",
    "size_ratio": "size",
    "centroid_shift_mm": "shift, mm",
    "without_lesion": "no lesion",
    "side_agrees": "side of first",
}
"""Measures of how the patients look that are found."""

Summary = Mapping[str, Estimate]


def as_markdown(evaluation: Evaluation) -> str:
    """Return the whole report."""
    seed = evaluation.plan.seed
    methods = [
        (one.title, one.starts_from, summarise(one.outcomes, seed)) for one in evaluation.methods
    ]
    parts = [
        *_head(evaluation, methods[0][2]),
        *_finding(methods),
        *_likeness(methods),
        *_settings(evaluation),
        *_strata(evaluation),
        *_rest(evaluation),
        *_how(evaluation),
    ]
    return "\n\n".join(parts) + "\n"


def _head(evaluation: Evaluation, found: Summary) -> Iterable[str]:
    plan = evaluation.plan
    targets = len({query.target for query in evaluation.queries})
    yield f"# Does a sketch find the patient? {plan.model.name} on {plan.dataset.name}"
    yield (
        f"A simulated reader looked for {targets} patients among {evaluation.n_patients}"
        f" ({evaluation.n_slices} slices) by a sketch of their lesion on another patient's brain."
        f" Metric: {plan.settings[0].metric.value}, weight {plan.settings[0].weight:g}, which is"
        f" what the application uses with this model (fingerprint"
        f" `{evaluation.model_fingerprint[:12]}`)."
    )
    parts = [f"{title} {_cell(found, name)}" for name, title in FINDING.items()]
    yield f"**Success {', '.join(parts)}.**"
    yield (
        "Figures are means over the patients looked for, with bootstrap 95 % intervals in brackets."
        " Where all patients agree, an interval has no width, which is no certainty."
    )


def _finding(methods: Sequence[tuple[str, str, Summary]]) -> Iterable[str]:
    yield "## Is the patient found?"
    rows = [
        [title, given, *(_cell(summary, name) for name in FINDING)]
        for title, given, summary in methods
    ]
    yield _table(["", "starts from", *FINDING.values()], rows)
    yield (
        "All ways rank the same patients: those of the database without the template's. A way that"
        " starts from the target's own slice never finds that very slice, but the slices beside it,"
        " so that it finds the patient almost by construction. Label-map Dice sees the labels of"
        " the answer: it is an upper bound."
    )
    yield f"![Share of targets among the first k patients]({SUCCESS_NAME})"


def _likeness(methods: Sequence[tuple[str, str, Summary]]) -> Iterable[str]:
    yield f"## Do the first {COMPARED} patients look like the sketch?"
    rows = [[title, *(_cell(summary, name) for name in LIKENESS)] for title, _, summary in methods]
    yield _table(["", *LIKENESS.values()], rows)
    yield (
        "Dice is the mean over the tissues that the sketch or the slice shows; *Dice of others* is"
        f" that of the first {COMPARED} patients besides the one looked for; *size* is the area of"
        " the found lesion divided by the sketched one; *shift* lies between their centroids, where"
        " a lesion is found; *no lesion* is the share of slices that show none; *side of first*"
        " is how often the first result lies on the sketch's side, of sketches that lie on one"
        f" ({_count(methods[0][2], 'side_agrees')})."
    )


def _settings(evaluation: Evaluation) -> Iterable[str]:
    if len(evaluation.settings) < 2:
        return
    yield "## Other metrics and weights"
    names = {**{k: v for k, v in FINDING.items() if k != "median_rank"}, "dice": "Dice"}
    shipped = evaluation.settings[0][0]
    rows = []
    for setting, outcomes in sorted(
        evaluation.settings, key=lambda one: (one[0].metric.value, one[0].weight)
    ):
        summary = summarise(outcomes, evaluation.plan.seed)
        mark = " **← shipped**" if setting == shipped else ""
        head = [setting.metric.value, f"{setting.weight:g}{mark}"]
        rows.append([*head, *(_cell(summary, name) for name in names)])
    yield _table(["metric", "weight", *names.values()], rows)
    yield (
        "A setting that is chosen by this table fits these patients: what it is worth, others have"
        " to tell."
    )
    yield f"![Figures by metric and weight]({SETTINGS_NAME})"


def _strata(evaluation: Evaluation) -> Iterable[str]:
    yield "## Which lesions are found?"
    names = {**FINDING, "dice": "Dice", "size_ratio": "size", "centroid_shift_mm": "shift, mm"}
    kinds = summarise_strata(
        evaluation.methods[0].outcomes, evaluation.strata, evaluation.plan.seed
    )
    rows = [
        [stratum.value, kind, _count(summary, "rank"), *(_cell(summary, name) for name in names)]
        for stratum, own in kinds.items()
        for kind, summary in own.items()
    ]
    yield _table(["", "", "patients", *names.values()], rows)
    yield f"![Mean reciprocal rank by kind of lesion]({STRATA_NAME})"
    yield (
        "### Best and worst cases\n\n"
        "Each row: the sketch on its template, the slice looked for, and what was found first; the"
        " patient looked for in green."
    )
    yield f"![Best cases]({BEST_NAME})"
    yield f"![Worst cases]({WORST_NAME})"


def _rest(evaluation: Evaluation) -> Iterable[str]:
    isolation, latency = evaluation.isolation, evaluation.latency
    yield "## Isolated samples"
    if isolation.n_samples <= isolation.neighbours + 1:
        yield (
            f"With {isolation.n_samples} patients, each is among the {isolation.neighbours} nearest"
            " of the others: none can be isolated."
        )
    else:
        share = len(isolation.samples) / isolation.n_samples
        yield (
            f"{len(isolation.samples)} of {isolation.n_samples} representative slices ({share:.1%})"
            f" are among the {isolation.neighbours} nearest of no other patient's."
        )
    yield "## Latency"
    rows = [
        [name, f"{latency.median_ms[name]:.1f}", f"{latency.p95_ms[name]:.1f}"]
        for name in latency.median_ms
    ]
    yield _table(["step", "median ms", "p95 ms"], rows)
    yield (
        f"Of {latency.n} queries, one after the other. The template is encoded once for each"
        " template, not for each search."
    )


def _how(evaluation: Evaluation) -> Iterable[str]:
    plan = evaluation.plan
    hand = plan.hand
    templates = sorted({query.template.patient for query in evaluation.queries})
    yield "## How it was asked"
    yield (
        "The target is the patient's slice with the most lesion pixels. The template is the"
        " lesion-free slice nearest to it, by number, of a template patient who is another one:"
        f" {', '.join(templates)}. The sketch is the target's segmentation, its classes nested and"
        f" filled, contours rounded (σ = {hand.smoothing_px:g} px of {REFERENCE_SIZE_PX}), shifted"
        f" up to {hand.shift_px:g} px, scaled by up to ±{hand.scale:.0%}, turned by up to"
        f" ±{hand.turn_deg:g}°. Sketches of each target: {plan.sketches}; seed {plan.seed}. Whether"
        " the model was trained on these patients, the program cannot know."
    )
    for what, errors in (
        ("Not looked for", evaluation.left_out),
        ("Not compared with", evaluation.unavailable),
    ):
        if errors:
            yield f"{what}: {', '.join(sorted(errors))}. The command has said why."


def _cell(summary: Summary, name: str) -> str:
    one = summary.get(name)
    if one is None:
        return _NOTHING
    digits = 1 if name in ("median_rank", "centroid_shift_mm") else 2
    return f"{one.value:.{digits}f} ({one.low:.{digits}f}–{one.high:.{digits}f})"


def _count(summary: Summary, name: str) -> str:
    one = summary.get("median_rank" if name == "rank" else name)
    return str(one.n if one else 0)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")
