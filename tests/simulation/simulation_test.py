"""Whole sites in virtual time: seeds pass, planted bugs do not, and a seed can be replayed."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1))
LONG = os.environ.get('SLUICE_LONG') == '1'
SEEDS = int(os.environ.get('SLUICE_SEEDS', 1000 if LONG else 20))  # sanitizers take their time
PORTION = 5  # seeds of a process
# What each day has at least, or it proved nothing: half of what the quietest of the first had.
BUSY = {'wishes': 350, 'faults': 100, 'targets': 450, 'files compared': 1500}
SHORT = ('--hours', 8, '--packages', 70)


def simulate(*words):
    return subprocess.run([PROGRAM, *map(str, words)], check=False, capture_output=True, text=True)


def digests_of(run):
    return [line.split(' events ')[1].split(',')[0] for line in run.stdout.splitlines()
            if ' events ' in line]


class SimulationTest(unittest.TestCase):
    # S1, D6, R16
    def test_seeds_become_as_wished_after_a_day_of_faults(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            runs = workers.map(lambda first: simulate('--seed', first, '--seeds', PORTION),
                               range(1, SEEDS + 1, PORTION))
            for run in runs:
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
                self.assertEqual(run.stdout.count(': ok, '), PORTION, run.stdout)
                for what, at_least in BUSY.items():
                    seen = [int(number) for number in re.findall(rf'(\d+) {what}', run.stdout)]
                    self.assertEqual(len(seen), PORTION, run.stdout)
                    self.assertGreater(min(seen), at_least, run.stdout)

    def test_the_same_seed_makes_the_same_events(self):
        for seed in range(1, 101 if LONG else 3):
            run = simulate('--twice', '--seed', seed, *SHORT)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            other = simulate('--seed', seed, *SHORT)  # its heap lies elsewhere
            self.assertEqual(digests_of(other), digests_of(run)[:1], run.stdout + other.stdout)

    def test_another_seed_makes_other_events(self):
        run = simulate('--seeds', 2, *SHORT)
        self.assertEqual(len(set(digests_of(run))), 2, run.stdout)

    def test_a_planted_bug_is_found(self):
        for bug, words in (('forgets_jobs', 'never as wished: '),
                           ('loses_content', ', which the site was told it has'),
                           ('wrong_byte', ' serves wrong bytes of '),
                           ('loses_row', ', which nobody wishes there')):
            with self.subTest(bug):
                said = ''
                for seed in (1, 2, 3):  # not every day shows it
                    run = simulate('--seed', seed, '--bug', bug)
                    said += run.stdout + run.stderr
                    if run.returncode == 1 and words in run.stdout:
                        break
                else:
                    self.fail(said)

    def test_a_wrong_command_is_told(self):
        for words in (['--seed'], ['--seeds', 'many'], ['--bug', 'none'], ['now']):
            run = simulate(*words)
            self.assertEqual((run.returncode, run.stdout), (2, ''))
            self.assertIn('--help', run.stderr)
        self.assertIn('--seed N', simulate('--help').stdout)


if __name__ == '__main__':
    unittest.main()
