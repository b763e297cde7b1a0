"""That the daemon which is measured is the one that is delivered: the same program, started the
same way, with the defaults for everything but names, paths, addresses and the site's own facts."""

import os
import pathlib
import re
import subprocess

MAY_DIFFER = {
    'node.name', 'node.state', 'node.library', 'node.node_socket', 'node.observation',
    'site.code', 'site.source_roots', 'site.listen', 'site.admin_socket',
    'distribution_point.listen', 'distribution_point.content_address',
    'distribution_point.control', 'distribution_point.site', 'distribution_point.anonymous_access',
}
OURS_TO_SET = {'SLUICE_BUILD', 'SLUICE_LONG'}  # of the test programs; sluiced does not read them


class NotOrdinary(AssertionError):
    """A number of this daemon would promise what an operator does not get."""


def settings_not_default(printed):
    """Of the text of `sluiced --print-config`: {section.key: its line} that a file has set."""
    found, section = {}, ''
    for line in printed.splitlines():
        if head := re.fullmatch(r'\[([\w.]+)\]', line):
            section = head[1]
        elif line.strip():
            setting, origin = line.rsplit('  # ', 1)
            if origin != 'default' and not setting.startswith('#'):
                key = setting.split(' =', 1)[0].strip()
                found[f'{section}.{key}'] = setting.strip()
    return found


def strange_settings(printed):
    return {key: line for key, line in settings_not_default(printed).items()
            if key not in MAY_DIFFER}


def strange_environment(environment):
    return sorted(name for name in environment
                  if (name.startswith('SLUICE_') and name not in OURS_TO_SET)
                  or name.startswith(('LD_', 'MALLOC_', 'GLIBC_TUNABLES')))


def print_config(node):
    return subprocess.run([program_of(node), '--config', config_of(node), '--print-config'],
                          capture_output=True, text=True, check=True, timeout=60).stdout


def program_of(node):
    return node.place.build / 'apps' / 'sluiced'


def config_of(node):
    return node.folder / 'sluiced.toml'


def check(node):
    """Raises NotOrdinary unless `node`, which runs, is an ordinary sluiced."""
    process = pathlib.Path(f'/proc/{node.process.pid}')
    runs, program = pathlib.Path(os.readlink(process / 'exe')), program_of(node)
    if not os.path.samefile(runs, program):
        raise NotOrdinary(f'{node.name} runs {runs}, not {program}')
    words = (process / 'cmdline').read_bytes().decode().split('\0')[1:-1]
    wanted = ['--config', str(config_of(node)), '--ready-file', str(node.folder / 'ready')]
    if words != wanted:
        raise NotOrdinary(f'{node.name} was started with {words}')
    environment = (process / 'environ').read_bytes().decode(errors='replace').split('\0')
    names = strange_environment(word.split('=', 1)[0] for word in environment if word)
    if names:
        raise NotOrdinary(f'{node.name} was started with {", ".join(names)} in its environment')
    strange = strange_settings(print_config(node))
    if strange:
        raise NotOrdinary(f'{node.name} is not as delivered: {"; ".join(strange.values())}')
