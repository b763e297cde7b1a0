"""Which test proves which row of the feature contract: reads the tests, writes docs/features.md.

    tests/features/list.py [--root FOLDER]           writes it
    tests/features/list.py [--root FOLDER] --check   fails when it is not what would be written

A test cites rows in its name or in the comment right above it: "B7", "X1 to X7". In Python its
docstring counts as well. Rows and what they promise: tests/features/rows.txt.
"""

import argparse
import ast
import pathlib
import re
import sys

ID = re.compile(r'\b([A-Z])([1-9]\d?)\b(?: to \1([1-9]\d?)\b)?')
ROW = re.compile(r'([A-Z][1-9]\d?) (.+)')
SECTION = re.compile(r'([A-Z]) (.+)')
CASE = re.compile(r'^(?:TEST_CASE|TEST_CASE_FIXTURE|TEST_CASE_TEMPLATE|SUBCASE)\(', re.MULTILINE)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMENT = re.compile(r'\s*(///?|#) ?(.*)')
HEAD = '''# Features

What sluice promises, row by row, and the tests that prove it. Made by `tests/features/list.py`
from the tests and from [rows.txt](../tests/features/rows.txt); a test fails when it is out of date.

{proven} of {all} rows have a test that cites them. **None yet** marks a row without.
'''


def read_rows(path):
    """[(section, [(id, promise), ...]), ...] in their order."""
    sections = []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        if not line or line.startswith('#'):
            continue
        if row := ROW.fullmatch(line):
            sections[-1][1].append((row[1], row[2]))
        elif section := SECTION.fullmatch(line):
            sections.append((section[2], []))
        else:
            sys.exit(f'{path}:{number}: neither a section ("A Title") nor a row ("A1 promise")')
    return sections


def rows_in(text):
    """The IDs a text cites."""
    for found in ID.finditer(text):
        first = int(found[2])
        for number in range(first, int(found[3] or first) + 1):
            yield f'{found[1]}{number}'


def comment_above(lines, index):
    """The comment that ends right above a line."""
    words = []
    while index > 0 and (found := COMMENT.fullmatch(lines[index - 1])):
        words.insert(0, found[2])
        index -= 1
    return ' '.join(words)


def cases_in_cpp(text):
    """(name, what may cite) of each TEST_CASE."""
    lines = text.splitlines()
    for found in CASE.finditer(text):
        # The name is one string, or several in a row.
        name, at = '', found.end()
        while part := STRING.match(text, at + len(text[at:]) - len(text[at:].lstrip())):
            name += part[1]
            at = part.end()
        if name:
            line = text.count('\n', 0, found.start())
            yield name, f'{comment_above(lines, line)} {name}'


def cases_in_python(text):
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith('test'):
            said = f'{comment_above(lines, node.lineno - 1)} {ast.get_docstring(node) or ""}'
            yield node.name.removeprefix('test_').replace('_', ' '), said


def read_tests(root):
    """{row: [(file, name), ...]}"""
    proofs = {}
    for path in sorted((root / 'tests').rglob('*_test.*')):
        cases = {'.cpp': cases_in_cpp, '.py': cases_in_python}.get(path.suffix)
        if cases is None:
            continue
        for name, text in cases(path.read_text(encoding='utf-8')):
            for row in dict.fromkeys(rows_in(text)):
                proofs.setdefault(row, []).append((path.relative_to(root).as_posix(), name))
    return proofs


def proof_text(proof):
    path, name = proof
    return f'[{pathlib.PurePath(path).stem}](../{path}): {name.replace("|", chr(92) + "|")}'


def page(sections, proofs):
    rows = [row for _, inside in sections for row, _ in inside]
    text = HEAD.format(proven=sum(row in proofs for row in rows), all=len(rows))
    for title, inside in sections:
        text += f'\n## {title}\n\n| row | promise | tests |\n|---|---|---|\n'
        for row, promise in inside:
            tests = ' <br> '.join(proof_text(one) for one in proofs.get(row, []))
            text += f'| {row} | {promise} | {tests or "**None yet**"} |\n'
    return text


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--root', type=pathlib.Path,
                         default=pathlib.Path(__file__).resolve().parents[2])
    options.add_argument('--check', action='store_true')
    given = options.parse_args()
    sections = read_rows(given.root / 'tests' / 'features' / 'rows.txt')
    made = page(sections, read_tests(given.root))
    path = given.root / 'docs' / 'features.md'
    if not given.check:
        path.write_text(made, encoding='utf-8')
        return 0
    if not path.exists() or path.read_text(encoding='utf-8') != made:
        print('docs/features.md does not say what the tests say; run tests/features/list.py')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
