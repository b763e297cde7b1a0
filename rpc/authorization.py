"""Turns the authorization annotations of sluice.thrift into a C++ table.

    authorization.py sluice.thrift authorization_table.cpp

Fails, and so fails the build, when a method has no annotation or an unknown one.
"""

import pathlib
import re
import sys

WHO = ('anyone', 'admin', 'node', 'site')
SERVICE = re.compile(r'\bservice\s+(\w+)(?:\s+extends\s+(\w+))?\s*\{([^}]*)\}')
METHOD = re.compile(
    r'(?P<name>\w+)\s*\((?P<arguments>[^()]*)\)\s*(?:throws\s*\([^()]*\))?\s*'
    r'(?P<annotations>\([^()]*\))?')
HEAD = '''// Made by rpc/authorization.py from rpc/sluice.thrift.
#include "rpc/authorization.hpp"

namespace sluice::rpc {

std::span<const method_authorization> authorization_table() noexcept {
  static constexpr method_authorization rows[] = {
'''
TAIL = '''  };
  return rows;
}

}  // namespace sluice::rpc
'''


def methods_of(text):
    """(service, method, who) for each method, inherited ones too; `who` is None without one."""
    text = re.sub(r'/\*.*?\*/|//[^\n]*|#[^\n]*', '', text, flags=re.S)
    own = {}
    for name, base, body in SERVICE.findall(text):
        rows = dict(own.get(base, {}))
        for method in METHOD.finditer(body):
            marked = re.search(r'\bauthorization\s*=\s*"([^"]*)"', method['annotations'] or '')
            rows[method['name']] = marked[1] if marked else None
        own[name] = rows
    return [(service, method, who) for service, rows in own.items()
            for method, who in rows.items()]


def main():
    source, target = (pathlib.Path(name) for name in sys.argv[1:3])
    rows = methods_of(source.read_text())
    faults = [f'{source.name}: {service}.{method}: '
              + ('has no authorization annotation' if who is None else f'"{who}" is nobody')
              + f': write (authorization = "...") with one of {", ".join(WHO)}'
              for service, method, who in rows if who not in WHO]
    if faults or not rows:
        sys.exit('\n'.join(faults) or f'{source.name}: no service found')
    lines = [f'      {{"{service}", "{method}", authorization::{who}}},\n'
             for service, method, who in rows]
    target.write_text(HEAD + ''.join(lines) + TAIL)


if __name__ == '__main__':
    main()
