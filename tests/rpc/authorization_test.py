"""A method without an authorization annotation, or with an unknown one, does not build."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]


def run_on(text):
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, 'x.thrift'), pathlib.Path(folder, 'x.cpp')
        source.write_text(text)
        ran = subprocess.run([sys.executable, TOP / 'rpc' / 'authorization.py', source, target],
                             capture_output=True, text=True)
        return ran.returncode, ran.stderr, target.read_text() if target.exists() else ''


class AuthorizationTest(unittest.TestCase):
    def setUp(self):
        self.text = (TOP / 'rpc' / 'sluice.thrift').read_text()

    def test_the_real_file_makes_a_table(self):
        code, _, table = run_on(self.text)
        self.assertEqual(code, 0)
        self.assertIn('{"Admin", "distribute", authorization::admin}', table)

    def test_a_method_without_annotation_fails_by_name(self):
        before = '  void package_remove(1: string package_id)\n    throws (1: failure refused) '
        self.assertIn(before + '(authorization', self.text)
        planted = self.text.replace(before + '(authorization = "admin")', before)
        code, said, table = run_on(planted)
        self.assertNotEqual(code, 0)
        self.assertIn('Admin.package_remove: has no authorization annotation', said)
        self.assertEqual(table, '')

    def test_an_unknown_role_fails_by_name(self):
        code, said, _ = run_on(self.text.replace('(authorization = "site")',
                                                 '(authorization = "everybody")', 1))
        self.assertNotEqual(code, 0)
        self.assertIn('"everybody" is nobody', said)

    def test_a_file_without_services_fails(self):
        self.assertNotEqual(run_on('struct nothing {}')[0], 0)


if __name__ == '__main__':
    unittest.main()
