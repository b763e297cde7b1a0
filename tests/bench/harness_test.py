"""The harness of bench/peers: cold is proved, ratios are judged, nothing stays changed."""

import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / 'bench' / 'peers'), str(TOP / 'tests' / 'e2e')]
import chart  # noqa: E402
import cold  # noqa: E402
import results  # noqa: E402
import sizes  # noqa: E402
import table  # noqa: E402
from commands import CommandFailed, run, run_shell  # noqa: E402
from congestion import Cubic  # noqa: E402
from folders import large_files  # noqa: E402
from machine import mount_of  # noqa: E402
from measure import Sample, Series  # noqa: E402
from pull_then_serve_row import PullThenServeRow  # noqa: E402
from removal import Removals, remove_tree  # noqa: E402
from row import TREE_HASH, Row, guarded  # noqa: E402
from targets import TARGETS, Target, judge  # noqa: E402

MACHINE = {'processor': 'some <processor>', 'kernel': 'Linux', 'disk': 'vda', 'when': 'now'}


def series(name, rate, cpu=1.0):
    made = Series(name, 'bytes')
    made.samples = [Sample(1.0, size, cpu=cpu)
                    for size in (rate // 2, rate, rate * 9)]
    return made


class FakeRow(Row):
    name, title, hashes = 'validate-small', 'a <row>', True

    def __init__(self, failing=False):
        self.failing, self.calls = failing, []

    def contenders(self):
        return {'sluice': lambda: self.measure('A', 400),
                'find + xargs sha256sum': lambda: self.measure('B', 100)}

    def measure(self, letter, size):
        self.calls.append(letter)
        if self.failing:
            raise cold.NotProven('not cold')
        return Sample(1.0, size)


class ColdTest(unittest.TestCase):
    def setUp(self):
        # Beneath the build: a file system with a disk, where /tmp may be memory.
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir='.')))
        self.file = large_files(self.folder, 1, 3 * sizes.MIB + 5)[0]

    def test_a_file_that_was_read_is_resident_and_one_that_was_dropped_is_not(self):
        self.assertEqual(cold.warm([self.file]).part, 1.0)
        if mount_of(self.folder)[1] != 'tmpfs':
            self.assertEqual(cold.chill([self.file]).resident, 0)

    def test_both_ways_of_asking_agree(self):
        cold.warm([self.file])
        with open(self.file, 'rb') as stream:
            counted = cold.resident_by_mincore(stream.fileno(), self.file.stat().st_size)
        self.assertEqual(counted, cold.resident_pages(self.file)[0])

    def test_a_file_that_stays_in_the_cache_is_not_called_cold(self):
        drop, cold.os.posix_fadvise = cold.os.posix_fadvise, lambda *_: None
        self.addCleanup(setattr, cold.os, 'posix_fadvise', drop)
        cold.warm([self.file])
        with self.assertRaisesRegex(cold.NotProven, 'not cold'):
            cold.chill([self.file])


