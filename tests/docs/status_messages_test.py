"""docs/status_messages.md is what `sluice catalogue` says.

    SLUICE_BUILD=build /usr/bin/python3 tests/docs/status_messages_test.py --write

writes it anew.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGE = TOP / 'docs' / 'status_messages.md'
HEAD = """# Status messages

What sites and nodes say, as `sluice messages` shows it. A milestone is what an operator waits for
or has to act on, a detail is what happens in between, an audit is who changed what. `%1`, `%2`
stand for what a message is about. Made from `sluice catalogue`, which shows one of them as well:
`sluice catalogue 2391`.

| ID | Severity | Component | Type | Message |
|---|---|---|---|---|
"""


def catalogue():
    ran = subprocess.run([pathlib.Path(os.environ['SLUICE_BUILD']) / 'apps' / 'sluice', 'catalogue',
                          '--json'], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return json.loads(ran.stdout)['items']


def page():
    lines = []
    for row in catalogue():
        cells = [str(row['id']), row['severity'], row['component'], row['type'],
                 row['sentence'].replace('|', '\\|')]
        lines.append('| ' + ' | '.join(cells) + ' |')
    return HEAD + '\n'.join(lines) + '\n'


class StatusMessagesTest(unittest.TestCase):
    def test_the_page_is_what_the_catalogue_says(self):
        self.assertEqual(PAGE.read_text(encoding='utf-8'), page())


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        PAGE.write_text(page(), encoding='utf-8')
    else:
        unittest.main(verbosity=2)
