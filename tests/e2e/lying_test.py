"""The matrix of lying and failing sources, row by row, against real distribution points.

Each row lies to a distribution point that has no other source (it waits, and says for what), to one
that has a good source of a later priority (it finishes), and to one that is killed and resumes with
the pieces that it had. A distribution point goes through one case at a time, many of them do so
side by side: the whole takes little longer than the slowest row.
"""

import collections
import concurrent.futures
import pathlib
import random
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import MIB, wrong_files  # noqa: E402
from lying_rows import REST, table  # noqa: E402
from lying_source import BlackHole, ClosedPort, LyingSource, Shelf, register  # noqa: E402
from sluice_e2e import PATIENCE, Workplace, wait_for  # noqa: E402

SIZE = 3 * MIB + 17
HELD = MIB  # what a job has before it resumes
SMALL_FILES, SMALL = 3, 2000
LANES = 8  # distribution points for each scenario
SLACK = 12.0  # seconds beyond a row's own, on a machine that is busy
MISBEHAVED, QUARANTINED = 20001, 20002
ALONE, BESIDE, RESUME = 'alone', 'beside', 'resume'


class Case:
    """One row in one scenario: a job at a distribution point, and what became of it."""

    def __init__(self, row, scenario, package, source):
        self.row, self.scenario, self.package, self.source = row, scenario, package, source
        self.label = f'{row.name}.{scenario}'
        self.point = None
        self.large = ''  # target
        self.begun = 0.0
        self.faults = collections.Counter()  # that the point counted meanwhile, by row
        self.waited = None  # the row of `sluice status` when it first waited
        self.why = self.why_here = {}
        self.last = {}
        self.told = []  # rows of the matrix, of messages 20001 that name this source; or 20002

    @property
    def key(self):
        return self.package, self.point.name

    @property
    def offends(self):
        """Whether its source has an occasion to lie: who resumes has the manifest already."""
        about_manifest = {*self.row.about} in ({'manifest'}, {'manifest', 'signature'})
        if self.scenario == RESUME and about_manifest:
            return False
        return self.row.blamed and not (self.row.offends_late and self.scenario != RESUME)

    def __str__(self):
        return f'{self.label} ({self.package})'


class Diary:
    """Asks the site for all rows, over and over, so that many may wait for them."""

    def __init__(self, site):
        self.site, self.rows, self.over = site, {}, False
        self.first_wait = {}  # by (package, distribution point): the row when it waited first
        self.ended = {}  # ... and when it was seen to be over
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.over:
            rows = self.site.rows()
            with self.changed:
                self.rows = rows
                for key, row in rows.items():
                    if is_waiting(row):
                        self.first_wait.setdefault(key, row)
                    if is_over(row):
                        self.ended.setdefault(key, time.monotonic())
                self.changed.notify_all()
                self.changed.wait(0.2)

    def wait(self, condition, patience):
        """What `condition` returns once that is true; None when it is too late."""
        with self.changed:
            return self.changed.wait_for(condition, patience) or None

    def close(self):
        with self.changed:
            self.over = True
            self.changed.notify_all()
        self.thread.join(PATIENCE)


def is_waiting(row):
    return row.get('reason', '').startswith('no source has it')


def is_over(row):
    return row.get('bucket') == 'success'


