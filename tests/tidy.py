"""The rules of the house, as a test. Prints `path:line: rule: what to do` for each violation.

    tests/tidy.py [--root FOLDER] [--build FOLDER]
"""

import argparse
import ast
import concurrent.futures
import hashlib
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / 'tidy'))
from cpp_text import CppText  # noqa: E402

# What each folder may use, bottom to top.
USES = {
    'base': '',
    'model': 'base',
    'hashing': 'model base',
    'io': 'base',
    'storage': 'hashing io model base',
    'rpc': 'model base',
    'http': 'storage io model base',
    'actors': 'rpc http storage io hashing model base',
    'apps': 'actors rpc http storage io hashing model base',
}
EVERYTHING = 'base model hashing io storage rpc http actors apps'
# Which folders may see the headers of a third party.
HOSTS = {
    'caf/': 'actors', 'thrift/': 'rpc', 'boost/': 'http', 'openssl/': 'http hashing',
    'SQLiteCpp/': 'storage', 'sqlite3': 'storage', 'libpq': 'storage', 'liburing': 'io',
    'linux/io_uring': 'io', 'isa-l': 'hashing', 'date/': 'model', 'fmt/': 'base',
    'spdlog/': 'base', 'CLI/': 'apps', 'toml++/': 'apps', 'nlohmann/': 'apps',
    'systemd/': 'apps', 'prometheus/': 'apps', 'doctest/': '', 'benchmark/': 'bench',
    'immintrin.h': 'hashing', 'cpuid.h': 'hashing',
}
SYSTEM_HEADER = re.compile(  # the C++ library, POSIX and the kernel
    r'[a-z_0-9]+|(sys|netinet|arpa|net|linux|asm|bits)/[\w/]+\.h'
    r'|(dirent|errno|fcntl|grp|ifaddrs|netdb|poll|pthread|pwd|sched|signal|stdlib|termios|time'
    r'|ucontext|unistd)\.h')
THRIFT_MADE = re.compile(r'(gen-cpp/)?(\w+(_types|_constants)|[A-Z]\w*)\.h')
GENERATED = {'rpc': THRIFT_MADE, 'fuzz': THRIFT_MADE}

FILE_CALLS = re.compile(
    r'(?<![\w>)])::(open|openat2?|creat|unlink|rename|remove|l?stat|fstat|mkdir|rmdir|link|symlink'
    r'|chmod|fchmod|chown|access|truncate|fsync|read|write|close|mkfifo)\s*\('
    r'|(?<![\w.>])(?:std::)?\b(fopen|fdopen|freopen|tmpfile|tmpnam|opendir|readdir|fdopendir'
    r'|mkdtemp|mkstemp|openat2?|unlinkat|renameat2?|fstatat|mkdirat|linkat|symlinkat|readlinkat'
    r'|fdatasync|syncfs|sync_file_range|posix_fallocate|ftruncate|f?statvfs|getcwd|realpath'
    r'|copy_file_range|sendfile|p(?:read|write)v?2?)\s*\(|\bstd::rename\s*\('
    r'|\b(?:std::)?(?:filesystem|fs)::(?!path\b|filesystem_error\b|perms\b|file_type\b)\w+'
    r'|\bstd::[io]?fstream\b|\bstd::filebuf\b')
CLOCKS = re.compile(
    r'\b(?:system|steady|high_resolution|utc|file)_clock::now\b|\bclock_gettime\b|\bgettimeofday\b'
    r'|\bstd::time\s*\(|(?<![\w.>:])time\s*\(\s*(?:nullptr|NULL|0|&)'
    r'|\b(?:localtime|gmtime)(?:_r)?\b')
RANDOM = re.compile(
    r'\brandom_device\b|\bget(?:random|entropy)\s*\(|\bRAND_(?:priv_)?bytes\b|\barc4random'
    r'|(?<![\w.>:])s?rand\s*\(')
