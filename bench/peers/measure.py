"""What one round of one contender cost, and the meter that reads it from /proc."""

import dataclasses
import os
import pathlib
import statistics
import time

from sizes import GIB

TICKS = os.sysconf('SC_CLK_TCK')


@dataclasses.dataclass
class Sample:
    """One round. `count` is files or requests; `memory` the most that one process held."""
    seconds: float
    bytes: int
    count: int = 0
    cpu: float = 0.0
    memory: int = 0
    notes: dict = dataclasses.field(default_factory=dict)


class Series:
    """The rounds of one contender. `unit` says what a rate counts: bytes, files or requests."""

    def __init__(self, name, unit, settings=''):
        self.name, self.unit, self.settings, self.samples = name, unit, settings, []

    def rate_of(self, sample):
        amount = sample.bytes if self.unit == 'bytes' else sample.count
        return amount / sample.seconds if sample.seconds > 0 else 0.0

    @property
    def rates(self):
        return [self.rate_of(sample) for sample in self.samples]

    @property
    def rate(self):
        return statistics.median(self.rates)

    @property
    def seconds(self):
        return statistics.median(sample.seconds for sample in self.samples)

    @property
    def cpu_per_gib(self):
        return statistics.median(sample.cpu / (max(sample.bytes, 1) / GIB)
                                 for sample in self.samples)

    @property
    def memory(self):
        return max(sample.memory for sample in self.samples)

    def every_note(self, key):
        return [sample.notes.get(key) for sample in self.samples]

    def median_note(self, key):
        """Of a number that every sample noted; None when one did not."""
        found = self.every_note(key)
        return None if None in found else statistics.median(found)


def status_of(process_id):
    text = pathlib.Path(f'/proc/{process_id}/status').read_text(encoding='utf-8')
    return dict(line.split(':', 1) for line in text.splitlines() if ':' in line)


def tree_of(process_id):
    """A process and its living descendants."""
    found, todo = [], [process_id]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            for task in pathlib.Path(f'/proc/{one}/task').iterdir():
                todo += [int(word) for word in (task / 'children').read_text().split()]
        except OSError:
            pass  # it ended meanwhile
    return found


def cpu_of(process_id):
    """Seconds of a process, of the children it waited for, and of its living descendants."""
    total = 0
    for one in tree_of(process_id):
        try:
            text = pathlib.Path(f'/proc/{one}/stat').read_text(encoding='utf-8')
        except OSError:
            continue
        total += sum(int(word) for word in text.rsplit(')', 1)[1].split()[11:15])
    return total / TICKS


def peak_memory_of(process_id):
    """The most that one process of the tree ever held resident, in bytes."""
    most = 0
    for one in tree_of(process_id):
        try:
            most = max(most, int(status_of(one).get('VmHWM', '0 kB').split()[0]) * 1024)
        except OSError:
            pass
    return most


class Meter:
    """What a process that goes on living spends between `with` and its end."""

    def __init__(self, process_id):
        self.process_id = process_id
        self.seconds = self.cpu = 0.0
        self.memory = 0

    def __enter__(self):
        for one in tree_of(self.process_id):
            try:
                pathlib.Path(f'/proc/{one}/clear_refs').write_text('5')  # VmHWM begins anew
            except OSError:
                pass
        self.cpu = cpu_of(self.process_id)
        self.seconds = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.seconds
        self.cpu = cpu_of(self.process_id) - self.cpu
        self.memory = peak_memory_of(self.process_id)
