"""How far raters agree, by API, of the incidents that the token's person may see."""

from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Token, bound_to, person_of
from accounts.models import Scope
from accounts.problems import responses
from incidents import calibration
from incidents.calibration import Calibration, Period

router = Router(tags=["incidents"])


class QuestionOut(Schema):
    """How many pairs answered one question alike."""

    question: str
    same: int
    pairs: int


class AgreementOut(Schema):
    """Agreement of pairs of blind ratings. The figures are null where there are too few pairs."""

    period: str = Field(description="A quarter such as `2026 Q4`; empty for all that was asked.")
    pairs: int
    left_out: int = Field(description="Ratings whose rater could have known the level.")
    observed: float | None = Field(description="The share that agrees, 0 to 1.")
    expected: float | None = Field(description="The share that would agree by chance.")
    kappa: float | None = Field(description="Also null where chance alone would agree in full.")
    weighted_kappa: float | None
    grid: list[list[int]] = Field(
        description="How often which level met which: rows are the first rating, SEV 0 to SEV 5."
    )
    questions: list[QuestionOut]


class CalibrationOut(Schema):
    fewest_pairs: int = Field(description="From fewer pairs nothing is said.")
    all: AgreementOut
    quarters: list[AgreementOut]


@router.get("", auth=Token(Scope.READ), response={200: CalibrationOut, **responses()})
def get_calibration(
    request: ApiRequest, since: AwareDatetime | None = None, until: AwareDatetime | None = None
) -> CalibrationOut:
    """How far two people who rate the same incidents agree.

    `since` and `until` bound when the second rating was made. A token that is bound to programs
    counts their incidents alone.
    """
    reader, period, bound = person_of(request), Period(since, until), bound_to(request)
    return CalibrationOut(
        fewest_pairs=calibration.FEW,
        all=_out(calibration.of(reader, period, bound)),
        quarters=[_out(each) for each in calibration.by_quarter(reader, period, bound)],
    )


def _out(found: Calibration) -> AgreementOut:
    figures = found.found
    kappa = figures.kappa if figures else None
    weighted = figures.weighted if figures else None
    return AgreementOut(
        period=found.label,
        pairs=found.pairs,
        left_out=found.left_out,
        observed=float(figures.observed) if figures else None,
        expected=float(figures.expected) if figures else None,
        kappa=None if kappa is None else float(kappa),
        weighted_kappa=None if weighted is None else float(weighted),
        grid=[[cell.count for cell in row] for row in found.grid],
        questions=[
            QuestionOut(question=each.question, same=each.same, pairs=each.pairs)
            for each in found.on_questions
        ],
    )