ENVIRONMENT = re.compile(r'\b(?:secure_)?(?:get|put|set|unset)env\b|\benviron\b')
# In C++ and Python alike. A poll with a deadline on a real process says so on its line.
SLEEPS = re.compile(
    r'\bthis_thread::sleep_\w+|\b(?:usleep|nanosleep|clock_nanosleep)\s*\('
    r'|(?<![\w.>])(?:::)?sleep\s*\(|\b(?:time|asyncio)\.sleep\s*\(')
BOUNDED_POLL = 'tidy: bounded poll'
ITS_OWN_FILES = ('tests/tidy.py', 'tests/tidy/planted_test.py')  # they spell what they forbid

UNFINISHED = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X)\b')
MACHINE = re.compile(
    r'(?<![\w.])/(?:home|root|work|Users)/\w|\.\./shared\b|\bdeb\.debian\.org\b'
    r'|\b(?:pypi|npmjs|crates|rubygems)\.(?:org|com|io)\b|\bartifactory\b')
ISSUE_NUMBER = re.compile(r'(?<![\w&#])#\d+\b|\b[Ii]ssue \d+\b')

LINE_COLUMNS, FUNCTION_LINES, HEADER_BYTES, SOURCE_BYTES = 100, 70, 8 * 1024, 16 * 1024

# (rule, file): why it may.
EXCEPTIONS = {
    ('clock', 'io/ring_backend.cpp'): 'the seam where time enters a reactor',
    ('file', 'rpc/endpoint.cpp'): 'the path of a Unix socket is its address, not a file of ours',
}


class Tree:
    """The files of a repository, read once, and the violations found in them."""

    def __init__(self, root):
        self.root = root
        self.found = []
        self.names = sorted(self._list())
        self.text = {}
        for name in self.names:
            try:
                self.text[name] = (root / name).read_text(encoding='utf-8')
            except (UnicodeDecodeError, IsADirectoryError):
                pass  # corpora and golden files are bytes
        self.cpp = {name: CppText(text) for name, text in self.text.items()
                    if name.endswith(('.cpp', '.hpp'))}

    def _list(self):
        if (self.root / '.git').exists():
            listed = subprocess.run(
                ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                cwd=self.root, check=True, capture_output=True, text=True).stdout
            return {name for name in listed.split('\0') if (self.root / name).is_file()}
        return {str(path.relative_to(self.root)) for path in self.root.rglob('*')
                if path.is_file() and not str(path.relative_to(self.root)).startswith('build')}

    def blame(self, rule, name, line, message):
        if (rule, name) not in EXCEPTIONS:
            self.found.append((name, line, rule, message))

    def sources(self, *ends):
        return [name for name in self.text if name.endswith(ends)]


def folder_of(name):
    """The house folder whose rights a file has: tests/io/x.cpp has those of io, with no door."""
    parts = name.split('/')
    return parts[1] if parts[0] == 'tests' and len(parts) > 2 else parts[0]


def is_test(name):
    return name.startswith(('tests/', 'bench/'))


def check_includes(tree):
    for name, source in tree.cpp.items():
        folder = folder_of(name)
        for line, bracket, header in source.includes:
            if bracket == '"':
                check_own_header(tree, name, folder, line, header)
            else:
                check_foreign_header(tree, name, folder, line, header)


def check_own_header(tree, name, folder, line, header):
    target = header.split('/')[0]
    if target == 'tests' and is_test(name):
        return
    if target not in USES:
        if not GENERATED.get(folder, re.compile('(?!)')).fullmatch(header):
            tree.blame('include', name, line, f'"{header}" names no folder of ours: use '
                       '"folder/file.hpp", or <...> for a third party')
        return
    # Tests of a folder may use what it uses; tests across folders, and benches, use everything.
    allowed = USES.get(folder, EVERYTHING).split() + [folder]
    if target not in allowed:
        tree.blame('arrow', name, line, f'{folder} may not use {target}; it may use '
                   f'{USES[folder] or "nothing"}')
    if target != folder and header != f'{target}/{target}.hpp' and not is_test(name):
        tree.blame('door', name, line, f'include "{target}/{target}.hpp", not "{header}"')


