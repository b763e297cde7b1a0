"""docs/operations.md, command by command, against a real site: what it shows is what happens.

    tests/docs/operations_test.py           fails at the first line that differs
    tests/docs/operations_test.py --write   writes what happens into the guide

A command stands in a ```console block behind the name of its machine ("dp1# "), lines that begin
with "> " go on with it, and what it prints follows; "..." stands for any lines. Times, rates, ids
and ports may differ, as may the width of columns. A ```toml block must be a good configuration.
A comment "<!-- example: ... -->" does to a machine what no administrator would.
"""

import contextlib
import difflib
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'e2e'))
from content import large_file  # noqa: E402
from sluice_e2e import Workplace, die_with_parent, wait_for  # noqa: E402

GUIDE = ROOT / 'docs' / 'operations.md'
MACHINES = ('site', 'dp1', 'dp2', 'dp3')
PATIENCE = 20.0  # for an answer to become what the guide says
SETTLED = 1.3    # with --write: an answer that is the same for so long is written down,
SETTLED_OTHER = 6.0  # or so long, when the guide says something else
PROMPT = re.compile(rf'({"|".join(MACHINES)})# (.+)')
EXAMPLE = re.compile(r'<!-- example: (\w+) (.+) -->')
ONLY_THERE = '<!-- only where a small volume can be mounted -->'
EVERYWHERE = '<!-- everywhere -->'
QUESTIONS = re.compile(
    r'(timeout \d+ )?sluice (--node )?(status|why|messages|library|job|\w+ (list|show|status))\b'
    r'|sluice validate --show|curl |journalctl |ls |cat |echo |grep ')
