"""Worked examples for the prompts of `translate.py`: sentences, their formulas, and why the answer is what it is.

Written for this project; the tests decide each one and compare it with its label. They show what formulas go wrong
without: one name for one thing, guards for “every”, ∧ under ∃, a formula for what a sentence only implies.
"""

from __future__ import annotations

from dataclasses import dataclass

from logic.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Shot:
    """`premises` and `conclusion` are (sentence, formula) pairs; `reasoning` is the chain of thought."""

    premises: tuple[tuple[str, str], ...]
    conclusion: tuple[str, str]
    reasoning: str
    label: Verdict


SHOTS: tuple[Shot, ...] = (
    Shot(
        (
            ("All bakers get up early.", "all x. (Baker(x) -> UpEarly(x))"),
            ("Nobody who gets up early misses the sunrise.", "all x. (UpEarly(x) -> -MissesSunrise(x))"),
            ("Ida is a baker.", "Baker(Ida)"),
        ),
        ("Ida misses the sunrise.", "MissesSunrise(Ida)"),
        "Ida is a baker, so she gets up early. Nobody who gets up early misses the sunrise, so Ida does not miss it. "
        "That is the opposite of the conclusion.",
        Verdict.FALSE,
    ),
    Shot(
        (
            ("Some lakes in the park are frozen.", "exists x. (Lake(x) & InPark(x) & Frozen(x))"),
            ("Every frozen lake is closed to swimmers.", "all x. (Lake(x) & Frozen(x) -> ClosedToSwimmers(x))"),
        ),
        (
            "There is a lake in the park that is closed to swimmers.",
            "exists x. (Lake(x) & InPark(x) & ClosedToSwimmers(x))",
        ),
        "Some lake in the park is frozen. Every frozen lake is closed to swimmers, so that lake is closed to swimmers, "
        "and it is in the park.",
        Verdict.TRUE,
    ),
    Shot(
        (
            ("If a train is late, its passengers are annoyed.", "all x. (Train(x) & Late(x) -> AnnoysPassengers(x))"),
            ("The night express is a train.", "Train(NightExpress)"),
            ("The night express annoys its passengers.", "AnnoysPassengers(NightExpress)"),
        ),
        ("The night express is late.", "Late(NightExpress)"),
        "A late train annoys its passengers, but a train may annoy them for another reason. The night express annoys "
        "its passengers, so it may be late or not.",
        Verdict.UNCERTAIN,
    ),
    Shot(
        (
            (
                "A ticket is either single or return.",
                "all x. (Ticket(x) -> ((Single(x) & -Return(x)) | (-Single(x) & Return(x))))",
            ),
            ("Return tickets are valid for a month.", "all x. (Ticket(x) & Return(x) -> ValidForMonth(x))"),
            ("Mo's ticket is not single.", "Ticket(MosTicket) & -Single(MosTicket)"),
        ),
        ("Mo's ticket is valid for a month.", "ValidForMonth(MosTicket)"),
        "Mo's ticket is a ticket and not single, so it is a return ticket. Return tickets are valid for a month.",
        Verdict.TRUE,
    ),
    Shot(
        (
            ("Ana is taller than Ben, and Ben is taller than Cy.", "Taller(Ana, Ben) & Taller(Ben, Cy)"),
            (
                "If someone is taller than a second person, who is taller than a third, then the first is taller than "
                "the third.",
                "all x. all y. all z. (Taller(x, y) & Taller(y, z) -> Taller(x, z))",
            ),
            ("Nobody is taller than someone who is taller than them.", "all x. all y. (Taller(x, y) -> -Taller(y, x))"),
        ),
        ("Cy is taller than Ana.", "Taller(Cy, Ana)"),
        "Ana is taller than Ben and Ben is taller than Cy, so Ana is taller than Cy. Then Cy is not taller than Ana.",
        Verdict.FALSE,
    ),
    Shot(
        (
            ("Every member of the chess club knows another member.",
             "all x. (Member(x, ChessClub) -> exists y. (Member(y, ChessClub) & x != y & Knows(x, y)))"),
            ("Lea is a member of the chess club.", "Member(Lea, ChessClub)"),
            ("Max is a member of the chess club.", "Member(Max, ChessClub)"),
        ),
        ("Lea knows Max.", "Knows(Lea, Max)"),
        "Lea knows another member of the chess club, but that need not be Max; nothing says that there are no others.",
        Verdict.UNCERTAIN,
    ),
    Shot(
        (
            ("No museum is open on Mondays.", "-exists x. (Museum(x) & OpenOn(x, Monday))"),
            ("The Depot is open on Mondays and Fridays.", "OpenOn(Depot, Monday) & OpenOn(Depot, Friday)"),
            ("The Depot is a museum or a shop.", "Museum(Depot) | Shop(Depot)"),
        ),
        ("The Depot is a shop.", "Shop(Depot)"),
        "The Depot is open on Mondays, and no museum is, so the Depot is no museum. It is a museum or a shop, so it is "
        "a shop.",
        Verdict.TRUE,
    ),
    Shot(
        (
            ("If it rains or snows, the match is called off.", "(Rains | Snows) -> CalledOff(Match)"),
            ("The match is played only if it is not called off.", "Played(Match) -> -CalledOff(Match)"),
            ("It snows.", "Snows"),
        ),
        ("The match is played or it rains and snows.", "Played(Match) | (Rains & Snows)"),
        "It snows, so the match is called off and not played. Whether it rains as well is not said, so the conclusion "
        "may hold or not.",
        Verdict.UNCERTAIN,
    ),
)  # fmt: skip
