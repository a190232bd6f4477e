# SPDX-License-Identifier: MIT
"""Ratios of repetitions, their intervals, the noise, and the verdict on each target.

Medians, because other work on the machine only ever adds time, and adds it to few repetitions.
Where repetitions ran in rounds, the ratio is taken within each round and the median of these
counts: what slowed a whole round down stands on both sides of its ratio. Where one thread runs,
processor time is taken, which leaves out the time in which another program had the processor; for
several threads real time, because waiting is part of their cost.
"""

import dataclasses
import random
import statistics

import targets
from reporting import words

DRAWS = 1000
# Their cost is real time even where one thread measures: others work for it, or it waits.
_WAITING = ("spike", "cold_ramp", "mixed_ramp", "tail", "tail_busy", "outage", "cancel_storm")


@dataclasses.dataclass(frozen=True)
class Ratio:
    """A median with the interval that holds 95 of 100 when repetitions are drawn anew."""

    middle: float
    low: float
    high: float
    count: int


def _inside(drawn, middle):
    """Returns the interval of what was drawn, which is the middle alone where nothing was."""
    found = sorted(drawn)
    if not found:
        return middle, middle
    return found[len(found) * 25 // 1000], found[max(len(found) * 975 // 1000 - 1, 0)]


def _alone(case, samples):
    return (
        case.scenario not in _WAITING
        and case.threads == 1
        and all(s.threads == 1 and s.processor is not None for s in samples)
    )


def by_processor(results, *sides):
    """Whether all of the (case, implementation) can be compared in processor time."""
    return all(_alone(case, results.samples(case, name)) for case, name in sides)


def values(samples, metric, processor):
    """Returns [(moment, value)] of the repetitions that have the metric."""
    found = [(s.moment, s.value(metric, processor)) for s in samples]
    return [(moment, value) for moment, value in found if value is not None]


def of_values(numbers, draws=DRAWS):
    """Returns the Ratio of plain numbers, or None."""
    if not numbers:
        return None
    dice = random.Random(1)
    middle = statistics.median(numbers)
    drawn = [statistics.median(dice.choices(numbers, k=len(numbers))) for _ in range(draws)]
    return Ratio(middle, *_inside(drawn, middle), len(numbers))


def _pairs(ours, theirs):
    """Returns the values of rounds that both have, or None where they did not run in rounds."""
    mine, other = dict(ours), dict(theirs)
    if None in mine or None in other or len(mine) != len(ours) or len(other) != len(theirs):
        return None
    both = [moment for moment in mine if moment in other]
    return [(mine[moment], other[moment]) for moment in both] or None


def _quotient(above, below):
    if below:
        return above / below
    return float("inf") if above else 1.0


def of_two(ours, theirs, draws=DRAWS):
    """Returns the Ratio of two lists of (moment, value), or None where one is empty."""
    if not ours or not theirs:
        return None
    pairs = _pairs(ours, theirs)
    if pairs:
        return of_values([_quotient(*pair) for pair in pairs], draws)
    mine, other = [v for _, v in ours], [v for _, v in theirs]
    dice = random.Random(1)
    drawn = [
        _quotient(
            statistics.median(dice.choices(mine, k=len(mine))),
            statistics.median(dice.choices(other, k=len(other))),
        )
        for _ in range(draws)
    ]
    middle = _quotient(statistics.median(mine), statistics.median(other))
    return Ratio(middle, *_inside(drawn, middle), min(len(mine), len(other)))


def compare(results, case, ours, theirs, metric=targets.COST, draws=DRAWS):
    """Returns the Ratio of two implementations of one case, or None."""
    processor = by_processor(results, (case, ours), (case, theirs))
    return of_two(
        values(results.samples(case, ours), metric, processor),
        values(results.samples(case, theirs), metric, processor),
        draws,
    )


def noise_of(results, case, metric=targets.COST):
    """How far lend is apart from itself, as a part of 1; None where it ran only once."""
    found = compare(results, case, targets.AGAIN, targets.OURS, metric, draws=0)
    return abs(found.middle - 1) if found else None


def is_difference(results, case, ratio, metric=targets.COST):
    """Whether a ratio is apart from 1 by more than the noise and than its own interval."""
    noise = noise_of(results, case, metric) or 0.0
    return abs(ratio.middle - 1) > noise and not ratio.low <= 1 <= ratio.high


def noises(results):
    """Returns the noise of every case whose cost is what counts."""
    timed = [case for case in results.cases if words.metric_of(case) == targets.COST]
    found = ((case, noise_of(results, case)) for case in timed)
    return {case: noise for case, noise in found if noise is not None}


MET, MISSED, WITHIN, NOT_MEASURED, REPORTED, AT_BOUND = (
    "met", "MISSED", "within the noise", "not measured", "reported", "at the bound")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of a target; `ratio` is None where it was not measured, and `why` says why."""

    target: targets.Target
    word: str
    ratio: Ratio | None = None
    noise: float = 0.0
    why: str = ""

    @property
    def text(self):
        return self.word + (f": {self.why}" if self.why else "")


def _missing(results, measure):
    """Returns why a measure was not taken."""
    if not results.matching(measure):
        text = " ".join([measure.scenario, *measure.parameters.split()])
        return f"{text} did not run"
    name = measure.implementation
    package = words.package_of(name, results.context.get("peers_missing", []))
    return f"{name} did not run" + (f", {package} is missing" if package else "")


def _taken(results, measure, like=None):
    """Returns the case of a measure that has values: `like` itself where it fits, or the first."""
    cases = results.matching(measure)
    cases = [like] if like in cases else cases
    for case in cases:
        if values(results.samples(case, measure.implementation), measure.metric, False):
            return case
    return None


def _measured(results, target, case):
    """Returns (Ratio, noise) of a target in one of its cases, or the measure that is missing."""
    ours, against = target.ours, target.against
    samples = results.samples(case, ours.implementation)
    noise = noise_of(results, case, ours.metric)
    timed = ours.metric in (targets.COST, targets.SPEED)
    if not isinstance(against, targets.Measure):
        mine = [v / (against or 1) for _, v in values(samples, ours.metric, False)]
        ratio = of_values(mine)
        if target.strict:
            ratio = Ratio(max(mine), max(mine), max(mine), len(mine))
        return ratio, noise or 0.0
    other = _taken(results, against, case)
    if other is None:
        return None, against
    processor = timed and by_processor(
        results, (case, ours.implementation), (other, against.implementation)
    )
    mine = values(samples, ours.metric, processor)
    their = values(results.samples(other, against.implementation), against.metric, processor)
    # Two scenarios have each their own noise, and the larger one bounds what can be said.
    found = [n for n in (noise, noise_of(results, other, against.metric)) if n is not None]
    if not found and timed:
        found = [statistics.median(noises(results).values() or [0.0])]
    noise = max(found, default=0.0)
    # Speed is cost turned over, so that more is better in the ratio too.
    return of_two(mine, their), noise


def _word(target, ratio, noise):
    if target.limit is None:
        return REPORTED
    if target.direction == "<=":
        met, missed = ratio.middle <= target.limit, ratio.low * (1 - noise) > target.limit
    else:
        met, missed = ratio.middle >= target.limit, ratio.high * (1 + noise) < target.limit
    return MET if met else MISSED if missed else WITHIN


def _beside_bound(verdict, results):
    """Returns the verdict where the bound leaves too little room, or the one that there was."""
    target = verdict.target
    if not target.bound or verdict.word not in (MISSED, WITHIN):
        return verdict
    least = judge(target.of_the_bound(), results)
    if least.ratio is None:
        return dataclasses.replace(verdict, why=f"the bound is not known, {least.why}")
    # A bound that may leave room enough excuses nothing.
    if least.word != MISSED:
        return verdict
    near = judge(target.beside_the_bound(), results)
    why = (f"which is {least.ratio.middle:.3g} here; lend is {near.ratio.middle:.3g} times it, "
           f"{targets.limit_text(near.target)}" + (f", {WITHIN}" if near.word == WITHIN else ""))
    word = MISSED if near.word == MISSED else AT_BOUND
    return dataclasses.replace(verdict, word=word, why=why)


def judge(target, results):
    """Returns the verdict on a target; of several cases that fit, the worst counts."""
    return _beside_bound(_judged(target, results), results)


def _judged(target, results):
    if target.min_cores > results.cores:
        return Verdict(target, NOT_MEASURED, why=f"{results.cores} cores here")
    for measure in target.measures():
        for case in results.matching(measure):
            if (case, measure.implementation) in results.wrong:
                return Verdict(target, NOT_MEASURED, why=f"{measure.implementation} was wrong")
    if target.where:
        measure, least, otherwise = target.where
        case = _taken(results, measure)
        if case is None:
            return Verdict(target, NOT_MEASURED, why=_missing(results, measure))
        shown = values(results.samples(case, measure.implementation), measure.metric, False)
        if statistics.median(v for _, v in shown) < least:
            return Verdict(target, NOT_MEASURED, why=otherwise)
    found, gone = [], target.ours
    for case in results.matching(target.ours):
        if not values(results.samples(case, target.ours.implementation), target.ours.metric, False):
            continue
        ratio, noise = _measured(results, target, case)
        if ratio is None:
            gone = noise
            continue
        found.append(Verdict(target, _word(target, ratio, noise), ratio, noise))
    if not found:
        return Verdict(target, NOT_MEASURED, why=_missing(results, gone))
    worst = max if target.direction == "<=" else min
    return worst(found, key=lambda v: v.ratio.middle)


def verdicts(results):
    """Returns the verdict on every target."""
    return [judge(target, results) for target in targets.TARGETS]
