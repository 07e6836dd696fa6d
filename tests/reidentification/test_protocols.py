"""Which images are compared, and who is left out."""

from __future__ import annotations

import numpy as np

from masking.reidentification.protocols import Protocol, plan
from masking.reidentification.samples import Sample, Samples


def samples(*images: str) -> Samples:
    """Samples from `identity/video/name`."""
    return Samples.of(Sample(*image.split("/"), image, {"made/photo": np.ones(2, np.float32)}) for image in images)


QUERY = samples("Ada/1/a", "Ada/1/b", "Ada/2/c", "Bob/1/a", "Cy/1/a", "Di/1/a")
DATABASE = samples("Ada/1/d", "Ada/3/e", "Bob/1/c", "Cy/2/c", "Eve/1/a")


def drawn(protocol: Protocol, draws: int = 20) -> set[tuple[tuple[str, str, str], ...]]:
    found = set()
    for draw in plan(protocol, QUERY, DATABASE, draws, 42).draws:
        found.add(
            tuple(
                (QUERY.identities[one], QUERY.videos[one], DATABASE.videos[other])
                for one, other in zip(draw.query, draw.database, strict=True)
            )
        )
    return found


def test_within_a_video_both_images_are_of_one() -> None:
    assert drawn(Protocol.WITHIN) == {(("Ada", "1", "1"), ("Bob", "1", "1"))}


def test_across_videos_they_are_of_two() -> None:
    found = drawn(Protocol.ACROSS)
    assert {one for draw in found for one in draw} == {
        ("Ada", "1", "3"), ("Ada", "2", "1"), ("Ada", "2", "3"), ("Cy", "1", "2"),
    }  # fmt: skip


def test_all_takes_every_image_of_those_on_both_sides() -> None:
    found = plan(Protocol.ALL, QUERY, DATABASE, 20, 42)
    assert len(found.draws) == 1
    assert found.draws[0].query.tolist() == [0, 1, 2, 3, 4]
    assert found.draws[0].database.tolist() == [0, 1, 2, 3]


def test_everybody_who_is_left_out_is_named_with_the_reason() -> None:
    nobody = {"Di": "no enrolled image in the database", "Eve": "no enrolled image in the query"}
    assert plan(Protocol.ALL, QUERY, DATABASE, 1, 0).left_out == nobody
    assert plan(Protocol.WITHIN, QUERY, DATABASE, 1, 0).left_out == {
        **nobody,
        "Cy": "no video with an image on both sides",
    }
    assert plan(Protocol.ACROSS, QUERY, DATABASE, 1, 0).left_out == {
        **nobody,
        "Bob": "no two videos, one on each side",
    }


def test_the_seed_alone_decides() -> None:
    one, other = (plan(Protocol.ACROSS, QUERY, DATABASE, 5, 42).draws for _ in range(2))
    assert [draw.query.tolist() for draw in one] == [draw.query.tolist() for draw in other]


def test_where_there_is_nothing_to_choose_one_draw_is_enough() -> None:
    query, database = samples("Ada/1/a", "Bob/1/a"), samples("Ada/1/b", "Bob/1/b")
    assert len(plan(Protocol.WITHIN, query, database, 20, 42).draws) == 1


def test_one_person_alone_can_not_be_compared() -> None:
    assert plan(Protocol.ALL, samples("Ada/1/a"), samples("Ada/1/b", "Bob/1/a"), 20, 42).draws == ()
