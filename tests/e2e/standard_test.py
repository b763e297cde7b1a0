"""A site that pushes to a standard distribution point, beside one that pulls."""

import http.client
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import mixed_folder, wrong_files  # noqa: E402
from sluice_e2e import Workplace, wait_for  # noqa: E402


class StandardTest(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(Workplace())
        self.roots = self.place.folder / 'sources'
        self.site = self.place.start_site('site', [self.roots])
        self.standard = self.place.start_distribution_point('std1', self.site)
        self.site.add_standard_distribution_point(self.standard)

    def package(self, name, **more):
        folder = self.roots / name
        files = mixed_folder(folder, **more)
        return self.site.add_package(folder, name), folder, files

    def compare(self, node, package, folder, files):
        for name in files:
            self.assertEqual(node.fetch(node.content_path(package, name)),
                             (folder / name).read_bytes(), name)
        self.assertEqual(wrong_files(node), [])

    # A1: one package by each mode, identical libraries
    def test_a_push_brings_what_a_pull_brings(self):
        pull = self.place.start_distribution_point('dp1', self.site)
        self.site.add_distribution_point(pull, ['site:1'])
        package, folder, files = self.package('one')
        self.site.distribute(package, 'site', 'std1', 'dp1')
        for name in ('std1', 'dp1'):
            self.site.wait_for_success(package, name)
        self.compare(self.standard, package, folder, files)
        self.assertEqual(self.standard.files_in_library(), pull.files_in_library())
        row = self.site.row(package, 'std1')
        self.assertEqual(row['source'], 'site')
        self.assertEqual([message['id'] for message in self.site.messages()
                          if message['id'] in (20001, 20002)], [])

    # B15
    def test_only_what_is_missing_is_pushed(self):
        package, _, _ = self.package('one', seed=1)
        self.site.distribute(package, 'std1')
        self.site.wait_for_success(package, 'std1')
        self.site.distribute(package, 'std1')
        again, folder, files = self.package('two', seed=1)
        self.site.distribute(again, 'std1')
        row = self.site.wait_for_success(again, 'std1')
        self.assertEqual(row['bytes_transferred'], 0)
        self.compare(self.standard, again, folder, files)

    # A8
    def test_groups_and_validation_work_alike_in_both_modes(self):
        pull = self.place.start_distribution_point('dp1', self.site)
        self.site.add_distribution_point(pull, ['site:1'])
        self.site.sluice('group', 'create', 'all')
        self.site.sluice('group', 'add', 'all', '--dp', 'std1', 'dp1')
        package, folder, files = self.package('one')
        self.site.sluice('distribute', package, '--group', 'all', '--with-sources')
        for node in (self.standard, pull):
            self.site.wait_for_success(package, node.name)
            damaged = max(node.library.glob('filelib/??/*'), key=lambda path: path.stat().st_size)
            with open(damaged, 'r+b') as file:
                byte = file.read(1)
                file.seek(0)
                file.write(bytes([byte[0] ^ 1]))
        answer = self.site.sluice('validate', package, '--wait', check=False)
        found = {row['distribution_point']: len(row['findings']) for row in answer['items']}
        self.assertGreater(found['std1'], 0, answer)
        self.assertEqual(found['std1'], found['dp1'], answer)
        for node in (self.standard, pull):
            self.site.wait_for_success(package, node.name)
            self.compare(node, package, folder, files)
        answer = self.site.sluice('validate', package, '--wait')
        self.assertEqual([row['findings'] for row in answer['items']], [[]] * 3)

    # A6, A7, E4
    def test_the_mode_may_change_and_content_stays(self):
        package, folder, files = self.package('one', seed=1)
        self.site.distribute(package, 'site', 'std1')
        self.site.wait_for_success(package, 'std1')
        self.site.sluice('dp', 'set', 'std1', '--schedule', 'UTC mon-sun 00-24 closed',
                         '--rate-limit', '1Mbit/s')
        self.site.sluice('dp', 'set', 'std1', '--mode', 'pull', '--source', 'site:1')
        second, second_folder, second_files = self.package('two', seed=2)
        self.site.distribute(second, 'site', 'std1')
        self.site.wait_for_success(second, 'std1')  # whatever the schedule says
        shown = self.site.sluice('dp', 'show', 'std1', '--all')['items'][0]
        self.assertEqual((shown['mode'], shown['rate_limit']), ('pull', '1Mbit/s'))
        self.site.sluice('dp', 'set', 'std1', '--mode', 'standard', '--schedule', 'always',
                         '--rate-limit', 'unlimited')
        third, third_folder, third_files = self.package('three', seed=3)
        self.site.distribute(third, 'std1')
        self.site.wait_for_success(third, 'std1')
        self.compare(self.standard, package, folder, files)
        self.compare(self.standard, second, second_folder, second_files)
        self.compare(self.standard, third, third_folder, third_files)

    # F1, F2
    def test_a_closed_window_holds_a_push_and_says_so(self):
        self.site.sluice('dp', 'set', 'std1', '--schedule', 'UTC mon-sun 00-24 closed')
        package, folder, files = self.package('one')
        self.site.distribute(package, 'std1')
        wait_for(lambda: 'schedule' in self.site.row(package, 'std1')['reason'], 'it is held')
        self.assertIn('dp set std1 --schedule', self.site.why(package, 'std1')['doing'])
        self.site.sluice('dp', 'set', 'std1', '--schedule', 'always')
        self.site.wait_for_success(package, 'std1')
        self.compare(self.standard, package, folder, files)

    def pushing_slowly(self):
        """A package of 40 MiB on its way at 80 Mbit/s, some of it there."""
        self.site.sluice('dp', 'set', 'std1', '--rate-limit', '80Mbit/s')
        folder = self.roots / 'large'
        folder.mkdir(parents=True)
        pattern = bytes(range(251))
        block = pattern * (4 * 1024 * 1024 // 251 + 1)
        for number in range(10):
            (folder / f'file {number}').write_bytes(block[number:number + 4 * 1024 * 1024])
        package = self.site.add_package(folder, 'large')
        self.site.distribute(package, 'std1')
        wait_for(lambda: self.site.row(package, 'std1').get('bytes_done', 0) > 4 * 1024 * 1024,
                 'some of it is there')
        return package, folder, [f'file {number}' for number in range(10)]

    def test_a_node_that_is_killed_is_pushed_to_again_and_keeps_what_it_has(self):
        package, folder, files = self.pushing_slowly()
        self.standard.kill()
        self.site.sluice('dp', 'set', 'std1', '--rate-limit', 'unlimited')
        self.standard.start()
        row = self.site.wait_for_success(package, 'std1')
        self.compare(self.standard, package, folder, files)
        self.assertLess(row['bytes_transferred'], 40 * 1024 * 1024)

    def test_a_site_that_is_killed_pushes_on_when_it_is_back(self):
        package, folder, files = self.pushing_slowly()
        self.site.kill()
        self.site.start()
        self.site.sluice('dp', 'set', 'std1', '--rate-limit', 'unlimited')
        self.site.wait_for_success(package, 'std1')
        self.compare(self.standard, package, folder, files)

    # F2, S1
    def test_a_window_that_closes_suspends_a_push_until_it_opens(self):
        package, folder, files = self.pushing_slowly()
        self.site.sluice('dp', 'set', 'std1', '--rate-limit', 'unlimited', '--schedule',
                         'UTC mon-sun 00-24 closed')
        wait_for(lambda: self.site.row(package, 'std1')['job_state'] == 'suspended', 'it is held')
        told = self.site.why(package, 'std1')
        self.assertTrue(told['doing'].startswith('is suspended: '), told)
        self.assertEqual(told['unblock'],
                         'to push on now: sluice dp set std1 --schedule always')
        self.site.sluice('dp', 'set', 'std1', '--schedule', 'always')
        row = self.site.wait_for_success(package, 'std1')
        self.compare(self.standard, package, folder, files)
        # More than 4 MiB were there; only what was on its way when it closed is sent again.
        self.assertLess(row['bytes_transferred'], 44 * 1024 * 1024)

    # C1
    def test_a_push_is_cancelled(self):
        package, _, _ = self.pushing_slowly()
        self.site.sluice('cancel', package, '--dp', 'std1')
        wait_for(lambda: self.site.row(package, 'std1')['bucket'] == 'failed', 'it is cancelled')
        self.assertIn('cancelled by', self.site.row(package, 'std1')['reason'])

    # C4
    def test_what_a_cancel_kept_is_thrown_away_when_that_is_wished(self):
        package, folder, files = self.pushing_slowly()
        staging = self.standard.library / 'staging'
        self.site.sluice('cancel', package, '--dp', 'std1')
        wait_for(lambda: self.site.row(package, 'std1')['bucket'] == 'failed', 'it is cancelled')
        self.assertTrue(list(staging.glob('*')))
        self.site.sluice('cancel', package, '--dp', 'std1', '--discard')
        wait_for(lambda: not list(staging.glob('*')), 'nothing of it is left')
        self.site.sluice('dp', 'set', 'std1', '--rate-limit', 'unlimited')
        self.site.distribute(package, 'std1')
        self.site.wait_for_success(package, 'std1')
        self.compare(self.standard, package, folder, files)
        self.assertFalse(list(staging.glob('*')))

    # E6
    def test_schedule_and_limit_are_hidden_while_it_pulls(self):
        def text(*words):
            return self.site.text_of('dp', 'show', 'std1', *words)
        self.assertIn('rate limit', text())
        self.site.sluice('dp', 'set', 'std1', '--mode', 'pull', '--source', 'site:1')
        self.assertNotIn('rate limit', text())
        self.assertIn('inactive (pull)', text('--all'))

    def test_bad_schedules_and_limits_are_refused_with_what_is_wrong(self):
        for words, fault in ((('--schedule', 'Mars mon 00-24 closed'), 'time zone'),
                             (('--schedule', 'UTC mon 9 closed'), "'9'"),
                             (('--rate-limit', 'fast'), 'unlimited'),
                             (('--rate-limit', 'hourly 0'), 'percentages')):
            with self.assertRaises(AssertionError) as refused:
                self.site.sluice('dp', 'set', 'std1', *words)
            self.assertIn(fault, str(refused.exception))

    def test_a_put_without_a_ticket_is_refused(self):
        for target, status in (('/push/0123456789abcdef0123456789abcdef', 404),
                               ('/content/PKG00001.1/x', 405)):
            client = http.client.HTTPConnection('127.0.0.1', self.standard.content_port,
                                                timeout=20)
            client.request('PUT', target, headers={'Connection': 'Upgrade',
                                                   'Upgrade': 'sluice-source'})
            self.assertEqual(client.getresponse().status, status)
            client.close()


if __name__ == '__main__':
    unittest.main(verbosity=2)
