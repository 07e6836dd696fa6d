"""What a run leaves in OUTPUT_FOLDER: reidentification.json, .csv and .html, and score matrices by request.

docs/reidentification.md describes every field. No embedding is in any of them.
"""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from masking import __version__
from masking.core.errors import OutputFolderError
from masking.core.safe_files import make_private_folder, partial_of, whole_binary_file, whole_file
from masking.pipeline.spreadsheet import plain_cell
from masking.reidentification.comparison import SCORE_EDGES, Enrolled, score_blocks
from masking.reidentification.conclusions import answers, methods, what_cannot_be_concluded
from masking.reidentification.enroller import vector_name
from masking.reidentification.figures import Figures
from masking.reidentification.findings import differences, people_by_rate, plain_among_as_many, worst_rows
from masking.reidentification.protocols import MEANINGS, Protocol
from masking.reidentification.run import Result
from masking.reidentification.setups import ATTACK_MEANINGS, CONTROLS, STUDY_SETUPS
from masking.reidentification.study import Row, Study

SCHEMA_VERSION = 1
NAME = "reidentification"
COLUMNS = (
    "protocol", "setup", "attack", "recogniser", "identity", "video", "image", "rank", "gallery_people", "tied",
    "true_score", "best_other_score", "best_other_identity",
)  # fmt: skip


def write_results(result: Result) -> list[str]:
    """Write everything, each file whole or not at all; lines that say where. Raises OutputFolderError."""
    from masking.reidentification.html_page import write_page

    folder = result.config.folders.output_folder
    written = [folder / f"{NAME}.json", folder / f"{NAME}.csv"]
    try:
        with whole_file(written[0]) as file:
            json.dump(facts(result), file, indent=1, allow_nan=False)
        with whole_file(written[1], newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_query_rows(result.study))
        lines = [f"Every figure:  {written[0]}", f"Every query:   {written[1]}"]
        if result.config.output.report:
            lines.append(f"To look at:    {write_page(result, folder / f'{NAME}.html')}")
        if result.config.reidentification.save_scores:
            lines.append(f"Scores:        {_write_scores(result, folder / 'scores')} (biometric data)")
    except OSError as error:
        name = error.filename or partial_of(written[0])
        raise OutputFolderError(f"{name} can't be written: {error.strerror}") from error
    return lines


def facts(result: Result) -> dict[str, Any]:
    """What reidentification.json holds."""
    study = result.study
    return {
        "schema_version": SCHEMA_VERSION,
        "software": {"name": "batch-face-masking", "version": __version__},
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "options": result.config.reidentification.model_dump(mode="json"),
        "models": dict(result.models),
        "trees": {
            side: {
                "folder": os.fspath(result.folders.named()[side]),
                "reconstructor": enrolled.tree.reconstructor,
                "counts": dict(enrolled.counts),
                "not_enrolled": [
                    {"image": outcome.relative_path, "status": str(outcome.status), "reason": outcome.reason}
                    for outcome in enrolled.failures
                ],
            }
            for side, enrolled in result.trees.items()
        },
        "people": len(study.people),
        "same_photos": study.same_photos,
        "protocols": {
            str(protocol): {
                "meaning": MEANINGS[protocol],
                "draws": len(plan.draws),
                "left_out": dict(plan.left_out),
            }
            for protocol, plan in study.plans.items()
        },
        "attacks": {str(attack): meaning for attack, meaning in ATTACK_MEANINGS.items()},
        "score_bin": float(SCORE_EDGES[1] - SCORE_EDGES[0]),
        "rows": [_row_facts(study, row) for row in study.rows],
        "worst_over_recognisers": [_key(row) for row in worst_rows(study.rows)],
        "differences": [{**asdict(one), "protocol": str(one.protocol)} for one in differences(study)],
        "people_by_rate": [asdict(rate) for rate in people_by_rate(study)],
        "answers": answers(result),
        "what_cannot_be_concluded": what_cannot_be_concluded(result),
        "methods": methods(result),
    }


def _key(row: Row) -> dict[str, Any]:
    named = {"protocol": str(row.protocol), "setup": row.setup, "attack": str(row.attack)}
    return {**named, "recogniser": row.recogniser}


