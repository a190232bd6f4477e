#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many resources should a pool create, and when?  Four rules in one discrete-event simulator.

    standing   what lend does: forecast the returns, but a line that stands is not served by them
    forecast   what lend did before: forecast the returns, create for those they would not serve
    serial     one create at a time while somebody waits (old HikariCP)
    eager      one create for each waiter (psycopg_pool, r2d2, HikariCP since 2.5)

usage: simulate.py [quick|full|sensitivity|without]

quick, the default: all rules x all scenarios; full: with 1000 seeds; sensitivity: each constant of
the proposal halved and doubled; without: the proposal with one clause left out at a time.

All times are in seconds.  A pool has idle and lent resources, creates in flight, and a line of
callers.  No third-party code; the peers are modelled from their documented behaviour.
"""
import heapq
import itertools
import math
import random
import statistics
import sys
import time
from collections import OrderedDict

INF = float("inf")


# ---------------------------------------------------------------------------------------------
# rules


class Rule:
    """What a pool asks a rule.  `p` is the pool: p.line, p.busy, p.flight {id: began}, p.room()."""

    name = "rule"
    first_guess = 0.1  # of the time that a create takes

    def __init__(self, rnd):
        self.rnd = rnd
        self.C = self.first_guess
        self.known = False

    def line_begins(self, p): pass
    def line_ends(self, p): pass
    def arrived(self, p): pass  # in a line that is not empty
    def returned(self, p): pass  # while somebody waits; p.busy includes it
    def starts(self, p): return 0
    def next_look(self, p): return INF
    def retry_after(self, tries): return None  # the same create again, its place kept
    def patience(self, given_up): return 30.0
    def failed(self, p, began): pass
    def tells(self, p, began): return False  # whether all who wait are told that a create failed

    def created(self, p, took):
        self.C = took if not self.known else self.C + (took - self.C) / 4
        self.known = True


class Serial(Rule):
    name = "serial"

    def starts(self, p):
        return 1 if p.line and not p.flight and p.room() > 0 else 0

    def retry_after(self, tries):
        return min(10.0, 0.25 * 1.5 ** (tries - 1))


class Eager(Rule):
    name = "eager"

    def starts(self, p):
        return max(0, min(len(p.line) - len(p.flight), p.room()))

    def retry_after(self, tries):
        return min(60.0, 2.0 ** (tries - 1)) * self.rnd.uniform(0.9, 1.1)


class Budget:
    """Ten starts a second, ten at once, unless something succeeded within a second and a create."""

    rate, most, lasts = 10.0, 10.0, 1.0

    def __init__(self):
        self.tokens, self.filled = self.most, 0.0
        self.last_ok = -INF  # something was made, or came back
        self.last_made = -INF

    def fill(self, now):
        self.tokens = min(self.most, self.tokens + (now - self.filled) * self.rate)
        self.filled = now

    def allow(self, count, now, C):
        self.fill(now)
        if now - self.last_ok <= self.lasts + C:
            return count
        count = int(min(count, self.tokens))
        self.tokens -= count
        return count


class Forecast(Rule):
    name = "forecast"
    window, hope, most, looks, pace = 0.5, 0.3, 8.0, 16, 2
    first_span, longest_span = 0.05, 5.0

    def __init__(self, rnd):
        super().__init__(rnd)
        self.R = self.E = 0.0
        self.seen = self.look_at = 0.0
        self.look, self.hung = 0, 4.0
        self.budget = Budget()
        self.failures, self.probe_at, self.last_fail = 0, 0.0, -INF

    def period(self, C): return min(max(C / self.looks, 0.001), 0.05)

    def usual(self, p):
        if self.known or not p.flight: return self.C
        ages = [p.now - b for b in p.flight.values()]
        return max(self.C, ages[len(ages) // 2])

    def observe(self, p, C):
        if p.now <= self.seen: return
        span = self.window * max(C, self.C)
        kept = math.exp(-(p.now - self.seen) / span)
        self.R *= kept
        self.E = self.E * kept + p.busy * span * (1 - kept)
        self.seen = p.now

    def line_begins(self, p):
        self.seen, self.look, self.hung = p.now, 0, 4.0
        self.R = max(self.R, self.hope)
        self.look_at = p.now + self.period(self.C)

    def returned(self, p):
        self.observe(p, self.C)
        self.R += 1
        if self.R > self.most:
            self.E *= self.most / self.R
            self.R = self.most

    def created(self, p, took):
        super().created(p, took)
        self.hung = max(4.0, self.hung / 2)
        self.budget.last_ok = p.now
        if self.failures: self.failures, self.look = 0, 0

    def failed(self, p, began):
        if self.budget.last_ok > began or (self.failures and self.last_fail > began): return
        span = min(self.longest_span, self.first_span * 2 ** min(self.failures, 10))
        self.failures, self.last_fail = self.failures + 1, p.now
        self.probe_at = p.now + self.rnd.uniform(0, span)

    def tells(self, p, began): return p.size() == 0

    def patience(self, given_up):
        if not self.known: return 30.0
        return min(30.0, max(1.0, 10 * self.C) * 2 ** given_up)

    def counted(self, p, C):
        most = max(self.hung * C, 0.02)
        return [p.now - b for b in p.flight.values() if p.now - b <= most]

    def starts(self, p):
        n, room = len(p.line), p.room()
        if not n or room <= 0: return 0
        C = self.usual(p)
        if self.failures:
            if self.counted(p, C) or p.now < self.probe_at: return 0
            self.budget.fill(p.now)
            if self.budget.tokens < 1: return 0
            self.budget.tokens -= 1
            return 1
        self.observe(p, C)
        look = p.now >= self.look_at
        if look: self.look_at = p.now + self.period(C)
        elif p.busy or p.flight: return 0
        h = self.R / self.E if self.E > 0 else (INF if p.busy else 0)
        served = p.busy * h * C if p.busy and h else 0
        ages = self.counted(p, C)
        served += sum(1 + (0 if h == INF else h * min(a, C)) for a in ages)
        deficit = n - served
        if deficit < 0.5: return 0
        in_flight = self.pace ** self.look
        if look: self.look = min(self.look + 1, 24)
        count = int(max(0, min(math.floor(deficit + 0.5), room, in_flight - len(ages))))
        if count and len(ages) < len(p.flight): self.hung *= 2
        return self.budget.allow(count, p.now, C)

    def next_look(self, p):
        if p.room() <= 0: return INF
        if not self.failures: return max(self.look_at, p.now + 0.0001)
        if not self.counted(p, self.usual(p)): return max(self.probe_at, p.now + 0.001)
        return p.now + 0.05


class Standing(Rule):
    """What include/lend/detail/creation_rule.hpp and backing_off.hpp do.

    1. C is how long a create takes: a moving average, 100 ms before anything is known.
    2. h is the returns per lent second over the last C/2 or so of waiting, at most 8 of them.  The
       time since anything was last lent counts as waiting: nothing came back in it.
    3. A waiter is covered by a return expected within C, or by a create in flight.
    4. Whoever is not covered gets a create: when a line begins, when a create succeeds, and each
       C/16 (1 to 50 ms) between; in flight at most 4^look, and never more than wait.
    5. A line stands if somebody waited in three quarters of the last C (or of 14 uses, if that is
       longer).  Then returns cover only by how much they outnumbered the arrivals of the last C/2.
    6. What a standing line wants is made in rounds of 1, 2, 4... times as many as are lent, each
       C/2 after the one before has landed; of 1, 2, 4... where the line is younger than C/2.
    7. A create older than 4 C that a younger one has overtaken covers nobody; after 10 C (1 s at
       least, doubled each time) it is given up.
    8. After a failure one probe at a time: at a random moment of 50, 200, 800 ms, then one
       each 0.9 s.  Only a probe's failure is told to those who wait, and only if nothing exists.
    9. Where nothing was made, or came back, for 1 s + C: ten starts at once, then ten a second.
    """

    name = "standing"
    window, hope, most, looks, pace = 0.5, 0.3, 8.0, 16, 4
    stands, uses, settle, rounds, late = 0.75, 14.0, 0.5, 2.0, 4.0
    first_span, growth, longest_span = 0.05, 4, 0.9

    def __init__(self, rnd):
        super().__init__(rnd)
        self.R = self.E = 0.0  # returns, and the lent seconds in which they came
        self.drained = 0.0  # returns less arrivals, of the last C/2
        self.F, self.F_at, self.waits = 0.0, 0.0, False
        self.seen = self.look_at = 0.0
        self.look = self.round = 0
        self.settled_at, self.took, self.overtaken = 0.0, 0.0, -INF
        self.begun_at, self.rhythm = 0.0, 0.0
        self.budget = Budget()
        self.failures, self.probe_at, self.last_fail, self.last_start = 0, 0.0, -INF, -INF

    def period(self, C): return min(max(C / self.looks, 0.001), 0.05)

    def next_period(self, C):  # no two in a row alike while a line stands
        if self.F <= self.stands: return self.period(C)
        self.rhythm = (self.rhythm + 0.618) % 1
        return self.period(C) * (0.75 + self.rhythm / 2)

    def counted(self, p):  # in flight, but for those that a younger one has long overtaken
        most = max(self.late * max(self.C, self.took), 0.02)
        return [p.now - b for b in p.flight.values()
                if p.now - b <= most or b > self.overtaken]

    def usual(self, p):  # before any has succeeded, as old as the middle one in flight
        if self.known or not p.flight: return self.C
        ages = [p.now - b for b in p.flight.values()]
        return max(self.C, ages[len(ages) // 2])

    def part_waited(self, now, waits):  # F: in which part of the last while somebody waited
        hold = self.E / self.R if self.R > 0 else 0
        tau = max(self.C, self.uses * hold)
        if now > self.F_at:
            kept = math.exp(-(now - self.F_at) / tau)
            self.F = self.F * kept + (1 - kept if self.waits else 0)
        self.F_at, self.waits = now, waits
        return self.F

    def observe(self, p, C):
        if p.now <= self.seen: return
        span = self.window * max(C, self.C)
        kept = math.exp(-(p.now - self.seen) / span)
        self.R *= kept
        self.drained *= kept
        self.E = self.E * kept + p.busy * span * (1 - kept)
        self.seen = p.now

    def line_begins(self, p):
        stands = self.part_waited(p.now, True) > self.stands
        self.drained, self.look = 0.0, 0
        if self.R < self.hope: self.R, self.E = self.hope, 0.0  # nothing is known any more
        self.seen = p.known_last_lent()
        self.observe(p, self.C)
        # Where all come and go together, the line of a load ends in each round: its first one is
        # not all of it.
        self.look_at = max(self.look_at, p.now + 0.001) if stands else p.now
        self.begun_at = p.now

    def line_ends(self, p): self.part_waited(p.now, False)

    def arrived(self, p):
        self.observe(p, self.C)
        self.drained -= 1

    def returned(self, p):
        self.observe(p, self.C)
        self.budget.last_ok = p.now  # what comes back proves that something works
        self.drained += 1
        self.R += 1
        if self.R > self.most:
            self.E *= self.most / self.R
            self.R = self.most

    def created(self, p, took):
        super().created(p, took)
        self.budget.last_ok = self.budget.last_made = p.now
        self.look_at = p.now
        self.settled_at = p.now + self.settle * self.C
        self.took, self.overtaken = took, max(self.overtaken, p.now - took)
        if self.failures: self.failures, self.look = 0, 0

    def failed(self, p, began):
        if self.budget.last_made > began or (self.failures and self.last_fail > began): return
        span = self.first_span * self.growth ** min(self.failures, 10)
        self.failures, self.last_fail = self.failures + 1, p.now
        if span < self.longest_span: self.probe_at = p.now + self.rnd.uniform(0, span)
        else: self.probe_at = max(p.now, self.last_start + self.longest_span)

    def tells(self, p, began):  # before `failed` is called: whether it was a probe
        return p.size() == 0 and self.failures > 0 and began >= self.last_fail

    def patience(self, given_up):
        if not self.known: return 30.0
        return min(30.0, max(1.0, 10 * self.C) * 2 ** given_up)

    def starts(self, p):
        n, room = len(p.line), p.room()
        ages = self.counted(p)
        if not n or room <= 0 or len(ages) >= n: return 0
        count = self.probe(p) if self.failures else self.for_line(p, n, ages)
        count = self.budget.allow(min(count, room, n - len(ages)), p.now, self.C)
        if count: self.last_start = p.now
        return count

    def probe(self, p):
        if p.now < self.probe_at: return 0
        if p.flight and p.now < self.last_start + self.longest_span: return 0
        return 1

    def for_line(self, p, n, ages):
        if p.now < self.look_at: return 0 if p.busy or p.flight else 1
        C = self.usual(p)
        self.look_at = p.now + self.next_period(C)
        self.observe(p, C)
        h = self.R / self.E if self.E > 0 else (INF if p.busy else 0)
        served = p.busy * h * C if p.busy and h else 0
        again = 0 if h == INF else h
        made = sum(1 + again * min(a, C) for a in ages)
        count = max(0, min(n - served - made, self.pace ** self.look - len(ages)))
        if self.look < 12: self.look += 1
        stands = self.part_waited(p.now, True) > self.stands
        if not stands: self.round = 0
        elif not ages and p.now >= self.settled_at:
            net = max(0.0, self.drained) / self.window
            is_new = p.now - self.begun_at < self.settle * self.C
            more = min(n - net, (1 if is_new else max(1, p.busy)) * self.rounds ** self.round)
            if more >= 0.5: self.round += 1
            count = max(count, more)
        return math.floor(count + 0.5)

    def next_look(self, p):
        if p.room() <= 0: return INF  # until something happens
        if not self.failures: return max(self.look_at, p.now + 0.001)
        at = self.probe_at
        if p.flight: at = max(at, self.last_start + self.longest_span)
        return max(at, p.now + 0.001)


RULES = (Standing, Forecast, Serial, Eager)


# ---------------------------------------------------------------------------------------------
# the pool


class Pool:
    """`hold(rnd)` and `create(rnd, now) -> (how long, whether it succeeds)`; `gap`: what is known
    of the time since anything was last lent: "exact", "swept" (looked at once a second), "none"."""

    def __init__(self, rule, idle=0, most=100, hold=None, create=None, seed=1, gap="swept",
                 learnt=None, again=None):
        self.rnd = random.Random(seed)
        self.rule = rule(self.rnd)
        self.now, self.idle, self.busy, self.most = 0.0, 0, 0, most
        self.flight, self.line = {}, OrderedDict()
        self.hold, self.create, self.gap, self.again = hold, create, gap, again
        self.last_lent = -INF
        self.heap, self.count, self.look_at, self.ids = [], 0, INF, 0
        self.waits, self.served_at, self.attempts, self.told, self.late = [], [], [], [], 0
        self.last_served, self.uses, self.most_flight, self.over = 0.0, 0, 0, 0
        self.given_up = 0
        self.idle = idle
        if learnt is not None and (idle or learnt != "auto"):
            for _ in range(max(idle, 1)): self.rule.created(self, learnt)
            self.rule.budget = getattr(self.rule, "budget", None) and Budget()

    def size(self): return self.idle + self.busy + len(self.flight)
    def room(self): return self.most - self.size()

    def known_last_lent(self):
        if self.gap == "exact": return min(self.now, max(self.last_lent, 0.0))
        if self.gap == "none": return self.now
        return min(self.now, max(0.0, math.ceil(self.last_lent)) if self.last_lent > -INF else 0.0)

    def at(self, when, what, *args):
        self.count += 1
        heapq.heappush(self.heap, (when, self.count, what, args))

    def arrive(self, caller=None, patience=INF):
        if self.idle and not self.line:
            self.idle -= 1
            self.lend(caller, self.now)
            return
        self.ids += 1
        first = not self.line
        self.line[self.ids] = (caller, self.now, patience)
        if patience < INF: self.at(self.now + patience, self.expire, self.ids)
        if first: self.rule.line_begins(self)
        else: self.rule.arrived(self)
        self.plan()

    def lend(self, caller, since):
        self.busy += 1
        self.uses += 1
        self.last_lent = self.last_served = self.now
        self.waits.append(self.now - since)
        self.served_at.append(self.now)
        time_held = self.hold(self.rnd)
        if time_held < INF: self.at(self.now + time_held, self.end, caller)

    def end(self, caller):
        if self.line: self.rule.returned(self)
        self.busy -= 1
        self.give()
        if caller is not None: caller(self, "served")
        if self.line: self.plan()

    def give(self):
        if not self.line:
            self.idle += 1
            return
        _, (caller, since, _) = self.line.popitem(last=False)
        if not self.line: self.rule.line_ends(self)
        self.lend(caller, since)

    def expire(self, who):
        entry = self.line.pop(who, None)
        if entry is None: return
        self.late += 1
        if not self.line: self.rule.line_ends(self)
        if entry[0] is not None: entry[0](self, "late")

    def plan(self):
        if not self.line: return
        for _ in range(self.rule.starts(self)): self.begin()
        if self.line:
            when = self.rule.next_look(self)
            if when < self.look_at:
                self.look_at = max(when, self.now)
                self.at(self.look_at, self.look)

    def look(self):
        if self.now != self.look_at: return
        self.look_at = INF
        self.plan()

    def begin(self, who=None, tries=1):
        if who is None:
            self.ids += 1
            who = self.ids
            self.flight[who] = self.now
            self.over = max(self.over, len(self.flight) - len(self.line))
            self.most_flight = max(self.most_flight, len(self.flight))
        self.attempts.append(self.now)
        took, well = self.create(self.rnd, self.now)
        given_up = self.given_up
        if took < INF: self.at(self.now + took, self.made, who, self.now, well, tries, False)
        if took > 0.5: self.at(self.now + 0.5, self.too_long, who, self.now, tries, given_up)

    def too_long(self, who, began, tries, given_up):
        if who not in self.flight: return
        left = began + self.rule.patience(given_up) - self.now
        if left <= 0: self.made(who, began, False, tries, True, given_up)
        else: self.at(self.now + min(left, 0.25), self.too_long, who, began, tries, given_up)

    def made(self, who, began, well, tries, hung, before=0):
        if who not in self.flight: return  # it was given up
        if well:
            del self.flight[who]
            self.given_up = 0
            self.rule.created(self, self.now - began)
            self.give()
        else:
            pause = None if hung else self.rule.retry_after(tries)
            if pause is not None:
                self.at(self.now + pause, self.begin, who, tries + 1)
                return
            del self.flight[who]
            if hung: self.given_up = max(self.given_up, min(before + 1, 20))
            tell = not hung and self.rule.tells(self, began)
            self.rule.failed(self, began)
            if tell: self.refuse_all()
        self.plan()

    def refuse_all(self):
        waiting = list(self.line.values())
        self.line.clear()
        if waiting: self.rule.line_ends(self)
        for caller, since, patience in waiting:
            self.told.append((self.now, since + patience - self.now))
            if caller is not None: caller(self, "told")

    def run(self, until, stop=None):
        heap = self.heap
        while heap and heap[0][0] <= until:
            self.now, _, what, args = heapq.heappop(heap)
            what(*args)
            if stop is not None and stop(self): return
        self.now = max(self.now, until) if until < INF else self.now


def always(x): return lambda rnd: x
def random_around(x): return lambda rnd: rnd.expovariate(1 / x)
def takes(x): return lambda rnd, now: (x, True)


def closed_loop(pool, callers, think=0.0):
    def caller(p, how):
        if think or how != "served": p.at(p.now + (think or 0.01), p.arrive, caller)
        else: p.arrive(caller)
    for _ in range(callers): pool.at(pool.rnd.uniform(0, 0.001), pool.arrive, caller)


def poisson(pool, rate, until):
    def next_one():
        if pool.now >= until: return
        pool.at(pool.now + pool.rnd.expovariate(rate), next_one)
        pool.arrive()
    pool.at(0.0, next_one)


# ---------------------------------------------------------------------------------------------
# scenarios: each takes a rule and returns {what was measured: text or number}


def at_once(rule, idle, n, hold, C, seed=1, learnt=True, most=250, gap="swept"):
    p = Pool(rule, idle, most, hold, takes(C), seed, gap, C if learnt else None)
    for _ in range(n): p.at(0.0, p.arrive)
    p.run(600)
    return p


def spikes(rule, seeds):
    """5 idle, 50 or 200 requests at once.  The bar: 1.5 x what five could do, or 1.2 creates."""
    cells = met = 0
    worst, largest = 0.0, 0
    for n in (50, 200):
        for C in (0.005, 0.05, 0.15, 0.5, 2.0):
            for h in (0.0005, 0.002, 0.005, 0.01, 0.02):
                p = at_once(rule, 5, n, always(h), C)
                five = (math.ceil(n / 5) - 1) * h
                bar = min(1.5 * five, 1.2 * C)
                cells, met = cells + 1, met + (p.last_served <= bar * 1.0001)
                worst = max(worst, p.last_served / bar)
                if five <= 0.5 * C: largest = max(largest, p.size())
    usual = [at_once(rule, 5, 50, random_around(0.002), 0.15, s) for s in range(seeds)]
    return {
        "spike: cells of 50 within the bar": met,
        "spike: worst / bar": worst,
        "spike: largest size, uses short": largest,
        "spike 50 x 2 ms random: last ms, median/worst": med_worst(
            [(p.last_served) * 1e3 for p in usual]),
        "spike 50 x 2 ms random: size, worst": max(p.size() for p in usual),
    }


def ramps(rule, seeds):
    found = {}
    for name, idle in (("cold", 0), ("mixed", 5)):
        for learnt in (True, False) if idle == 0 else (True,):
            worst = max(at_once(rule, idle, 50, always(INF), C, 1, learnt).last_served / C
                        for C in (0.005, 0.05, 0.15, 0.5, 2.0))
            found[f"{name} ramp of 50, C {'known' if learnt else 'unknown'}: last, creates"] = worst
    return found


def loops(rule, seeds):
    """N callers who take, hold and take again.  Until 0.9 of min(N, most) are at work."""
    cells = met = 0
    worst = 0.0
    for C, h in ((0.005, 0.001), (0.005, 0.01), (0.005, 0.05), (0.2, 0.001), (0.2, 0.01),
                 (0.2, 0.05), (2.0, 0.01), (2.0, 0.05)):
        for n in (4, 20, 50, 200):
            for start in (0, 1, 2, 5):
                if h * n < C / 50 and n > 20: continue  # too many events for a quick look
                if h < 0.005 and n > 50: continue
                limit = max(10 * C, 3.0)
                t = loop(rule, n, h, C, start, limit)
                cells, met = cells + 1, met + (t <= limit)
                worst = max(worst, t / limit)
    share = [loop(rule, 20, 0.01, 0.2, 2, 3.0, s, random_around, 0.001) <= 3 for s in range(20)]
    return {
        f"loop: cells of {cells} that reach 0.9 in time": met,
        "loop: worst time / limit": worst,
        "loop 20 x 10 ms random, 1 ms apart: seeds of 20": sum(share),
    }


def loop(rule, n, h, C, start, limit, seed=1, hold=always, think=0.0):
    p = Pool(rule, start, 100, hold(h), takes(C), seed, learnt=C if start else None)
    closed_loop(p, n, think)
    goal = 0.9 * min(n, 100) * h / (h + think)
    p.run(limit, stop=lambda p: p.busy >= goal)
    return p.now if p.busy >= goal else INF


def open_loads(rule, seeds):
    """Poisson arrivals, half of what exists in use, for an hour or 50 000 uses."""
    frequent, seldom = 0.0, 0.0
    for b in (5, 10, 20):
        for C in (0.005, 0.05, 0.15, 0.5, 2.0):
            for h in (0.002, 0.01, 0.05, 0.2):
                until = min(3600.0, 20000 * 2 * h / b)
                p = Pool(rule, b, 100, random_around(h), takes(C), 1, learnt=C)
                poisson(p, 0.5 * b / h, until)
                p.run(until)
                grown = 100.0 * (p.size() - b) / b
                if b * C / h >= 15: frequent = max(frequent, grown)
                else: seldom = max(seldom, grown)
    sizes = {}
    for load in (6.0, 15.0):
        p = Pool(rule, 5, 100, random_around(0.01), takes(0.2), 1, learnt=0.2)
        poisson(p, load / 0.01, 10.0)
        p.run(10.0)
        sizes[load] = p.size()
    return {
        "open 50 %: growth %, >= 15 returns a create": frequent,
        "open 50 %: growth %, fewer": seldom,
        "open 120 % / 300 % of 5: size after 10 s": f"{sizes[6.0]} / {sizes[15.0]}",
    }


def lone(rule, seeds):
    found = {}
    old = fresh = 0.0
    for C in (0.005, 0.1, 2.0):
        p = Pool(rule, 4, 50, always(INF), takes(C), 1, learnt=C)
        for _ in range(4): p.at(0.0, p.arrive)
        p.at(20.3, p.arrive)
        p.run(100)
        old = max(old, (p.last_served - 20.3) / C)
        fresh = max(fresh, at_once(rule, 4, 5, always(INF), C).last_served / C)
    p = Pool(rule, 4, 50, always(INF), takes(0.1), 1, "none", 0.1)
    for _ in range(4): p.at(0.0, p.arrive)
    p.at(20.3, p.arrive)
    p.run(100)
    found["the same where no times are known: creates"] = (p.last_served - 20.3) / 0.1
    # 100 ms of short uses with a line, then all lent for good, and one comes 2.5 s later
    p = Pool(rule, 4, 50, lambda r: 0.002 if p.now < 0.1 else INF, takes(0.1), 1, learnt=0.1)
    for i in range(100): p.at(i * 0.001, p.arrive)
    for _ in range(4): p.at(0.5, p.arrive)
    p.at(3.0, p.arrive)
    p.run(100)
    # returns come each ms: 1000 lone waiters, 150 ms creates
    q = Pool(rule, 5, 50, always(0.005), takes(0.15), 1, learnt=0.15)
    for k in range(1000):
        for i in range(5): q.at(k * 0.1 + i * 0.001, q.arrive)
        q.at(k * 0.1 + 0.0045, q.arrive)
    q.run(1000)
    found = {"lone waiter, all lent for long: creates": old, **found}
    found["lone waiter, all lent just now: creates"] = fresh
    found["lone waiter, long after short uses: creates"] = (p.last_served - 3.0) / 0.1
    found["1000 lone waiters, a return each ms: created"] = len(q.attempts)
    return found


def jumps(rule, seeds):
    found = {}
    for name, before, after in (("up", 0.0002, 0.2), ("down", 0.2, 0.0002)):
        over, many = 0, 0
        for s in range(seeds):
            p = Pool(rule, 0, 200, always(INF),
                     lambda r, t: ((before if t < 1.95 else after) * r.uniform(0.8, 1.3), True), s)
            for i in range(20): p.at(0.1 * i, p.arrive)
            for i in range(18): p.at(2.0 + 0.0005 * i, p.arrive)
            p.run(60)
            over = max(over, p.over)
            many = max(many, sum(1 for t in p.attempts if t >= 1.95))
        found[f"create time x 1000 {name}: creates for 18, over those who wait"] = f"{many}, {over}"
    p95 = []
    for s in range(seeds):
        p = Pool(rule, 0, 100, always(INF),
                 lambda r, t: (INF if r.random() < 0.1 else 0.15, True), s)
        for _ in range(50): p.at(0.0, p.arrive)
        p.run(120)
        p95.append(p.last_served)
    found["10 % of creates hang: last of 50, s, median/worst"] = med_worst(p95)
    return found


def outages(rule, seeds):
    found = {}
    for length in (1, 5, 15, 60):
        delays, tries, second = [], 0, 0
        seed = itertools.count()  # the moment at which the server is back comes from it
        for callers in (1, 100):
            for patience in (0.25, 1.0, 30.0):
                count = max(2, seeds // (1 if callers == 1 and length < 60 else 10))
                for _ in range(count):
                    d, n, a = outage(rule, length, callers, patience, next(seed))
                    delays.append(d)
                    tries, second = max(tries, n), max(second, a)
        found[f"outage {length} s: back to first served, s, median/worst"] = med_worst(delays)
        found[f"outage {length} s: creates, most in any second"] = f"{tries}, {second}"
    told = 0
    for s in range(seeds):
        count = [0]
        def every_third(r, t):
            count[0] += 1
            return (0.05, count[0] % 3 != 1)
        p = Pool(rule, 0, 20, always(0.2), every_third, s)
        for i in range(20): p.at(0.3 * i, p.arrive, None, 2.0)
        p.run(60)
        told += len(p.told) + p.late
    found["hiccup, every third create fails: callers that fail"] = told
    return found


def outage(rule, length, callers, patience, seed):
    luck = random.Random(seed)
    start = 5.0 + luck.random()
    back = start + length + luck.uniform(-0.5, 0.5)
    p = Pool(rule, 0, 50, random_around(0.01),
             lambda r, t: (0.001, False) if start <= t < back else (0.02, True), seed)
    p.rule.created(p, 0.02)  # it has worked before
    def caller(q, how): q.at(q.now + 0.01, q.arrive, caller, patience)
    for i in range(callers): p.at(start + 0.001 * i, p.arrive, caller, patience)
    p.run(back + 40, stop=lambda p: p.now > back and p.served_at)
    tried = [t for t in p.attempts if t < back]
    most = j = 0
    for i, t in enumerate(tried):
        while tried[j] <= t - 1: j += 1
        most = max(most, i - j + 1)
    first = p.served_at[0] - back if p.served_at else 40.0
    return first, len(tried), most


def episodes(rule, seeds):
    """Three cold ramps of a pool that shrinks in between, and three spikes: each as the first."""
    def one(idle, n, hold, C, shrink):
        p = Pool(rule, idle, 250, always(hold), takes(C), 1, learnt=C)
        last = []
        for k in range(3):
            for _ in range(n): p.at(60.0 * k, p.arrive)
            p.run(60.0 * k + 59)
            last.append(p.last_served - 60.0 * k)
            if shrink: p.idle = idle
        return max(last[1:]) / last[0]
    # fifty who keep theirs for 20 s; the pool shrinks to five; then fifty short uses at once
    p = Pool(rule, 0, 250, lambda r: 20.0 if p.now < 50 else 0.01, takes(0.15), 1, learnt=0.15)
    for _ in range(50): p.at(0.0, p.arrive)
    p.run(50)
    p.idle = 5
    for _ in range(50): p.at(60.0, p.arrive)
    p.run(100)
    return {
        "episodes: size after a spike that follows a ramp": p.size(),
        "episodes: 2nd and 3rd ramp / first": one(0, 50, 20.0, 0.15, True),
        "episodes: 2nd and 3rd spike / first": one(5, 50, 0.002, 0.15, False),
    }


def med_worst(values):
    return f"{statistics.median(values):.3g} / {max(values):.3g}"


SCENARIOS = (spikes, ramps, loops, open_loads, lone, jumps, outages, episodes)


def shown(value):
    if isinstance(value, float): return "never" if value == INF else f"{value:.2f}"
    return str(value)


def table(rules, scenarios, seeds):
    rows = {}
    for rule in rules:
        for scenario in scenarios:
            for what, value in scenario(rule, seeds).items():
                rows.setdefault(what, []).append(shown(value))
    print(f"| {'':56} | " + " | ".join(f"{r.name:>15}" for r in rules) + " |")
    print(f"| {'-' * 56} | " + " | ".join("-" * 14 + ":" for _ in rules) + " |")
    for what, values in rows.items():
        print(f"| {what:56} | " + " | ".join(f"{v:>15}" for v in values) + " |", flush=True)


def variants():
    yield Standing
    for what, values in (("first_guess", (0.05, 0.2)), ("window", (0.25, 1.0)),
                         ("hope", (0.15, 0.6)), ("most", (4.0, 16.0)), ("looks", (8, 32)),
                         ("pace", (2, 8)), ("stands", (0.5, 0.875)), ("uses", (7.0, 28.0)),
                         ("settle", (0.25, 1.0)), ("rounds", (1.5, 4.0)), ("late", (2.0, 8.0)),
                         ("longest_span", (0.5, 2.0))):
        for value in values:
            yield type("variant", (Standing,), {what: value, "name": f"{what}={value:g}"})


class Without:
    """The proposal with one clause left out."""

    class standing(Standing):
        stands = 2.0

    class arrivals(Standing):
        def arrived(self, p): self.observe(p, self.C)
        def returned(self, p):
            super().returned(p)
            self.drained = 0.0

    class uses(Standing):
        uses = 0.0

    class settling(Standing):
        settle = 0.0

    class doubling(Standing):
        rounds = 1.0

    class last_lending(Standing):
        def line_begins(self, p):
            known, p.gap = p.gap, "none"
            super().line_begins(p)
            p.gap = known

    class overtaking(Standing):
        def counted(self, p): return [p.now - b for b in p.flight.values()]

    class look_at_success(Standing):
        def created(self, p, took):
            at = self.look_at
            super().created(p, took)
            self.look_at = at

    class probes(Standing):
        def tells(self, p, began): return p.size() == 0

    class proof_by_returns(Standing):
        def returned(self, p):
            at = self.budget.last_ok
            super().returned(p)
            self.budget.last_ok = at

    class short_spans(Standing):
        longest_span = 1.8


def clauses():
    """The rules of which one clause is left out."""
    for name, rule in vars(Without).items():
        if isinstance(rule, type):
            rule.name = "no " + name.replace("_", " ")
            yield rule


def main(mode):
    began = time.time()
    if mode in ("sensitivity", "without"):
        all_rules = list(variants()) if mode == "sensitivity" else [Standing, *clauses()]
        for at in range(0, len(all_rules), 7):
            table(all_rules[at:at + 7], SCENARIOS, 10)
            print()
    else:
        table(RULES, SCENARIOS, 1000 if mode == "full" else 50)
    print(f"\n{time.time() - began:.0f} s")


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else "quick"
    if asked not in ("quick", "full", "sensitivity", "without"):
        sys.exit(__doc__)
    main(asked)