class JudgeTest(unittest.TestCase):
    def judged(self, target, *found):
        return judge(target, {one.name: one for one in found})

    def test_medians_are_compared_with_the_best_peer(self):
        target = Target('row', 2.0, ('a', 'b'))
        verdict = self.judged(target, series('sluice', 400), series('a', 100), series('b', 200))
        self.assertEqual((verdict.peer, verdict.ratio, verdict.held), ('b', 2.0, True))
        verdict = self.judged(target, series('sluice', 398), series('a', 100), series('b', 200))
        self.assertFalse(verdict.held)

    def test_a_peer_that_was_not_measured_leaves_no_verdict(self):
        self.assertIsNone(self.judged(Target('row', 2.0, ('a', 'b')), series('sluice', 400),
                                      series('a', 1)))

    def test_cpu_per_gib_may_be_at_most_the_bound(self):
        target = Target('row', 0.5, ('a',), measure='cpu')
        self.assertTrue(self.judged(target, series('sluice', 100, 0.5), series('a', 100)).held)
        self.assertFalse(self.judged(target, series('sluice', 100, 0.6), series('a', 100)).held)

    def test_a_tail_is_compared_round_by_round(self):
        ours, theirs = Series('sluice', 'requests'), Series('a', 'requests')
        for series_of, times in ((ours, (2, 30, 5)), (theirs, (1, 10, 5))):  # medians are equal
            series_of.samples = [Sample(1.0, 0, notes={'p99_ms': time}) for time in times]
        verdict = self.judged(Target('row', 1.9, ('a',), measure='p99'), ours, theirs)
        self.assertEqual((verdict.ratio, verdict.held), (2.0, False))

    def test_a_disk_that_can_do_no_more_keeps_the_promise_and_is_named(self):
        target = Target('row', 5.0, ('a',), disk='fio')
        for disk, held in ((1000, True), (1300, False)):
            verdict = self.judged(target, series('sluice', 800), series('a', 200),
                                  series('fio', disk))
            self.assertEqual((verdict.held, verdict.ratio), (held, 4.0))
            self.assertEqual('disk-bound: 0.80 x fio' in verdict.text, held)
        self.assertFalse(self.judged(target, series('sluice', 800), series('a', 200)).held)
        self.assertFalse(self.judged(target, series('sluice', 800), series('a', 1100),
                                     series('fio', 900)).held)  # which a peer has passed

    def test_no_target_is_of_a_contender_that_compares_with_itself(self):
        self.assertTrue(all(target.ours not in target.peers for target in TARGETS))


class RowTest(unittest.TestCase):
    def test_contenders_take_turns_and_each_round_has_the_opposite_order(self):
        row = FakeRow()
        outcome = guarded(row, 3, deadline=1e12)
        self.assertEqual(''.join(row.calls), 'ABBAAB')
        self.assertTrue(outcome.held)
        self.assertIn(TREE_HASH, outcome.notes)

    def test_of_three_contenders_ours_is_behind_the_last_one_in_no_round(self):
        row = FakeRow()
        row.contenders = lambda: {name: lambda name=name: row.measure(name, 400)
                                  for name in 'ABC'}
        guarded(row, 5, deadline=1e12)
        self.assertEqual(''.join(row.calls), 'ABC' 'CBA' 'ABC' 'CBA' 'ABC')
        self.assertNotIn('CA', ''.join(row.calls))

    def test_a_row_that_begins_with_what_a_pull_left_has_ours_first_in_every_round(self):
        row = FakeRow()
        row.takes_turns = PullThenServeRow.takes_turns
        guarded(row, 3, deadline=1e12)
        self.assertEqual(''.join(row.calls), 'ABABAB')

    def test_a_peer_that_cannot_be_the_best_is_not_repeated_where_only_the_best_counts(self):
        row = FakeRow()
        row.only_the_best_counts = True
        row.contenders = lambda: {'sluice': lambda: row.measure('A', 400),
                                  'slow': lambda: row.measure('B', 20),
                                  'find + xargs sha256sum': lambda: row.measure('C', 100)}
        outcome = guarded(row, 3, deadline=1e12)
        self.assertEqual(''.join(row.calls), 'ABCCAAC')
        self.assertIn('slow ran 1 x only', outcome.notes[0])

    def test_a_row_that_is_out_of_time_says_so(self):
        outcome = guarded(FakeRow(), 3, deadline=0)
        self.assertEqual((outcome.rounds, outcome.notes[0]),
                         (1, 'out of time: 1 of 3 rounds, so no target held'))
        self.assertFalse(outcome.held)

    def test_what_this_machine_cannot_run_is_told_and_promises_nothing(self):
        row = FakeRow()
        row.name = 'hash'
        row.impossible = lambda: {'tree, avx512': 'this processor has no avx512f'}
        row.contenders = lambda: {
            'tree, shani': lambda: row.measure('A', 400),
            'OpenSSL SHA-256, one stream': lambda: row.measure('B', 100)}
        outcome = guarded(row, 3, deadline=1e12)
        self.assertTrue(outcome.held)
        self.assertIn('not measured: this processor has no avx512f', table.summary_text([outcome]))
        outcome.skipped = 'this processor has neither'
        self.assertFalse(outcome.held)

    def test_a_row_that_failed_kept_no_promise(self):
        outcome = guarded(FakeRow(failing=True), 3, deadline=1e12)
        self.assertIn('not cold', outcome.error)
        self.assertFalse(outcome.held)

    def test_a_chart_is_xml_and_a_table_has_every_verdict(self):
        outcomes = [guarded(FakeRow(), 2, 1e12), guarded(FakeRow(failing=True), 2, 1e12)]
        text = chart.chart(outcomes, MACHINE)
        self.assertIn('a <row>', ''.join(xml.etree.ElementTree.fromstring(text).itertext()))
        self.assertIn('4.00 x find + xargs sha256sum, held', table.outcome_text(outcomes[0]))
        self.assertIn('not measured: NotProven', table.summary_text(outcomes))
        with tempfile.TemporaryDirectory() as folder:
            for path in results.write(pathlib.Path(folder), MACHINE, sizes.SMOKE, outcomes):
                self.assertGreater(path.stat().st_size, 100)