class Matrix:
    """The site, its sources, and all cases, carried out."""

    def __init__(self, place):
        self.place = place
        self.closers, self.cases, self.workers = [], [], None
        self.rows = table(BlackHole, ClosedPort)
        self.relay = place.relay()
        self.roots = place.folder / 'sources'
        self.site = place.start_site('site', [self.roots], relay=self.relay)
        self.management_point = ('127.0.0.1', self.site.ready['management_point_port'])
        self.shelf = Shelf(self.site.content_url)
        self.trap = self.source(lambda x: x.honest())

    def source(self, manner, **more):
        made = LyingSource(self.shelf, manner, **more)
        self.closers.append(made)
        return made

    def close(self):
        for one in self.closers:
            one.close()
        if self.workers:
            self.workers.shutdown()

    # Content ----------------------------------------------------------------------------------
    def write(self, folder, seed):
        chance = random.Random(seed)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / 'large.bin').write_bytes(chance.randbytes(SIZE))
        for number in range(SMALL_FILES):
            (folder / f'small{number}').write_bytes(chance.randbytes(SMALL))

    def add_packages(self):
        """One for each row, by its name; of X24 the second version."""
        self.packages, self.contents, self.files, self.older = {}, {}, {}, {}

        def add(number, row):
            folder = self.roots / row.name
            self.write(folder, number)
            package = self.site.add_package(folder)
            self.site.distribute(package, 'site')
            self.site.wait_for_success(package, 'site')
            content, files = f'{package}.1', self.shelf.add(f'{package}.1')
            if row.row == 'X24':
                older = content, files
                self.write(folder, number + 1000)
                self.site.sluice('update', package)
                content = f'{package}.2'
                wait_for(lambda: self.site.row(package, 'site').get('version') == 2
                         and is_over(self.site.row(package, 'site')), f'{content} at the site')
                files = self.shelf.add(content)
                self.older |= self.instead(content, files, *older)
            self.packages[row.name], self.contents[row.name] = package, content
            self.files[content] = files

        with concurrent.futures.ThreadPoolExecutor(4) as workers:
            list(workers.map(add, range(len(self.rows)), self.rows))
        others = collections.deque(self.contents.values())
        others.rotate()
        self.others = {}
        for content, other in zip(self.contents.values(), others):
            self.others |= self.instead(content, self.files[content], other, self.files[other])

    def instead(self, content, files, other, other_files):
        """Targets of a content -> bytes of another one."""
        bodies = self.shelf.bodies
        made = {f'/manifest/{content}{end}': bodies[f'/manifest/{other}{end}']
                for end in ('', '.sig')}
        for path, name in files.items():
            made[f'/file/{content}/{name}'] = bodies[f'/file/{other}/{other_files[path]}']
        return made

    # Sources and distribution points ------------------------------------------------------------
    def add_source(self, label, address, contents):
        self.site.sluice('dp', 'add', label, '--address', '127.0.0.1:9', '--mode', 'pull',
                         '--source', 'site:1')
        register(self.management_point, label, address, contents)

    def make_case(self, row, scenario):
        about = row.about
        if isinstance(row.manner, type):
            source = row.manner()
            self.closers.append(source)
        else:
            source = self.source(
                row.manner, awake=scenario != RESUME,
                lies_about=lambda one: not about or (one.method == 'GET' and one.kind in about))
            source.trap, source.others, source.older = self.trap, self.others, self.older
        case = Case(row, scenario, self.packages[row.name], source)
        content = self.contents[row.name]
        case.large = f'/file/{content}/{self.files[content]["large.bin"]}'
        self.add_source(case.label, source.address, [content])
        return case

    def prepare(self):
        self.add_packages()
        with concurrent.futures.ThreadPoolExecutor(4) as workers:
            self.cases = list(workers.map(lambda both: self.make_case(*both), [
                (row, scenario) for row in self.rows for scenario in (ALONE, BESIDE, RESUME)]))
        self.left = {scenario: collections.deque(sorted(
            (case for case in self.cases if case.scenario == scenario),
            key=lambda case: -case.row.within)) for scenario in (ALONE, BESIDE, RESUME)}

    # The run --------------------------------------------------------------------------------------
    def run(self):
        self.diary = Diary(self.site)
        # A node ends with the thread that started it: these threads stay until the end.
        self.workers = concurrent.futures.ThreadPoolExecutor(LANES * len(self.left))
        try:
            for future in [self.workers.submit(self.go_through, f'dp{lane}', scenario)
                           for lane, scenario in enumerate([*self.left] * LANES)]:
                future.result()
        finally:
            self.diary.close()
        self.collect()

    def go_through(self, name, scenario):
        lane = Lane(self, name, scenario)
        while self.left[scenario]:
            lane.run(self.left[scenario].popleft())

    def collect(self):
        """What the site was told. Nodes tell it a moment after they act."""
        def told():
            rows = collections.defaultdict(list)
            for message in self.site.messages(100_000):
                if message['id'] == MISBEHAVED:
                    rows[message['insertions'][1]].append(message['insertions'][2])
                elif message['id'] == QUARANTINED:
                    rows[message['insertions'][0]].append(str(QUARANTINED))
            self.told = rows
            return all(case.row.blamed in rows[case.label] for case in self.cases if case.offends)

        try:
            wait_for(told, 'every blame is told', 10, interval=0.5)
        except AssertionError:
            pass  # each row says which one is missing
        rows = self.site.rows()
        for case in self.cases:
            case.last = rows[case.key]
            case.told = self.told[case.label]


