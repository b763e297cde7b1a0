"""A distribution point moves to another site server, and none of its content is sent again."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import mixed_folder  # noqa: E402
from sluice_e2e import CommandFailed, Workplace, wait_for  # noqa: E402

CONFLICT = 5


class AdoptTest(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(Workplace())
        self.roots = self.place.folder / 'sources'
        self.files = mixed_folder(self.roots / 'one')
        self.former = self.place.start_site('former', [self.roots], code='OLD')
        self.relay = self.place.relay()
        self.site = self.place.start_site('present', [self.roots], code='NEW', relay=self.relay,
                                           admin='admin-present')
        self.node = self.place.start_distribution_point('dp1', self.former)
        self.former.add_distribution_point(self.node, ['former:1'])

    def package(self, site, node=None):
        package = site.add_package(self.roots / 'one', 'one')
        site.distribute(package, site.name)
        site.wait_for_success(package, site.name)
        if node:
            site.distribute(package, node.name)
            site.wait_for_success(package, node.name)
        return package

    def move(self):
        port = self.site.ready['management_point_port']
        self.node.settings['distribution_point']['site'] = f'127.0.0.1:{port}'
        self.node.restart()

    def report(self):
        return self.node.sluice_here('status')['items'][0]

    def compare(self, package):
        for name in self.files:
            self.assertEqual(self.node.fetch(self.node.content_path(package, name)),
                             (self.roots / 'one' / name).read_bytes(), name)

    def wait_until_refused(self):
        return wait_for(lambda: self.report()['site_refused'], 'another site is refused')

    # A10
    def test_a_node_moves_with_its_content_once_its_operator_consents(self):
        before, after = self.package(self.former, self.node), self.package(self.site)
        self.site.add_distribution_point(self.node, ['present:1'])
        self.move()
        self.assertIn('sluice --node adopt', self.wait_until_refused())
        self.assertIsNone(self.site.sluice('dp', 'show', 'dp1')['items'][0]['last_heard'])
        self.site.distribute(after, 'dp1')
        wait_for(lambda: 'none of the keys' in str(self.site.why(after, 'dp1')),
                 'the site says why it waits')
        self.compare(before)
        validation = self.site.sluice('validate', '--all', '--dp', 'dp1', check=False)
        self.assertNotIn(before, str(validation))

        adopted = self.node.sluice_here('adopt')['items'][0]
        self.assertEqual((adopted['site'], adopted['contents']), ('NEW', 1))
        row = self.site.wait_for_success(after, 'dp1')
        self.assertEqual(row['bytes_transferred'], 0)
        self.assertEqual(self.relay.bytes_of('file'), 0)
        self.assertGreater(self.relay.bytes_of('manifest'), 0)
        self.compare(after)
        self.assertEqual(self.report()['site_refused'], '')
        with self.assertRaises(CommandFailed) as again:
            self.node.sluice_here('adopt')
        self.assertEqual(again.exception.code, CONFLICT)
        self.node.restart()
        self.assertEqual(self.report()['site_refused'], '')

    def test_a_node_that_was_led_astray_goes_back_to_its_own_site(self):
        package = self.package(self.former, self.node)
        self.site.add_distribution_point(self.node, ['present:1'])
        former = self.node.settings['distribution_point']['site']
        self.move()
        self.wait_until_refused()
        self.node.settings['distribution_point']['site'] = former
        self.node.restart()
        wait_for(lambda: self.report()['site_reachable'], 'its own site takes it again')
        self.former.sluice('redistribute', package, '--dp', 'dp1')
        self.former.wait_for_success(package, 'dp1')


if __name__ == '__main__':
    unittest.main()
