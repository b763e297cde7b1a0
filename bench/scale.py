"""One site server with 2,000 distribution points and 10,000 packages: what its answers take.

A daemon as any other, with real connections; the distribution points are stand-ins that take every
notification and report. Ends with 0 when the limits hold.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tests' / 'e2e'))
from sluice_e2e import Workplace  # noqa: E402

LIMITS = {  # seconds
    'plan_seconds': 1.0,
    'distribute_seconds': 1.0,
    'visible_seconds_p99': 2.0,
}
MEMORY_PER_ROW, DISK_PER_ROW = 4096, 2048  # bytes, for each (package, distribution point)


def arguments():
    options = argparse.ArgumentParser(prog='./dev bench scale', description=__doc__.split('\n')[0])
    options.add_argument('--build', default=os.environ.get('SLUICE_BUILD', 'build'))
    options.add_argument('--smoke', action='store_true', help='that it works, not how well')
    options.add_argument('--points', type=int, default=2000)
    options.add_argument('--packages', type=int, default=10_000)
    given = options.parse_args()
    if given.smoke:
        given.points, given.packages = 40, 60
    return given


def database_bytes(site):
    return sum(path.stat().st_size for path in site.folder.glob('site.db*'))


def measure(given):
    spread, probes = (3, 10) if given.smoke else (20, 500)
    with Workplace(given.build) as place:
        roots = place.folder / 'sources'
        for number in range(given.packages):
            folder = roots / f'p{number}'
            folder.mkdir(parents=True)
            (folder / 'file').write_text(f'package {number}\n')
        site = place.start_site('site', [roots])
        memory, disk = site.memory()[0], database_bytes(site)
        load = subprocess.run(
            [pathlib.Path(given.build) / 'bench' / 'site_load', site.ready['admin_socket'],
             f'127.0.0.1:{site.ready["management_point_port"]}', roots,
             *map(str, (given.points, given.packages, spread, probes))],
            check=True, stdout=subprocess.PIPE, text=True)
        measured = json.loads(load.stdout)
        measured['memory_bytes_per_row'] = (site.memory()[0] - memory) / measured['rows']
        measured['disk_bytes_per_row'] = (database_bytes(site) - disk) / measured['rows']
    return measured


def main():
    given = arguments()
    measured = measure(given)
    limits = {**LIMITS, 'memory_bytes_per_row': MEMORY_PER_ROW, 'disk_bytes_per_row': DISK_PER_ROW}
    missed = 0
    print(f'{given.points} distribution points, {given.packages} packages')
    for name, value in measured.items():
        verdict = ''
        if name in limits:
            held = value < limits[name]
            verdict = f'  < {limits[name]}: {"held" if held else "MISSED"}'
            missed += not held
        print(f'  {name:26} {value:14.3f}{verdict}')
    return 1 if missed and not given.smoke else 0


if __name__ == '__main__':
    sys.exit(main())
