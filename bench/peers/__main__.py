"""./dev bench: sluice beside what an administrator would use instead, in one run, on this machine.

Prints medians, ratios, CPU per GiB and memory, and writes them as JSON and as a chart. With full
sizes it ends with 0 only when every target of the rows it ran was measured and held.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / 'tests' / 'e2e'))
import hash_row  # noqa: E402
import import_rows  # noqa: E402
import linear_rows  # noqa: E402
import pull_flat_row  # noqa: E402
import pull_large_row  # noqa: E402
import pull_small_row  # noqa: E402
import pull_then_serve_row  # noqa: E402
import results  # noqa: E402
import serve_cached_rows  # noqa: E402
import serve_cold_row  # noqa: E402
import validate_rows  # noqa: E402
from congestion import Cubic  # noqa: E402
from machine import describe, machine_text, mount_of  # noqa: E402
from removal import Removals  # noqa: E402
from row import Outcome, guarded  # noqa: E402
from sizes import FULL, GIB, SMOKE  # noqa: E402
from stage import Stage  # noqa: E402
from table import outcome_text, summary_text  # noqa: E402

ROWS = [row for module in (
    hash_row, validate_rows, pull_large_row, pull_flat_row, pull_small_row, serve_cached_rows,
    serve_cold_row, pull_then_serve_row, import_rows, linear_rows) for row in module.ROWS]
NAMES = [row.name for row in ROWS]
SPARE = 2 * GIB  # of disk, that no row may take


def arguments():
    options = argparse.ArgumentParser(prog='./dev bench', description=__doc__.split('\n')[0])
    options.add_argument('--build', help='the build folder; SLUICE_BUILD when not given')
    options.add_argument('--row', action='append', choices=NAMES, metavar='NAME',
                         help=f'only this row (repeatable): {", ".join(NAMES)}')
    options.add_argument('--rounds', type=int,
                         help='of each row, more where one takes a second; 5 if not given')
    options.add_argument('--minutes', type=float, default=38,
                         help='no round begins that would end later; 38 when not given')
    options.add_argument('--smoke', action='store_true',
                         help='tiny sizes and one round: that it works, not how well')
    options.add_argument('--folder', help='where to work; a file system with O_DIRECT')
    options.add_argument('--results', type=pathlib.Path,
                         help='where to write; bench/results for all rows, else its folder local')
    given = options.parse_args()
    given.build = pathlib.Path(given.build or os.environ['SLUICE_BUILD']).resolve()
    given.rounds = given.rounds or (1 if given.smoke else 5)
    given.folder = pathlib.Path(given.folder or working_folder())
    return given


def working_folder():
    """A temporary folder on a real disk, where the system has one."""
    chosen = tempfile.gettempdir()
    return '/var/tmp' if mount_of(chosen)[1] == 'tmpfs' else chosen


def reason_to_skip(row, given, cubic, removals):
    room = row.room() + (0 if given.smoke else SPARE)
    if shutil.disk_usage(row.stage.folder).free < room:
        removals.make_room()
    free = shutil.disk_usage(row.stage.folder).free
    if free < room:
        return f'no room: it takes {room / GIB:.1f} GiB, {free / GIB:.1f} GiB are free'
    if os.cpu_count() < row.cores:
        return f'it takes {row.cores} cores, one for the server and one for its client'
    if row.network and not cubic.equal and not given.smoke:
        return f'{cubic}: not the same for both sides'
    return row.reason_to_skip()


def measure(kind, given, cubic, removals, deadline):
    if time.monotonic() > deadline:  # earlier rows took even the least that they may
        outcome = Outcome(kind)
        outcome.skipped = f'out of time: {given.minutes:g} minutes are over'
        return outcome
    rounds = given.rounds * (1 if given.smoke else kind.rounds_times)
    with Stage(given.build, given.folder, FULL if not given.smoke else SMOKE, given.smoke,
               rounds, removals.take) as stage:
        row = kind(stage)
        skipped = reason_to_skip(row, given, cubic, removals)
        outcome = Outcome(row) if skipped else guarded(row, rounds, deadline)
        outcome.skipped = skipped
        if outcome.error:
            stage.show_logs()
        return outcome


def share(kind, wanted, deadline):
    """When a row is to end: what earlier rows did not need is for those that follow."""
    now = time.monotonic()
    to_come = sum(later.minutes for later in wanted[wanted.index(kind):])
    return now + (deadline - now) * kind.minutes / to_come


def results_folder(given):
    if given.results:
        return given.results
    whole = not given.row and not given.smoke
    return HERE.parent / 'results' / ('' if whole else 'local')


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # every `with` ends as it should
    deadline = time.monotonic() + given.minutes * 60
    outcomes = []
    with Cubic(may_set=not given.smoke) as cubic, Removals(given.folder) as removals:
        machine = describe(given.folder, given.build, cubic)
        print(machine_text(machine), flush=True)
        wanted = [kind for kind in ROWS if not given.row or kind.name in given.row]
        for kind in wanted:
            outcomes.append(measure(kind, given, cubic, removals,
                                    share(kind, wanted, deadline)))
            print(outcome_text(outcomes[-1], given.smoke), flush=True)
    print('\nsmoke: tiny sizes, whatever the titles say; no target is looked at' if given.smoke
          else summary_text(outcomes))
    for path in results.write(results_folder(given), machine, FULL if not given.smoke else SMOKE,
                              outcomes):
        print(f'wrote {os.path.relpath(path)}')
    if given.smoke:
        return 1 if any(outcome.error for outcome in outcomes) else 0
    return 0 if all(outcome.held for outcome in outcomes) else 1


if __name__ == '__main__':
    sys.exit(main())