class Lane:
    """A distribution point and the cases that it goes through, one at a time: whoever changes its
    sources changes those of all its jobs."""

    def __init__(self, matrix, name, scenario):
        self.matrix, self.scenario = matrix, scenario
        self.point = matrix.place.start_distribution_point(name, matrix.site)
        matrix.site.add_distribution_point(self.point, ['site:1'])
        self.names = {ALONE: '{0}:1', BESIDE: '{0}:1 site:2',
                      RESUME: f'seed.{name}:1 {{0}}:2 good.{name}:3'}[scenario]
        if scenario == RESUME:
            contents = list(matrix.contents.values())
            self.seed = matrix.source(FirstPiece(), lies_about=lambda one: one.kind in (
                'range', 'small'))
            self.good = matrix.source(lambda x: x.honest(), awake=False)
            matrix.add_source(f'seed.{name}', self.seed.address, contents)
            matrix.add_source(f'good.{name}', self.good.address, contents)

    def run(self, case):
        case.point, case.lane = self.point, self
        # Who is killed counts from nothing again.
        before = collections.Counter() if self.scenario == RESUME else self.faults()
        if self.scenario == RESUME:
            self.seed.awake, self.good.awake = True, False
        site = self.matrix.site
        words = [word for name in self.names.format(case.label).split()
                 for word in ('--source', name)]
        site.sluice('dp', 'set', self.point.name, *words)
        case.begun = time.monotonic()
        site.distribute(case.package, self.point.name)
        if self.scenario == RESUME:
            self.interrupt(case)
        if self.scenario == ALONE and case.row.alone != 'finishes':
            self.give_up(case)
        else:
            self.wait(self.diary.ended, case)
        case.faults = self.faults()
        case.faults.subtract(before)

    def faults(self):
        """How often sources were at fault here, by row of the matrix."""
        port = self.point.ready['observation_port']
        metrics = self.point.fetch(f'http://127.0.0.1:{port}/metrics').decode()
        return collections.Counter({row: int(count) for row, count in re.findall(
            r'^sluice_source_faults_total\{row="(\w+)"\} (\d+)$', metrics, re.MULTILINE)})

    @property
    def diary(self):
        return self.matrix.diary

    def wait(self, times, case):
        return self.diary.wait(lambda: times.get(case.key), case.row.within + PATIENCE)

    def give_up(self, case):
        """What an operator is told of a job that has no other source; then he cancels it."""
        case.waited = self.wait(self.diary.first_wait, case)
        case.why = self.matrix.site.why(*case.key)
        case.why_here = self.point.sluice_here('why', case.package)['items'][0]
        if case.row.asked_again:
            first = case.source.requests[0].time
            wait_for(lambda: case.source.requests[-1].time > first + REST / 2,
                     f'{case} asks again', REST + PATIENCE)
        self.matrix.site.sluice('cancel', case.package, '--dp', self.point.name)

    def interrupt(self, case):
        """It has a piece and no source for the rest; then it resumes."""
        held = self.wait(self.diary.first_wait, case)
        assert held and held['bytes_done'] == HELD, f'{case} before it resumes: {held}'
        self.point.kill()
        self.seed.awake, self.good.awake = False, True
        case.source.awake, case.begun = True, time.monotonic()
        self.point.start()


class FirstPiece:
    """The manner of who has the first piece of each large file, and no small ones."""

    def __init__(self):
        self.gave = collections.defaultdict(threading.Event)

    def __call__(self, x):
        gave = self.gave[x.request.target.split('/')[2]]
        if x.request.first == 0:
            x.say(x.head())
            x.give(x.body[:HELD])
            gave.set()
            return False
        if x.request.kind == 'small':
            gave.wait(PATIENCE)  # a source that lacks one file is not asked for another
        return x.answer('404 Not Found')


class LyingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = cls.enterClassContext(Workplace())
        cls.matrix = Matrix(place)
        cls.addClassCleanup(cls.matrix.close)
        try:
            cls.matrix.prepare()
            cls.matrix.run()
        except Exception:
            for node in place.nodes:
                print(f'--- end of the log of {node.name}\n{node.log()[-4000:]}', file=sys.stderr)
            raise

    def check(self, *rows):
        """Each case of these rows, in its three scenarios."""
        cases = [case for case in self.matrix.cases if case.row.row in rows]
        self.assertEqual({case.row.row for case in cases}, set(rows))
        for case in cases:
            with self.subTest(str(case)):
                self.check_case(case)

    def check_case(self, case):
        self.check_blame(case)
        self.check_patience(case)
        if case.scenario == ALONE and case.row.alone != 'finishes':
            return self.check_wait(case)
        self.assertEqual(case.last['bucket'], 'success', case.last)
        folder = self.matrix.roots / case.row.name
        for path in folder.iterdir():
            url = case.point.content_path(case.package, path.name, case.last['version'])
            self.assertEqual(case.point.fetch(url), path.read_bytes(), path.name)
        self.check_good_bytes(case)

    def check_wait(self, case):
        """No byte but what was right, and a reason with a name and a verdict."""
        self.assertIsNotNone(case.waited, f'{case.last}')
        if case.row.alone == 'waits':
            self.assertNotEqual(case.last['bucket'], 'success')
        self.assertLessEqual(case.waited['bytes_done'], getattr(case.source, 'bytes_given', 0))
        says = case.row.says or 'is quarantined until'
        self.assertIn(f'{case.label} ', case.waited['reason'])
        self.assertIn(says, case.waited['reason'])
        self.assertIn('waits for a source', case.why['doing'])
        self.assertIn(case.label, case.why['doing'])
        self.assertIn(says, case.why['doing'])
        self.assertIn((case.label, True), [(source['name'], says in source['verdict'])
                                           for source in case.why_here['sources']])
        if case.row.spends_budget:
            self.assertIn(str(QUARANTINED), case.told)

    def check_blame(self, case):
        allowed = {*case.row.also}
        if case.row.spends_budget:
            allowed.add(str(QUARANTINED))
        if case.offends:
            allowed.add(case.row.blamed)
            self.assertIn(case.row.blamed, case.told)
            self.assertGreater(case.faults[case.row.blamed], 0)
        self.assertLessEqual(set(case.told), allowed)
        for innocent in ('site', f'good.{case.point.name}'):
            self.assertEqual(self.matrix.told[innocent], [], innocent)

    def check_patience(self, case):
        """R11: the source was left in time, and so was the job's whole way."""
        for silence in getattr(case.source, 'silences', []):
            self.assertLess(silence, case.row.within + 3)
        if case.scenario != ALONE:
            ended = self.matrix.diary.ended[case.key]
            self.assertLess(ended - case.begun, case.row.within + SLACK)

    def check_good_bytes(self, case):
        """The good source gives what is missing, and nothing twice."""
        if case.scenario == RESUME:
            given = case.lane.good.given.get(case.large, 0)
            self.assertLessEqual(given, SIZE - HELD)
        elif case.scenario == BESIDE:
            given = self.matrix.relay.bytes_of_target(case.large)
            self.assertLessEqual(given, SIZE)
            if case.row.exactly >= 0:
                self.assertEqual(given, case.row.exactly)

    # X1 to X6
    def test_statuses(self):
        self.check('X1', 'X2', 'X3', 'X4', 'X5', 'X6')
        self.assertEqual(self.matrix.trap.requests, [])
        for case in self.matrix.cases:
            if case.row.name == 'X4':
                times = [one.time for one in case.source.requests if one.time > case.begun]
                for one, later in zip(times, times[1:]):  # at once: they were on their way
                    self.assertTrue(later - one < 0.5 or later - one > REST - 0.1, times)

    # X7 to X14
    def test_ranges(self):
        self.check('X7', 'X8', 'X9', 'X10', 'X11', 'X12', 'X13', 'X14')

    # X15 to X20
    def test_lengths(self):
        self.check('X15', 'X16', 'X17', 'X18', 'X19', 'X20')

    # X21 to X25
    def test_bytes(self):
        self.check('X21', 'X22', 'X23', 'X24', 'X25')
        for point in {case.point.name: case.point for case in self.matrix.cases}.values():
            self.assertEqual(wrong_files(point), [])

    # X26
    def test_codings(self):
        self.check('X26')

    # X27 to X33, R11
    def test_silence_and_ends(self):
        self.check('X27', 'X28', 'X29', 'X30', 'X31', 'X32', 'X33')

    # X36
    def test_a_tag_that_changes(self):
        self.check('X36')


if __name__ == '__main__':
    unittest.main()