def check_foreign_header(tree, name, folder, line, header):
    for prefix, hosts in HOSTS.items():
        if header.startswith(prefix):
            allowed = hosts.split() + (['tests'] if prefix == 'doctest/' else [])
            free = is_test(name) and (prefix == 'doctest/' or folder not in USES)
            if folder not in allowed and not free:
                tree.blame('host', name, line, f'<{header}> may be seen only in {hosts or "tests"}')
            return
    if header.split('/')[0] in USES:
        tree.blame('include', name, line, f'write "{header}": it is ours')
    elif not SYSTEM_HEADER.fullmatch(header):
        tree.blame('host', name, line, f'<{header}> has no host folder yet: decide on one, and '
                   'add it to HOSTS in tests/tidy.py and to subprojects/README.md')


def check_build_files(tree):
    listed = set()
    for name in tree.sources('meson.build'):
        folder = name[:-len('meson.build')]
        text = re.sub(r'#[^\n]*', '', tree.text[name])
        listed.update(folder + quoted for quoted in re.findall(r"'([^'\n]+)'", text))
        for call in re.finditer(r'\bfiles\(([^()]*)\)', text):
            entries = re.findall(r"'([^'\n]+)'", call[1])
            if entries != sorted(entries):
                tree.blame('alphabet', name, text.count('\n', 0, call.start()) + 1,
                           f'files() in alphabetical order, please: {", ".join(sorted(entries))}')
    made = re.compile('|'.join(re.sub(r'@\d@', r'\\w+', name.replace('.', r'\.'))
                               for name in listed if '@' in name) or '(?!)')
    for name in tree.names:
        if (name.endswith(('.cpp', '.thrift', '_test.py')) and name not in listed
                and not made.fullmatch(name)):
            tree.blame('listed', name, 1, 'is in no meson.build: nobody compiles or runs it')


def check_sizes(tree):
    for name in tree.sources('.cpp', '.hpp', '.py', '.sh', '.thrift', '.sql', 'meson.build', 'dev'):
        for number, line in enumerate(tree.text[name].split('\n'), 1):
            if len(line) > LINE_COLUMNS:
                tree.blame('columns', name, number, f'{len(line)} columns; at most {LINE_COLUMNS}')
    for name, text in tree.text.items():
        size, limit = len(text.encode()), HEADER_BYTES if name.endswith('.hpp') else SOURCE_BYTES
        if name.endswith(('.cpp', '.hpp', '.py')) and size > limit and not is_test(name):
            tree.blame('size', name, 1, f'{size} bytes, at most {limit}: it is two things')
    for name in tree.sources('.cpp', '.hpp', '.py'):
        for first, last in functions_of(tree, name):
            if last - first + 1 > FUNCTION_LINES:
                tree.blame('function', name, first,
                           f'{last - first + 1} lines; at most {FUNCTION_LINES}')


