#!/usr/bin/python3
"""./dev demo: a site and a chain of two pull distribution points, as three processes on loopback.

    site (own distribution point)  <--pull--  dp1  <--pull, priority 1--  dp2
                                   <--pull, priority 2------------------  dp2

Real folders become packages, travel, are verified piece by piece, and are fetched again with curl.
Nothing is left running and nothing is left behind, also when interrupted.
"""

import argparse
import filecmp
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'tests' / 'e2e'))
from sluice_e2e import Workplace  # noqa: E402

STEPS = ('', 'content enters', 'the site decides', 'notification', 'distribution point', 'job',
         'source', 'transfer and verify', 'commit', 'status message')
HEADERS = pathlib.Path('/usr/include/boost')
COMPILER = pathlib.Path('/usr/lib/gcc')
COMPILER_BYTES = 100_000_000
FETCHED_FILES = 24
PATIENCE = 600.0


class Screen:
    """Lines that stay, and one line of progress that does not (on a terminal only)."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.colour = self.live and 'NO_COLOR' not in os.environ

    def say(self, text=''):
        print('\r\x1b[K' + text if self.live else text, flush=True)

    def title(self, text):
        self.say(f'\n\x1b[1m{text}\x1b[0m' if self.colour else f'\n{text}')

    def step(self, number, text):
        name = f'{number} {STEPS[number]}'
        self.say(f'  {name:<22} {text}')

    def progress(self, text):
        if self.live:
            print(f'\r\x1b[K  {text}', end='', flush=True)


def size(count):
    for unit in ('B', 'KiB', 'MiB'):
        if count < 1024:
            return f'{count:.0f} {unit}' if unit == 'B' else f'{count:.1f} {unit}'
        count /= 1024
    return f'{count:.2f} GiB'


class Journey:
    """One package on its way to one distribution point: says each step once, as it is seen."""

    def __init__(self, screen, site, node, package):
        self.screen, self.site, self.node, self.package = screen, site, node, package
        self.said = 2
        self.began = time.monotonic()
        self.source = ''
        self.row = {}

    def follow(self):
        """Watches until the site reports success; returns the seconds it took."""
        name = self.node.name
        while True:
            self.row = self.site.row(self.package, name)
            self.source = self.row.get('source') or self.source
            if self.row.get('bucket') == 'success':
                break
            if self.row.get('bucket') == 'failed':
                raise SystemExit(f'{self.package} on {name} failed: {self.row.get("reason")}')
            if time.monotonic() - self.began > PATIENCE:
                raise SystemExit(f'{self.package} on {name}: no success within {PATIENCE:.0f} s: '
                                 f'{self.row.get("reason")}')
            self.look()
            time.sleep(0.05)
        seconds = time.monotonic() - self.began
        pieces = self.row.get('pieces_verified', 0)
        self.reach(9, f'{name} → site: success, {pieces:,} pieces verified')
        return seconds

    def look(self):
        row, name = self.row, self.node.name
        job = next((one for one in self.node.jobs() if self.package in one['content']), None)
        if row.get('job') and row.get('job_state') not in (None, 'pending', 'ready'):
            self.reach(3, f'{name} acknowledged job {row["job"][:8]}')
        if job:
            self.reach(5, f'{name}: {job["state"]}')
        if self.source:
            self.reach(6, f'{name} pulls from {self.source}')
        if row.get('bytes_done'):
            self.reach(7, f'{name}: first pieces are there')
        if row.get('bytes_total'):
            done, rate = row.get('percent', 0), size(row.get('bytes_per_second', 0))
            self.screen.progress(f'{name} [{"#" * (done // 4):<25}] {done:3d} %  {rate}/s')

    def reach(self, step, text):
        """Says `step`, and what lies between it and the last one said: the order is fixed."""
        name = self.node.name
        between = {
            3: f'{name} acknowledged the job', 4: f'{name}: not there yet, a job starts',
            5: f'{name}: manifest fetched, its hash and signature are right',
            6: f'{name} pulls from {self.source}' if self.source else f'{name} had all files',
            7: f'{name}: {size(self.row.get("bytes_transferred", 0))} over the network, '
               'each piece verified as it landed',
            8: f'{name}: {len(self.node.files_in_library()):,} files in its library',
        }
        while self.said < step:
            self.said += 1
            self.screen.step(self.said, text if self.said == step else between[self.said])


class Demo:
    def __init__(self, place, screen):
        self.place, self.screen = place, screen
        self.site = self.first = self.last = None
        self.packages = []  # (PackageID, folder, row)
        self.rates = []

    def start(self, roots):
        screen = self.screen
        screen.title('Three sluiced on this machine')
        self.site = self.place.start_site('site', roots)
        self.first = self.place.start_distribution_point('dp1', self.site)
        self.last = self.place.start_distribution_point('dp2', self.site)
        self.site.add_distribution_point(self.first, ['site:1'])
        self.site.add_distribution_point(self.last, ['dp1:1', 'site:2'])
        for node, sources in ((self.site, 'the site server, with a distribution point of its own'),
                              (self.first, 'pulls from site'),
                              (self.last, 'pulls from dp1, else from site')):
            screen.say(f'  {node.name:<5} {node.content_url}   {sources}')

    def send(self, folder, name):
        screen = self.screen
        screen.title(f'{name}: {folder}')
        began = time.monotonic()
        package = self.site.add_package(folder, name, PATIENCE)
        row = self.site.sluice('package', 'show', package)['items'][0]
        screen.step(1, f'{package}: {row["files"]:,} files, {size(row["bytes"])}, '
                       f'hashed and signed in {time.monotonic() - began:.1f} s')
        self.packages.append((package, folder, row))
        self.site.distribute(package, self.site.name)
        self.site.wait_for_success(package, self.site.name, PATIENCE)
        for node in (self.first, self.last):
            journey = Journey(screen, self.site, node, package)
            self.site.distribute(package, node.name)
            screen.step(2, f'{node.name} lacks {package}: it shall have it')
            seconds = journey.follow()
            self.rates.append((package, node.name, journey.source, journey.row, seconds))

    def summarise(self):
        screen = self.screen
        screen.title('Summary')
        for package, name, source, row, seconds in self.rates:
            moved = row.get('bytes_transferred', 0)
            screen.say(f'  {package} on {name:<4} from {source or "-":<5} {size(moved):>10} '
                       f'in {seconds:5.1f} s  {size(moved / max(seconds, 0.001)):>10}/s  '
                       f'{row.get("pieces_verified", 0):>6,} pieces verified')
        named = sum(row['files'] for _, _, row in self.packages)
        kept = len(self.last.files_in_library())
        screen.say(f'  {named:,} file names on dp2 are {kept:,} files in its library: '
                   'each content is stored once')

    def fetch_and_compare(self):
        screen, target = self.screen, self.place.folder / 'fetched'
        screen.title('Fetched from dp2 with curl')
        for package, folder, _ in self.packages:
            chosen = some_files(folder)
            for path in chosen:
                url = self.last.content_path(package, str(path.relative_to(folder)))
                subprocess.run(['curl', '--fail', '--silent', '--show-error', '--output', target,
                                '--max-time', '120', url], check=True, stdin=subprocess.DEVNULL)
                if not filecmp.cmp(path, target, shallow=False):
                    raise SystemExit(f'{url} differs from {path}')
            screen.say(f'  {package}: {len(chosen)} files, byte for byte those of {folder}')


def some_files(folder):
    """The largest files of a folder, and some others."""
    files = sorted(path for path in folder.rglob('*') if path.is_file() and not path.is_symlink())
    files.sort(key=lambda path: path.stat().st_size, reverse=True)
    largest, others = files[:FETCHED_FILES // 4], files[FETCHED_FILES // 4:]
    picked = random.Random(2371).sample(others, min(len(others), FETCHED_FILES - len(largest)))
    return largest + picked


def copy_of_the_compiler(target):
    """Large files of the compiler, > 100 MB together, as a folder of their own."""
    files = [path for path in COMPILER.rglob('*') if path.is_file() and not path.is_symlink()]
    files.sort(key=lambda path: (-path.stat().st_size, path))
    total = 0
    for path in files:
        if total > COMPILER_BYTES:
            break
        copy = target / path.relative_to(COMPILER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        total += path.stat().st_size
    return target


STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupted(number, _):
    for one in STOPPING:
        signal.signal(one, signal.SIG_IGN)  # let it put away its things
    raise KeyboardInterrupt(number)


def main():
    options = argparse.ArgumentParser(prog='./dev demo', description=__doc__.split('\n')[0])
    options.add_argument('folder', nargs='?', type=pathlib.Path, help='a folder of your own')
    options.add_argument('--build', default='build', help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.folder and not given.folder.is_dir():
        options.error(f'{given.folder} is not a folder')
    for number in STOPPING:
        signal.signal(number, interrupted)
    screen = Screen()
    try:
        with Workplace(given.build) as place:
            if given.folder:
                folders = [(given.folder.resolve(), 'Your folder')]
            else:
                compiler = copy_of_the_compiler(place.folder / 'compiler')
                folders = [(HEADERS, "Boost's headers"), (compiler, "The compiler's large files")]
            demo = Demo(place, screen)
            demo.start([folder for folder, _ in folders])
            for folder, name in folders:
                demo.send(folder, name)
            demo.summarise()
            demo.fetch_and_compare()
    except KeyboardInterrupt as stop:
        screen.say('\ninterrupted: everything that was started has been stopped and removed')
        return 128 + (stop.args[0] if stop.args else signal.SIGINT)
    screen.say('\nAll three have been stopped, and their folders removed.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
