"""A distribution point that opens no control port: it asks the site for its commands."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import mixed_folder, wrong_files  # noqa: E402
from sluice_e2e import CommandFailed, Workplace, wait_for  # noqa: E402


def contents(node):
    return node.sluice_here('library')['items'][0]['contents']


class OutboundTest(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(Workplace())
        self.roots = self.place.folder / 'sources'
        self.site = self.place.start_site('site', [self.roots])
        self.node = self.place.start_distribution_point('dp1', self.site, contact='outbound')
        self.site.add_distribution_point(self.node, ['site:1'])

    def package(self, name, **more):
        folder = self.roots / name
        mixed_folder(folder, **more)
        return self.site.add_package(folder, name)

    def test_every_command_comes_with_its_heartbeats(self):
        self.assertEqual(self.node.ready['control_port'], 0)
        row = self.site.sluice('dp', 'show', 'dp1')['items'][0]
        self.assertEqual(row['control_address'], 'outbound')
        package = self.package('one')
        self.site.distribute(package, 'site', 'dp1')
        self.site.wait_for_success(package, 'dp1')
        self.assertEqual(wrong_files(self.node), [])

        # A validation finds what was damaged, and heals it.
        damaged = max(self.node.library.glob('filelib/??/*'), key=lambda path: path.stat().st_size)
        with open(damaged, 'r+b') as file:
            byte = file.read(1)
            file.seek(0)
            file.write(bytes([byte[0] ^ 1]))
        answer = self.site.sluice('validate', package, '--dp', 'dp1', '--wait', check=False)
        self.assertGreater(len(answer['items'][0]['findings']), 0, answer)
        self.site.wait_for_success(package, 'dp1')
        self.assertEqual(wrong_files(self.node), [])

        # Both sides begin again, each by itself.
        self.site.restart()
        self.node.restart()
        second = self.package('two', seed=2)
        self.site.distribute(second, 'site', 'dp1')
        self.site.wait_for_success(second, 'dp1')

        self.site.sluice('dp', 'remove', 'dp1')
        wait_for(lambda: contents(self.node) == 0, 'its content is removed')
        wait_for(lambda: all(row['name'] != 'dp1' for row in
                             self.site.sluice('dp', 'list')['items']), 'it is forgotten')

    def test_a_job_under_way_is_cancelled(self):
        relay = self.place.relay(rate=256 * 1024)
        slow = self.place.start_site('slow', [self.roots], admin='admin2', code='SLO', relay=relay)
        node = self.place.start_distribution_point('dp2', slow, contact='outbound')
        slow.add_distribution_point(node, ['slow:1'])
        folder = self.roots / 'large'
        mixed_folder(folder, seed=3)
        package = slow.add_package(folder, 'large')
        slow.distribute(package, 'slow', 'dp2')
        wait_for(lambda: slow.row(package, 'dp2').get('bytes_done', 0) > 0, 'it is under way')
        slow.sluice('cancel', package, '--dp', 'dp2')
        wait_for(lambda: slow.row(package, 'dp2')['bucket'] == 'failed' and not node.jobs(),
                 'it is cancelled there')

    def test_what_waits_for_a_node_that_is_away_goes_when_it_is_back(self):
        self.node.stop()
        package = self.package('one')
        self.site.distribute(package, 'site', 'dp1')
        explained = wait_for(
            lambda: 'contact = outbound' in str(self.site.why(package, 'dp1'))
            and self.site.why(package, 'dp1'), 'the site says what it waited for')
        self.assertIn('heartbeat', str(explained))
        self.node.start()
        self.site.wait_for_success(package, 'dp1')

    def test_the_site_does_not_push_to_it(self):
        with self.assertRaises(CommandFailed) as refused:
            self.site.sluice('dp', 'set', 'dp1', '--mode', 'standard')
        self.assertIn('cannot connect to it to push content', refused.exception.text)


if __name__ == '__main__':
    unittest.main(verbosity=2)
