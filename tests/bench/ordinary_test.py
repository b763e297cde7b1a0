"""The daemon that the benches measure is the one that is delivered; another one is found out."""

import os
import pathlib
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / 'bench' / 'peers'), str(TOP / 'tests' / 'e2e')]
import ordinary  # noqa: E402
from sizes import SMOKE  # noqa: E402
from sluice_e2e import Workplace  # noqa: E402
from stage import Stage  # noqa: E402


class OrdinaryTest(unittest.TestCase):
    def setUp(self):
        os.environ.pop('MALLOC_PERTURB_', None)  # Meson sets it for all it runs

    def refuses(self, node, words):
        with self.assertRaisesRegex(ordinary.NotOrdinary, words):
            ordinary.check(node)

    def test_the_daemons_of_a_bench_are_ordinary_ones(self):
        with Stage(os.environ['SLUICE_BUILD'], None, SMOKE, smoke=True) as stage:
            site = stage.start_site(core=0)
            node = stage.start_point()
            for one in (site, node):
                ordinary.check(one)
                found = ordinary.settings_not_default(ordinary.print_config(one))
                self.assertIn('node.library', found)  # so the text was understood
                self.assertLessEqual(set(found), ordinary.MAY_DIFFER)

    def test_a_setting_that_is_not_the_default_is_found(self):
        with Workplace() as place:
            site = place.start_site('site', [place.folder])
            site.settings['node']['log_level'] = 'error'
            site.restart()
            self.refuses(site, 'log_level = "error"')

    def test_a_forced_kernel_is_found(self):
        with Workplace() as place:
            site = place.start_site('site', [place.folder],
                                    environment={'SLUICE_HASH_KERNEL': 'portable'})
            self.refuses(site, 'SLUICE_HASH_KERNEL')

    def test_another_program_is_found(self):
        with Workplace() as place:
            site = place.start_site('site', [place.folder])
            (place.folder / 'other' / 'apps').mkdir(parents=True)
            place.build = place.folder / 'other'
            (place.build / 'apps' / 'sluiced').symlink_to('/bin/true')
            self.refuses(site, 'runs .*sluiced, not')


class PrintedConfigTest(unittest.TestCase):
    PRINTED = ('[node]\nname = "a"    # x.toml:2\nlog_level = "info"   # default\n\n[site]\n'
               '# code is not set     # default\nqueue = 4  # x.toml:9\n')

    def test_what_a_file_has_set_is_told_from_defaults(self):
        self.assertEqual(ordinary.settings_not_default(self.PRINTED),
                         {'node.name': 'name = "a"', 'site.queue': 'queue = 4'})

    def test_only_what_may_not_differ_is_strange(self):
        self.assertEqual(ordinary.strange_settings(self.PRINTED), {'site.queue': 'queue = 4'})

    def test_environment_that_changes_a_daemon_is_strange(self):
        self.assertEqual(ordinary.strange_environment(
            ['PATH', 'SLUICE_BUILD', 'SLUICE_HASH_KERNEL', 'LD_PRELOAD']),
            ['LD_PRELOAD', 'SLUICE_HASH_KERNEL'])


if __name__ == '__main__':
    unittest.main()
