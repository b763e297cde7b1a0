"""Bits that flip on the wire: a piece is fetched again, its source is named, that is all."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import MIB, large_file, wrong_files  # noqa: E402
from sluice_e2e import Workplace, wait_for  # noqa: E402

SIZE = 40 * MIB + 5
ALWAYS = 1_000_000


class DamageTest(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(Workplace())
        roots = self.place.folder / 'sources'
        large_file(roots / 'one' / 'large.bin', SIZE)
        self.relay = self.place.relay()
        self.site = self.place.start_site('site', [roots], relay=self.relay)
        self.node = self.place.start_distribution_point('dp1', self.site)
        self.site.add_distribution_point(self.node, ['site:1'])
        self.package = self.site.add_package(roots / 'one')
        self.site.distribute(self.package, 'site')
        self.site.wait_for_success(self.package, 'site')

    def blamed(self):
        """The site has a message of dp1, a warning or worse, that names the source."""
        return [message for message in self.site.messages()
                if message['system'] == 'dp1' and message['severity'] != 'info'
                and any('site' in part for part in [message['text'], *message['insertions']])]

    # B20, X21
    def test_one_flipped_bit_costs_one_piece(self):
        self.relay.flip_bit('file', 17 * MIB + 4711)
        self.site.distribute(self.package, 'dp1')
        self.site.wait_for_success(self.package, 'dp1')
        self.assertEqual(wrong_files(self.node), [])
        self.assertEqual(self.relay.bytes_of('file'), SIZE + MIB)
        wait_for(self.blamed, 'a status message names the source')

    # B5, B21
    def test_a_damaged_manifest_leads_to_no_content_request(self):
        self.relay.flip_bit('manifest', 100, ALWAYS)
        self.site.distribute(self.package, 'dp1')
        wait_for(self.blamed, 'a status message names the source')
        self.assertEqual(self.relay.requests_of('file') + self.relay.requests_of('pieces'), [])
        self.assertEqual(self.node.files_in_library(), [])

    def test_a_damaged_layer_leads_to_no_content_request(self):
        self.relay.flip_bit('pieces', 40, ALWAYS)
        self.site.distribute(self.package, 'dp1')
        wait_for(self.blamed, 'a status message names the source')
        self.assertEqual(self.relay.requests_of('file'), [])
        self.assertEqual(self.node.files_in_library(), [])


if __name__ == '__main__':
    unittest.main()