MOUNTING = ('unshare', '--mount') + (() if os.getuid() == 0 else ('--map-root-user',))
CHANGING = tuple((re.compile(pattern), name) for pattern, name in (
    (r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z', 'TIME'),
    (r'\((in )?(\d+[dhms] ?)+( ago)?\)', '(SPAN)'),
    (r'\b([0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{8})\b', 'ID'),
    (r'\b[\d.]+ ([KMGT]i)?B/s', 'RATE'),
    (r'^(free +)[\d.]+ [KMGT]iB', r'\1SPACE'),
    (r'version="[^"]*"', 'VERSION'),
    (r'\b\d{7,}\b', 'NUMBER'),
    (r'[ \t]+', ' '),
))


def can_mount():
    return subprocess.run([*MOUNTING, 'mount', '-t', 'tmpfs', 'none', '/mnt'], check=False,
                          capture_output=True).returncode == 0


def masked(text):
    """`text` without what differs from run to run."""
    lines = []
    for line in text.rstrip('\n').split('\n'):
        for pattern, name in CHANGING:
            line = pattern.sub(name, line)
        lines.append(line.rstrip())
    return lines


def agrees(shown, happened):
    """True when the lines of the guide are what a command printed."""
    pattern = ''.join(r'(?:.*\n)*' if line == '...' else re.escape(line + '\n')
                      for line in masked(shown))
    return re.fullmatch(pattern, '\n'.join(masked(happened)) + '\n') is not None


def failure_in(error_output):
    """Without the progress that `--wait` tells a pipe."""
    return ''.join(line for line in error_output.splitlines(keepends=True)
                   if line.startswith(('sluice: ', 'Next: ', 'sluiced: ')))


class Stage:
    """The machines of the guide, under the names and addresses that the guide gives them."""

    def __init__(self, place):
        self.place = place
        self.nodes = {}
        self.more = {}  # of machines that are no ordinary ones
        self.last_code = 0
        self.packages = place.folder / 'packages'
        self.make_packages()

    def make_packages(self):
        small = {'office': ('readme.txt', 'setup.sh'), 'editor': ('readme.txt',),
                 'fonts': ('licence.txt',), 'tools': ('readme.txt', 'bin/tool')}
        for name, files in small.items():
            for number, file in enumerate(files):
                path = self.packages / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f'{name} {file}\n' * (number + 1), encoding='utf-8')
        large_file(self.packages / 'office' / 'office.img', 8 << 20)
        large_file(self.packages / 'editor' / 'editor.img', 5 << 20)
        large_file(self.packages / 'fonts' / 'fonts.img', 3 << 20)
        large_file(self.packages / 'tools' / 'tools.img', 12 << 20)

    # Names of the guide, and what they are here -----------------------------------------------
    def names_of(self, machine):
        """[(in the guide, here)]; the longest come first."""
        names = [('/srv/packages', str(self.packages)),
                 ('/run/sluice/admin.sock', str(self.place.folder / 'admin'))]
        for other, node in self.nodes.items():
            number = MACHINES.index(other)
            ports = [('content_port', 0), ('control_port', 3), ('management_point_port', 1)]
            names += [(f'127.0.0.1:86{number}{digit}', f'127.0.0.1:{node.ready[port]}')
                      for port, digit in ports if node.ready.get(port)]
        node = self.nodes.get(machine)
        if node:
            names += [('/etc/sluice/sluiced.toml', str(node.folder / 'sluiced.toml')),
                      ('/run/sluice/node.sock', str(node.folder / 'socket')),
                      ('/var/lib/sluice', str(node.folder)),
                      ('127.0.0.1:8602', f'127.0.0.1:{node.ready["observation_port"]}')]
        return names

    def here(self, machine, text):
        for guide, name in self.names_of(machine):
            text = text.replace(guide, name)
        return text

    def in_guide(self, machine, text):
        for guide, name in sorted(self.names_of(machine), key=lambda pair: -len(pair[1])):
            pad = ' ' * max(0, len(name) - len(guide))  # columns stay columns
            text = text.replace(f'{name}  ', f'{guide}{pad}  ').replace(name, guide)
        return re.sub(rf'\bby {re.escape(pwd.getpwuid(os.getuid()).pw_name)}\b', 'by root', text)

    # Commands ----------------------------------------------------------------------------------
    def run(self, machine, command, is_enough):
        """Runs a command, a question again and again until its answer is enough."""
        if command.startswith('systemctl '):
            return self.systemctl(machine, command.split()[1])
        if '--watch' in command:
            return self.watch(machine, command, is_enough)
        deadline = time.monotonic() + PATIENCE
        while True:
            ran = subprocess.run(
                ['bash', '-c', f'(exit {self.last_code})\n{self.here(machine, command)}'],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                env=self.environment(machine), cwd=self.packages, preexec_fn=die_with_parent,
                check=False)
            said = self.in_guide(machine, ran.stdout + failure_in(ran.stderr))
            late = time.monotonic() > deadline
            if not QUESTIONS.match(command) or is_enough(said) or late:
                self.last_code = ran.returncode
                return said
            time.sleep(0.05)  # tidy: bounded poll

    def watch(self, machine, command, is_enough):
        """Until it has said enough, and then ^C."""
        with open(self.place.folder / 'watched', 'w+', encoding='utf-8') as said:
            process = subprocess.Popen(
                ['bash', '-c', f'exec {self.here(machine, command)}'], stdin=subprocess.DEVNULL,
                stdout=said, env=self.environment(machine), preexec_fn=die_with_parent)

            def text():
                said.seek(0)
                return self.in_guide(machine, said.read())

            with contextlib.suppress(AssertionError):  # the comparison says what is missing
                wait_for(lambda: is_enough(text()), command, PATIENCE)
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
            return text()

    def environment(self, machine):
        """Where `sluice`, `sluiced` and `journalctl` are those of this machine."""
        folder = self.place.folder / 'bin' / machine
        if not folder.is_dir():
            folder.mkdir(parents=True)
            state = self.place.folder / machine
            apps = self.place.build / 'apps'
            scripts = {
                'sluice': f'socket={self.place.folder}/admin\n'
                          f'case " $* " in *" --node "*) socket={state}/socket;; esac\n'
                          f'exec {apps}/sluice --socket "$socket" "$@"',
                'sluiced': f'exec {apps}/sluiced "$@"',
                'journalctl': f'exec cat {state}/log'}
            for name, text in scripts.items():
                (folder / name).write_text(f'#!/bin/sh\n{text}\n', encoding='ascii')
                (folder / name).chmod(0o755)
        return {**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}', 'LC_ALL': 'C.UTF-8'}

    def systemctl(self, machine, verb):
        node = self.nodes.get(machine)
        if verb == 'start' and node is None:
            if machine == 'site':
                self.nodes[machine] = self.place.start_site(machine, [self.packages])
            else:
                self.nodes[machine] = self.place.start_distribution_point(
                    machine, self.nodes['site'], **self.more.get(machine, {}))
        elif verb == 'start':
            node.start()
        elif verb == 'restart':
            node.restart()
        elif verb == 'stop':
            node.stop()
        elif verb == 'reload':
            node.process.send_signal(signal.SIGHUP)
        self.last_code = 0
        return ''

    def check_configuration(self, text):
        path = self.place.folder / 'example.toml'
        path.write_text(text, encoding='utf-8')
        ran = subprocess.run(
            [self.place.build / 'apps' / 'sluiced', '--check-config', '--config', path],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
            preexec_fn=die_with_parent, check=False)
        return '' if ran.returncode == 0 else ran.stdout + ran.stderr

    # What no administrator would do ------------------------------------------------------------
    def example(self, verb, words):
        getattr(self, f'example_{verb}')(*words.split())

    def example_rot(self, machine, file):
        """One bit of a file changes on the disk of a machine."""
        size = (self.packages / file).stat().st_size
        path, = (self.nodes[machine].library / 'filelib').glob(f'*/*.{size}')
        with open(path, 'r+b') as stream:
            stream.seek(size // 2)
            byte = stream.read(1)[0]
            stream.seek(size // 2)
            stream.write(bytes([byte ^ 1]))

    def example_lose(self, machine):
        """The machine is gone, with its disk."""
        node = self.nodes[machine]
        node.kill()
        for path in node.folder.iterdir():
            if path.name != 'log':
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def example_full(self, machine):
        """Its library will be on a small volume, of which somebody else takes a part."""
        library = self.place.folder / machine / 'library'
        self.more[machine] = {
            'launcher': (*MOUNTING, 'sh', '-c',
                         f'mkdir -p {library} && mount -t tmpfs -o size=90m none {library} && '
                         f'head -c {20 << 20} /dev/zero > {library}/somebody && exec "$@"', 'sh'),
            'environment': {'SLUICE_IO_WITHOUT': 'direct_files'}}

    def example_room(self, machine):
        node = self.nodes[machine]
        pathlib.Path(f'/proc/{node.process.pid}/root{node.library}/somebody').unlink()
        wait_for(lambda: not node.jobs(), f'{machine} found room')

    def example_write(self, file, text):
        (self.packages / file).write_text(f'{text}\n', encoding='utf-8')


class Difference(Exception):
    pass


class Performance:
    """The guide on the stage; `written` is the guide as it should be."""

    def __init__(self, stage, text, write):
        self.stage, self.write = stage, write
        self.lines = text.split('\n')
        self.at = 0
        self.written = []

    def take(self):
        line = self.lines[self.at]
        self.at += 1
        self.written.append(line)
        return line

    def go(self):
        while self.at < len(self.lines):
            line = self.take()
            if line == '```console':
                self.console()
            elif line == '```toml':
                self.configuration()
            elif line == ONLY_THERE and not can_mount():
                print(f'{GUIDE.name}:{self.at}: not performed, as nothing can be mounted here',
                      file=sys.stderr)
                while self.take() != EVERYWHERE:
                    pass
            elif example := EXAMPLE.fullmatch(line):
                self.stage.example(example[1], example[2])

    def configuration(self):
        begin = self.at
        while self.take() != '```':
            pass
        fault = self.stage.check_configuration('\n'.join(self.lines[begin:self.at - 1]) + '\n')
        if fault:
            raise Difference(f'{GUIDE.name}:{begin}: {fault}')

    def console(self):
        while (line := self.take()) != '```':
            prompt = PROMPT.fullmatch(line)
            if not prompt:
                raise Difference(f'{GUIDE.name}:{self.at}: no machine is named in "{line}"')
            number, command = self.at, prompt[2]
            while self.lines[self.at].startswith('> '):
                command += '\n' + self.take()[2:]
            shown = []
            while not PROMPT.fullmatch(self.lines[self.at]) and self.lines[self.at] != '```':
                shown.append(self.lines[self.at])
                self.at += 1
            self.perform(number, prompt[1], command, shown)

    def perform(self, number, machine, command, shown):
        text = '\n'.join(shown) + '\n' if shown else ''
        enough = settled(text) if self.write else lambda said: agrees(text, said)
        said = self.stage.run(machine, command, enough)
        if agrees(text, said):
            self.written += shown
        elif self.write:
            self.written += said.rstrip('\n').split('\n') if said else []
        else:
            raise Difference(f'{GUIDE.name}:{number}: {machine}# {command}\n' + '\n'.join(
                difflib.unified_diff(masked(text), masked(said), 'the guide', 'what happens',
                                     lineterm='')))


def settled(shown):
    """Says enough of what the guide shows already, or of what has not changed for a while."""
    patience = SETTLED_OTHER if shown else SETTLED
    last = []

    def enough(said):
        if not last or last[0] != masked(said):
            last[:] = [masked(said), time.monotonic()]
        return agrees(shown, said) or time.monotonic() - last[1] > patience

    return enough


def perform(write):
    """Returns the guide as it should be."""
    with Workplace() as place:
        performance = Performance(Stage(place), GUIDE.read_text(encoding='utf-8'), write)
        performance.go()
        return '\n'.join(performance.written)


class OperationsTest(unittest.TestCase):
    def test_the_guide_shows_what_happens(self):
        try:
            perform(write=False)
        except Difference as found:
            self.fail(f'{found}\n\nWrite it anew: SLUICE_BUILD=build '
                      'tests/docs/operations_test.py --write')


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        GUIDE.write_text(perform(write=True), encoding='utf-8')
    else:
        unittest.main()