class RemovalTest(unittest.TestCase):
    def test_a_tree_goes_and_what_its_links_lead_to_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            kept, tree = pathlib.Path(folder, 'kept'), pathlib.Path(folder, 'tree')
            (tree / 'a' / 'b').mkdir(parents=True)
            kept.mkdir()
            for path in (kept / 'file', tree / 'file', tree / 'a' / 'b' / 'file'):
                path.write_text('x', encoding='utf-8')
            (tree / 'a' / 'link').symlink_to(kept)
            remove_tree(tree)
            self.assertFalse(tree.exists())
            self.assertTrue((kept / 'file').exists())


    def test_what_is_taken_during_a_run_is_gone_at_once_and_wholly_so_when_the_run_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder, 'tree')
            large = large_files(tree, 1, sizes.MIB + 1)[0]
            (tree / 'small').write_text('x', encoding='utf-8')
            with Removals(folder) as removals:
                removals.take(tree)
                self.assertFalse(tree.exists())
                names = [path.name for path in pathlib.Path(folder).rglob('*') if path.is_file()]
                self.assertEqual(names, ['small'])
                self.assertNotIn(large.name, names)
                removals.make_room()
                self.assertEqual(list(removals.folder.iterdir()), [])
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])


class CommandTest(unittest.TestCase):
    def test_cpu_is_that_of_all_children(self):
        used = run_shell('for i in 1 2 3; do head -c 30000000 /dev/zero | sha256sum; done')
        self.assertGreater(used.cpu, 0.02)
        self.assertGreater(used.memory, 100_000)

    def test_a_command_that_fails_is_no_result(self):
        with self.assertRaisesRegex(CommandFailed, 'ended with 3: so'):
            run('bash', '-c', 'echo so >&2; exit 3')

    def test_much_output_does_not_block(self):
        self.assertEqual(len(run('head', '-c', 500_000, '/dev/zero', capture=True).output), 500_000)


class CubicTest(unittest.TestCase):
    def test_what_was_there_is_put_back_also_after_an_interrupt(self):
        with tempfile.TemporaryDirectory() as folder:
            setting = pathlib.Path(folder, 'congestion')
            setting.write_text('bbr\n')
            with self.assertRaises(KeyboardInterrupt):
                with Cubic(setting=setting) as cubic:
                    self.assertTrue(cubic.equal)
                    raise KeyboardInterrupt
            self.assertEqual(setting.read_text().strip(), 'bbr')

    def test_a_smoke_run_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            setting = pathlib.Path(folder, 'congestion')
            setting.write_text('bbr\n')
            with Cubic(may_set=False, setting=setting) as cubic:
                self.assertFalse(cubic.equal)
                self.assertEqual(setting.read_text(), 'bbr\n')


if __name__ == '__main__':
    unittest.main()
