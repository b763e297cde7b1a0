"""Each rule of tidy bites: a violation planted in a small clean tree is found and named."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parent.parent / 'tidy.py'
HEADER = '#pragma once\n\nnamespace sluice {\n}\n'
SOURCE = '#include "io/file.hpp"\n\nvoid flush() {}\n'
CLEAN = {
    'README.md': '# small\n',
    'base/README.md': '# base\n', 'base/base.hpp': HEADER, 'base/text.hpp': HEADER,
    'io/README.md': '# io\n', 'io/io.hpp': HEADER, 'io/file.hpp': HEADER, 'io/file.cpp': SOURCE,
    'io/meson.build': "io_lib = static_library('io', files('file.cpp'))\n",
    'storage/README.md': '# storage\n', 'storage/storage.hpp': HEADER,
    'storage/library.cpp': '#include "io/io.hpp"\n\n#include <sys/types.h>\n#include <vector>\n',
    'storage/meson.build': "files('library.cpp')\n",
    'tests/README.md': '# tests\n', 'tests/meson.build': "files('io/file_test.cpp', 'main.cpp')\n",
    'tests/main.cpp': '#include <doctest/doctest.h>\n',
    'tests/io/file_test.cpp': '#include "base/text.hpp"\n#include "io/file.hpp"\n',
}


def run_tidy(files, *options):
    """Returns tidy's exit code and output for a tree of these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, 'tree', name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
        if '--build' in options:
            options += (os.path.join(folder, 'built'),)
        command = [sys.executable, TIDY, '--root', os.path.join(folder, 'tree'), *options]
        ran = subprocess.run(command, capture_output=True, text=True)
        return ran.returncode, ran.stdout + ran.stderr


def body(lines):
    return 'int count() {\n' + '  ++counter;\n' * (lines - 2) + '}\n'


