"""A row: what is compared with what. And how any row is run: A B A B, one round after another."""

import time

from measure import Series
from targets import TARGETS, judge

TREE_HASH = ('sluice names files by a tree of SHA-256 digests, sixteen at a time; the peers '
             'compute one flat SHA-256: the same strength, not the same work.')


class Row:
    """What the rows in *_row.py fill in.

    Lifetime: `prepare`, then for each round `begin_round`, every contender, `end_round`.
    """
    name = ''
    title = ''
    unit = 'bytes'       # what a rate counts: bytes, files, requests
    fairness = ''        # what a reader should know before believing a ratio
    hashes = False       # the tree digest is compared with a flat one
    network = False      # peers send over TCP: both sides need the same congestion control
    cores = 1
    only_the_best_counts = False  # of the peers: one that cannot be the best runs once
    takes_turns = True  # every other round in the opposite order
    rounds_max = 100     # of a row that shows a shape, not a median
    rounds_times = 1     # as many as others: more where one takes a second, and figures scatter
    minutes = 1.0        # about what its rounds take: its share of the time of a whole run

    def __init__(self, stage):
        self.stage, self.sizes, self.place = stage, stage.sizes, stage.place

    def room(self):
        """Bytes of disk at its fullest."""
        return 0

    def reason_to_skip(self):
        return ''

    def impossible(self):
        """{contender: why it cannot run on this machine, whatever is installed}."""
        return {}

    def prepare(self):
        pass

    def begin_round(self, number):
        pass

    def end_round(self):
        pass

    def contenders(self):
        """{name: a callable that returns a Sample}, ours first; known after `prepare`."""
        raise NotImplementedError

    def settings(self):
        """{name: how that contender was set up}, printed beside the numbers."""
        return {}


class Outcome:
    """A row's numbers, or why there are none."""

    def __init__(self, row):
        self.row = row
        self.series, self.verdicts, self.notes = {}, [], []
        self.impossible = {}
        self.skipped = self.error = ''
        self.rounds, self.complete = 0, True

    @property
    def targets(self):
        return [target for target in TARGETS if target.row == self.row.name]

    @property
    def held(self):
        """All that was promised of this row and of this machine; one without numbers or rounds kept
        no promise."""
        promised = [target for target in self.targets if target.ours not in self.impossible]
        measured = len(self.verdicts) == len(promised) and self.complete and not self.error
        return measured and not self.skipped and all(verdict.held for verdict in self.verdicts)


HOPELESS = 4.0  # so many times slower than the best peer after its first round


def is_hopeless(name, series):
    """A peer that ran, and that no further round can make the best one."""
    peers = [one for other, one in list(series.items())[1:]]
    return name in series and series[name] in peers and (
        series[name].rate * HOPELESS < max(one.rate for one in peers))


def run_row(row, rounds, deadline):
    """Runs a row that may run. `deadline`, of time.monotonic(): no round begins that ends later."""
    made = Outcome(row)
    made.impossible = row.impossible()
    row.prepare()
    longest = 0.0
    rounds = min(rounds, row.rounds_max)
    for number in range(rounds):
        began = time.monotonic()
        if number and began + longest > deadline:
            made.complete = False
            made.notes.append(f'out of time: {number} of {rounds} rounds, so no target held')
            break
        row.begin_round(number)
        contenders = [(name, contender) for name, contender in row.contenders().items()
                      if not (row.only_the_best_counts and is_hopeless(name, made.series))]
        if number % 2 and row.takes_turns:  # what a disk gives depends on what was read before
            contenders.reverse()
        for name, contender in contenders:
            if name not in made.series:
                made.series[name] = Series(name, row.unit, row.settings().get(name, ''))
            made.series[name].samples.append(contender())
        row.end_round()
        made.rounds += 1
        longest = max(longest, time.monotonic() - began)
    made.verdicts = [verdict for verdict in (judge(target, made.series) for target in made.targets)
                     if verdict]
    made.notes += [f'{name} ran {len(one.samples)} x only: it cannot be the best peer'
                   for name, one in made.series.items() if len(one.samples) < made.rounds]
    if row.hashes:
        made.notes.append(TREE_HASH)
    return made


def guarded(row, rounds, deadline):
    """`run_row`, with what went wrong as part of the outcome."""
    try:
        return run_row(row, rounds, deadline)
    except Exception as failure:  # whatever it is, the other rows have their numbers
        made = Outcome(row)
        made.error = f'{type(failure).__name__}: {failure}'
        return made
