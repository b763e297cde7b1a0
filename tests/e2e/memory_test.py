"""The memory of a daemon that pulls or serves does not depend on the size of the content."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import MIB, large_file  # noqa: E402
from sluice_e2e import Workplace, long_run  # noqa: E402

SIZE = (8192 if long_run() else 1024) * MIB
BUSY_MAX, IDLE_MAX = 256 * MIB, 64 * MIB


class MemoryTest(unittest.TestCase):
    def test_pulling_and_serving_stay_within_their_memory(self):
        place = self.enterContext(Workplace())
        roots = place.folder / 'sources'
        large_file(roots / 'one' / 'large.bin', SIZE)
        site = place.start_site('site', [roots])
        node = place.start_distribution_point('dp1', site)
        site.add_distribution_point(node, ['site:1'])
        for one in (site, node):
            self.assertLess(one.memory()[0], IDLE_MAX, f'{one.name}, idle')
        package = site.add_package(roots / 'one')
        for name in ('site', 'dp1'):
            site.distribute(package, name)
            site.wait_for_success(package, name, patience=600)
        for one in (site, node):
            now, most = one.memory()
            print(f'{one.name}: {now / MIB:.0f} MiB now, {most / MIB:.0f} MiB at most')
            self.assertLess(most, BUSY_MAX, one.name)


if __name__ == '__main__':
    unittest.main()