class Planted(unittest.TestCase):
    def bites(self, rule, name, text, *options):
        with self.subTest(rule=rule, text=text[:80]):
            code, output = run_tidy({**CLEAN, name: text}, *options)
            self.assertEqual(code, 1, output)
            self.assertRegex(output, rf'(?m)^{name}:\d+: {rule}: ')

    def spares(self, name, text, *options):
        with self.subTest(spared=text[:80]):
            code, output = run_tidy({**CLEAN, name: text}, *options)
            self.assertEqual((code, output.count('\n')), (0, 1), output)

    def test_the_clean_tree_passes(self):
        code, output = run_tidy(CLEAN, '--build')
        self.assertEqual(code, 0, output)

    def test_an_arrow_upwards_or_sideways(self):
        self.bites('arrow', 'io/file.cpp', '#include "storage/storage.hpp"\n')
        self.bites('arrow', 'base/text.hpp', HEADER + '#include "io/io.hpp"\n')
        self.bites('arrow', 'tests/io/file_test.cpp', '#include "storage/storage.hpp"\n')
        self.spares('io/file.cpp', '// #include "storage/storage.hpp"\n#include "base/base.hpp"\n')

    def test_another_way_in_than_the_door(self):
        self.bites('door', 'storage/library.cpp', '#include "io/file.hpp"\n')

    def test_a_guest_outside_its_host(self):
        self.bites('host', 'storage/library.cpp', '#include <liburing.h>\n')
        self.bites('host', 'io/file.cpp', '#include <caf/all.hpp>\n')
        self.bites('host', 'io/file.cpp', '#include <unheard/of.hpp>\n')
        self.bites('host', 'tests/io/file_test.cpp', '#include <thrift/Thrift.h>\n')
        self.spares('io/file.cpp', '#include <liburing.h>\n')

    def test_a_header_of_nobody(self):
        self.bites('include', 'io/file.cpp', '#include "file.hpp"\n')
        self.bites('include', 'io/file.cpp', '#include <io/file.hpp>\n')

    def test_a_source_that_nobody_compiles(self):
        self.bites('listed', 'io/lost.cpp', SOURCE)
        self.bites('listed', 'tests/e2e/lost_test.py', 'pass\n')

    def test_files_out_of_order(self):
        self.bites('alphabet', 'tests/meson.build', "files('io/file_test.cpp', 'main.cpp')\n"
                   "files('b.cpp',\n  'a.cpp')\n")

    def test_a_header_that_needs_another_first(self):
        self.bites('alone', 'io/planted.hpp', HEADER + 'std::vector<int> sizes();\n', '--build')

    def test_a_header_without_its_guard(self):
        self.bites('once', 'io/file.hpp', 'int size();\n')

    def test_a_line_too_long_counts_characters(self):
        self.bites('columns', 'io/file.cpp', SOURCE + '// ' + 'ä' * 98 + '\n')
        self.spares('io/file.cpp', SOURCE + '// ' + 'ä' * 97 + '\n')

    def test_a_function_too_long(self):
        self.bites('function', 'io/file.cpp', body(71))
        self.bites('function', 'io/file.cpp',
                   'namespace a::b {\nstruct c : d {\n' + body(71) + '};\n}')
        self.bites('function', 'io/file.cpp',
                   'c::c(int x) : a_{x}, b_(x) {\n' + '  f();\n' * 70 + '}')
        self.bites('function', 'tests/io/main.py', 'def f():\n' + '    pass\n' * 70)
        self.spares('io/file.cpp',
                    body(70) + body(70) + 'int table[] = {\n' + '  1,\n' * 100 + '};\n')

    def test_a_file_too_large(self):
        self.bites('size', 'io/file.hpp', HEADER + '// bytes and bytes\n' * 500)
        self.bites('size', 'io/file.cpp', SOURCE + '// bytes and bytes\n' * 1000)
        self.spares('tests/io/file_test.cpp', '// bytes and bytes\n' * 1000)

    def test_an_await_inside_an_expression(self):
        for fault in ('auto x = ready ? co_await f() : 0;', 'if (co_await f()) { g(); }',
                      'co_return co_await f();', 'g(co_await f());', 'int x{co_await f()};',
                      'request r{.size = co_await f()};', 'auto x = co_await f() ? 1 : 2;',
                      'auto x = 1 + co_await f();', 'auto x = co_await f() + 1;'):
            self.bites('await', 'io/file.cpp', f'task run() {{ {fault} }}\n')

    def test_an_await_on_its_own(self):
        for whole in ('co_await f();', 'auto x = co_await f(a, {1, 2});', 'if (!x) co_await f();',
                      'const auto& x = co_await a.b->c<d, e>().f();', 'x.y_ = co_await f();',
                      'auto [a, b] = co_await f();', 'for (auto& x : xs) { co_await f(x); }',
                      'result<std::vector<int>> x = co_await f();', 'case kind::a: co_await f();',
                      'if (a) for (b : c) co_await f();'):
            self.spares('io/file.cpp', f'task run() {{ {whole} }}\n')

    def test_the_file_system_outside_io(self):
        for call in ('::open(path, 0);', 'fopen(path, mode);', 'std::filesystem::remove(path);',
                     'std::ifstream in(path);', '::rename(a, b);', 'std::filesystem::exists(p);'):
            self.bites('file', 'storage/library.cpp', f'void f() {{ {call} }}\n')
            self.spares('io/file.cpp', f'void f() {{ {call} }}\n')
        self.spares('storage/library.cpp', 'std::filesystem::path at = folder.open(x);\n')

    def test_clocks_chance_and_environment_outside_apps(self):
        self.bites('clock', 'io/file.cpp', 'auto now = std::chrono::steady_clock::now();\n')
        self.bites('clock', 'io/file.cpp', 'auto now = time(nullptr);\n')
        self.bites('random', 'io/file.cpp', 'std::random_device device;\n')
        self.bites('environment', 'io/file.cpp', 'auto home = std::getenv("HOME");\n')
        self.spares('tests/io/file_test.cpp', 'auto home = std::getenv("HOME");\n')

    def test_a_sleep_in_a_test(self):
        self.bites('sleep', 'tests/io/file_test.cpp', 'std::this_thread::sleep_for(1s);\n')
        self.bites('sleep', 'tests/io/wait.py', 'import time\ntime.sleep(1)\n')
        self.spares('tests/io/wait.py', 'import time\ntime.sleep(1)  # tidy: bounded poll\n')

    def test_a_folder_without_readme(self):
        tree = {name: text for name, text in CLEAN.items() if name != 'io/README.md'}
        code, output = run_tidy(tree)
        self.assertEqual(code, 1)
        self.assertIn('io:1: readme: ', output)

    def test_words_that_do_not_belong(self):
        self.bites('unfinished', 'io/README.md', '# io\n\nTO' 'DO: describe\n')
        self.bites('machine', 'io/file.cpp', SOURCE + '// see /home/somebody/notes\n')
        self.bites('number', 'io/file.cpp', SOURCE + '// mends #12\n')
        self.spares('io/file.cpp', SOURCE + 'const char* text = "attempt #12";\n')


if __name__ == '__main__':
    unittest.main()
