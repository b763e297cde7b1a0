"""kill -9 in the middle of a pull: it goes on, each kill costs little, nothing wrong is visible."""

import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import MIB, large_file, wrong_files  # noqa: E402
from sluice_e2e import Workplace, long_run, wait_for  # noqa: E402

SIZE = 1024 * MIB
RATE = 100_000_000
KILLS = 20 if long_run() else 3
SEED = 902


class KillTest(unittest.TestCase):
    def test_a_pull_survives_kills(self):
        print('seed', SEED)
        place = self.enterContext(Workplace())
        roots = place.folder / 'sources'
        large_file(roots / 'one' / 'large.bin', SIZE)
        relay = place.relay(rate=RATE)
        site = place.start_site('site', [roots], relay=relay)
        node = place.start_distribution_point('dp1', site)
        site.add_distribution_point(node, ['site:1'])
        package = site.add_package(roots / 'one')
        site.distribute(package, 'site')
        site.wait_for_success(package, 'site')
        site.distribute(package, 'dp1')
        moments = random.Random(SEED).sample(range(SIZE // 50, SIZE - SIZE // 50), KILLS)
        for moment in sorted(moments):
            wait_for(lambda: relay.bytes_of('file') >= moment, f'{moment} bytes have passed', 120)
            node.kill()
            self.assertEqual(wrong_files(node), [])
            node.start()
        site.wait_for_success(package, 'dp1', patience=300)
        self.assertEqual(wrong_files(node), [])
        extra = relay.bytes_of('file') - SIZE
        allowed = KILLS * (16 * MIB + SIZE // 100)
        print(f'{KILLS} kills, {extra / MIB:.1f} MiB extra, {allowed / MIB:.1f} allowed')
        self.assertLessEqual(extra, allowed)


if __name__ == '__main__':
    unittest.main()