def functions_of(tree, name):
    if name in tree.cpp:
        return tree.cpp[name].functions()
    return [(node.lineno, node.end_lineno) for node in ast.walk(ast.parse(tree.text[name]))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def check_calls(tree):
    for name, source in tree.cpp.items():
        folder, test = folder_of(name), is_test(name)
        for line, reason in source.awaits():
            tree.blame('await', name, line, f'co_await {reason}: make it a statement of its own')
        if '#pragma once' not in source.code and name.endswith('.hpp'):
            tree.blame('once', name, 1, 'a header begins with #pragma once')
        for rule, pattern, allowed, advice in (
                ('file', FILE_CALLS, ('io',), 'only io talks to the file system'),
                ('clock', CLOCKS, ('apps',), 'clocks come from apps, or from the reactor'),
                ('random', RANDOM, ('apps',), 'random numbers come from apps'),
                ('environment', ENVIRONMENT, ('apps',), 'only apps reads the environment')):
            if not test and folder not in allowed:
                for hit in pattern.finditer(source.code):
                    tree.blame(rule, name, source.line(hit.start()), f'{hit[0].strip()}: {advice}')
    for name in tree.sources('.cpp', '.hpp', '.py'):
        if name.startswith('tests/') and name not in ITS_OWN_FILES:
            text = tree.cpp[name].code if name in tree.cpp else tree.text[name]
            lines = tree.text[name].split('\n')
            for hit in SLEEPS.finditer(text):
                line = text.count('\n', 0, hit.start()) + 1
                if BOUNDED_POLL not in lines[line - 1]:
                    tree.blame('sleep', name, line, 'wait for an event, or use virtual time')


def check_words(tree):
    for name, text in tree.text.items():
        if name in ('LICENSE',) + ITS_OWN_FILES or '/golden/' in name or '/corpus/' in name:
            continue
        for number, line in enumerate(text.split('\n'), 1):
            if UNFINISHED.search(line):
                tree.blame('unfinished', name, number, 'finish it, or open an issue')
            if MACHINE.search(line):
                tree.blame('machine', name, number,
                           f'"{MACHINE.search(line)[0]}" is of one machine')
        comments = tree.cpp[name].comments if name in tree.cpp else text
        if name.endswith(('.cpp', '.hpp', '.py', '.sh', '.md', 'meson.build', 'dev')):
            for hit in ISSUE_NUMBER.finditer(comments):
                tree.blame('number', name, comments.count('\n', 0, hit.start()) + 1,
                           f'"{hit[0]}" means nothing in five years: say what it was')


def check_readmes(tree):
    folders = {name.split('/')[0] for name in tree.names if '/' in name}
    for folder in sorted(folders):
        if not folder.startswith('.') and f'{folder}/README.md' not in tree.names:
            tree.blame('readme', folder, 1, 'a folder has a README.md: its nouns, a sentence each')


def check_headers_alone(tree, build):
    """Each header compiles by itself. What compiled once is remembered by its content."""
    memory = build / 'tidy'
    memory.mkdir(parents=True, exist_ok=True)
    # What a source includes first was compiled alone by the build.
    first = {text.includes[0][2] for name, text in tree.cpp.items()
             if name.endswith('.cpp') and text.includes}
    headers = [name for name in tree.cpp if name.endswith('.hpp') and name not in first]

    def digest_of(name, seen):
        if name not in seen and name in tree.cpp:
            seen.add(name)
            for _, bracket, header in tree.cpp[name].includes:
                if bracket == '"':
                    digest_of(header, seen)
        return seen

    def compile_alone(name):
        parts = [f'{part}\0{tree.text[part]}' for part in sorted(digest_of(name, set()))]
        mark = memory / hashlib.sha256('\0'.join([name] + parts).encode()).hexdigest()
        if mark.exists():
            return None
        ran = subprocess.run(
            ['g++', '-std=c++20', '-fcoroutines', '-fsyntax-only', '-Wall', '-Wextra', '-I.',
             f'-I{build}', f'-I{build}/rpc', '-x', 'c++', '-'], cwd=tree.root,
            input=f'#include "{name}"\n', capture_output=True, text=True)
        if ran.returncode == 0:
            mark.touch()
            return None
        return name, next((line for line in ran.stderr.split('\n') if 'error' in line), ran.stderr)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for fault in pool.map(compile_alone, headers):
            if fault:
                tree.blame('alone', fault[0], 1, f'does not compile alone: {fault[1]}')


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--root', type=pathlib.Path,
                         default=pathlib.Path(__file__).resolve().parent.parent)
    options.add_argument('--build', type=pathlib.Path,
                         help='where to remember headers that compiled; without it none is tried')
    given = options.parse_args()
    tree = Tree(given.root.resolve())
    for check in (check_includes, check_build_files, check_sizes, check_calls, check_words,
                  check_readmes):
        check(tree)
    if given.build:
        check_headers_alone(tree, given.build.resolve())
    for name, line, rule, message in sorted(set(tree.found)):
        print(f'{name}:{line}: {rule}: {message}')
    print(f'tidy: {len(tree.names)} files, {len(set(tree.found))} violations')
    return 1 if tree.found else 0


if __name__ == '__main__':
    sys.exit(main())