def _row_facts(study: Study, row: Row) -> dict[str, Any]:
    known = {
        **_key(row),
        "why_not": row.why_not,
        "images": {"query": row.images[0], "database": row.images[1]},
        "failures_to_enrol": {"query": row.not_enrolled[0], "database": row.not_enrolled[1]},
    }
    if row.figures is None:
        return known
    return {**known, **_figure_facts(row.figures), "plain_among_as_many": plain_among_as_many(study, row)}


def _figure_facts(figures: Figures) -> dict[str, Any]:
    return {
        "people": figures.people,
        "queries": figures.queries,
        "gallery_people": figures.gallery,
        "runs": figures.draws,
        "figures": {name: asdict(figure) for name, figure in figures.named.items()},
        "p_value": figures.p_value,
        "tied_queries": figures.tied,
        "rank_1_if_ties_are_lost": figures.rank_1_if_ties_are_lost,
        "cmc": [asdict(point) for point in figures.cmc],
        "gallery_curve": [asdict(point) for point in figures.gallery_curve],
        "genuine_scores": _shares(figures.genuine),
        "impostor_scores": _shares(figures.impostor),
    }


def _shares(shares: npt.NDArray[np.float64]) -> dict[str, Any]:
    """A distribution from its first bin that holds anything to its last. `from`: that bin's lower edge."""
    held = np.flatnonzero(shares)
    if not len(held):
        return {"from": -1.0, "shares": []}
    first, last = int(held[0]), int(held[-1])
    return {
        "from": round(float(SCORE_EDGES[first]), 6),
        "shares": [round(float(one), 6) for one in shares[first : last + 1]],
    }


def _query_rows(study: Study) -> Iterator[Sequence[object]]:
    """A line for each query of each setup, in the first draw."""
    for row in study.rows:
        for run, rows in zip(row.runs[:1], row.rows[:1], strict=True):
            samples = study.cross if study.cross is not None and row.attack.value == "cross-mask" else study.query
            for query, index in enumerate(rows.tolist()):
                rival = int(run.best_other[query])
                yield (
                    str(row.protocol), row.setup, str(row.attack), row.recogniser,
                    plain_cell(samples.identities[index]), plain_cell(samples.videos[index]),
                    plain_cell(samples.names[index]), int(run.ranks[query]), run.gallery_people, int(run.ties[query]),
                    _score(run.true_score[query]), _score(run.best_other_score[query]),
                    plain_cell(study.people[rival]) if rival >= 0 else "",
                )  # fmt: skip


def _score(value: np.floating) -> str:
    return f"{value:.6f}" if np.isfinite(value) else ""


def _write_scores(result: Result, folder: Path) -> Path:
    """A matrix for each setup and recogniser over all pairs, one block in memory at a time."""
    make_private_folder(folder)
    study = result.study
    setups = {setup.name: setup for setup in (*STUDY_SETUPS, *CONTROLS)}
    for recogniser in study.recognisers:
        for setup in setups.values():
            names = vector_name(recogniser, setup.query), vector_name(recogniser, setup.database)
            if names[0] in study.query.vectors and names[1] in study.database.vectors:
                sides = [
                    Enrolled(samples.vectors[name], np.zeros(len(samples), np.int64))
                    for samples, name in zip((study.query, study.database), names, strict=True)
                ]
                _write_matrix(folder / f"{setup.name}-{recogniser}.npz", study, *sides)
    return folder


def _write_matrix(path: Path, study: Study, query: Enrolled, database: Enrolled) -> None:
    labels = {
        f"{side}_{what}": np.array(values, dtype=np.str_)
        for side, samples in (("query", study.query), ("database", study.database))
        for what, values in (("identity", samples.identities), ("video", samples.videos), ("image", samples.names))
    }
    header = {"descr": "<f4", "fortran_order": False, "shape": (len(query.people), len(database.people))}
    with whole_binary_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in labels.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
        with archive.open("scores.npy", "w", force_zip64=True) as entry:
            np.lib.format.write_array_header_1_0(entry, header)
            for block in score_blocks(query, database):
                entry.write(block.astype("<f4").tobytes())


def protocols_shown(study: Study) -> list[Protocol]:
    """The protocols that gave figures."""
    return [protocol for protocol in Protocol if any(row.figures for row in study.rows if row.protocol is protocol)]
