"""What a result was measured on: processor, memory, disk, kernel, and the tools' versions."""

import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess

SHOWN_FEATURES = ('sha_ni', 'avx2', 'avx512f', 'avx512bw', 'vaes')
VERSIONS = {
    'aria2c': ('aria2c', '--version'), 'cp': ('cp', '--version'), 'curl': ('curl', '--version'),
    'fio': ('fio', '--version'), 'nginx': ('nginx', '-v'), 'openssl': ('openssl', 'version'),
    'rsync': ('rsync', '--version'), 'sha256sum': ('sha256sum', '--version'),
    'wget': ('wget', '--version'), 'python': ('python3', '--version'),
}


def first_line(*command, cwd=None):
    if not shutil.which(command[0]):
        return 'not installed'
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=cwd)
    return ((ran.stdout or ran.stderr).strip().splitlines() or [''])[0]


def cpu_row(key):
    text = pathlib.Path('/proc/cpuinfo').read_text(encoding='utf-8')
    found = re.search(rf'^{key}\s*:\s*(.*)$', text, re.MULTILINE)
    return found[1] if found else 'unknown'


def memory_bytes():
    return os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')


def mount_of(folder):
    """(device, file system, its options) that hold a folder, from mountinfo(5)."""
    wanted, best = str(pathlib.Path(folder).resolve()), ('', ('unknown', 'unknown', ''))
    for line in pathlib.Path('/proc/self/mountinfo').read_text(encoding='utf-8').splitlines():
        left, right = line.split(' - ', 1)
        point, options = left.split()[4:6]
        kind, device, more = right.split()[:3]
        beneath = wanted == point or wanted.startswith(point.rstrip('/') + '/')
        if beneath and len(point) >= len(best[0]):
            best = point, (device, kind, f'{options}; {more}')
    return best[1]


def disk_of(folder):
    """What is known of the disk under a folder: the host may keep the rest to itself."""
    number = os.stat(folder).st_dev
    block = pathlib.Path(f'/sys/dev/block/{os.major(number)}:{os.minor(number)}')
    if not block.exists():
        return 'no block device'
    block = block.resolve()
    if not (block / 'queue').exists():
        block = block.parent  # a partition
    words = [block.name, 'virtual disk' if block.name.startswith('vd') else '']
    for name, meaning in (('device/model', '{}'), ('queue/rotational', 'rotational={}'),
                          ('queue/scheduler', 'scheduler {}')):
        if (block / name).exists():
            words.append(meaning.format((block / name).read_text(encoding='utf-8').strip()))
    return ', '.join(word for word in words if word)


def reclaim():
    """Who takes pages from the cache although there is room: it makes cached files cold again."""
    schemes = pathlib.Path('/sys/kernel/mm/damon/admin/kdamonds')
    actions = {path.read_text().strip() for path in schemes.glob('*/contexts/*/schemes/*/action')}
    return f'by DAMON: {", ".join(sorted(actions))}' if actions else 'under pressure only'


def build_type(build):
    options = json.loads((build / 'meson-info' / 'intro-buildoptions.json').read_text())
    return next(option['value'] for option in options if option['name'] == 'buildtype')


def describe(folder, build, congestion):
    """Everything as text, in the order it is printed."""
    _, file_system, options = mount_of(folder)
    features = cpu_row('flags').split()
    top = pathlib.Path(__file__).resolve().parent.parent.parent
    return {
        'when': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
        'sluice': first_line('git', 'describe', '--always', '--dirty', '--tags', cwd=top),
        'build': f'{first_line(str(build / "apps" / "sluiced"), "--version")}, {build_type(build)}',
        'processor': f'{cpu_row("model name")}, {os.cpu_count()} cores, '
                     + ' '.join(name for name in SHOWN_FEATURES if name in features),
        'kernel': f'{platform.system()} {platform.release()}',
        'memory': f'{memory_bytes() / 1024 ** 3:.1f} GiB',
        'disk': disk_of(folder),
        'reclaim': reclaim(),
        'file system': f'{file_system} ({options})',
        'free': f'{shutil.disk_usage(folder).free / 1024 ** 3:.1f} GiB',
        'congestion control': str(congestion),
        'load before': ' '.join(f'{load:.2f}' for load in os.getloadavg()),
        'tools': {name: first_line(*command) for name, command in VERSIONS.items()},
    }


def machine_text(facts):
    lines = [f'  {key:<20} {value}' for key, value in facts.items() if key != 'tools']
    lines += [f'  {name:<20} {version}' for name, version in facts['tools'].items()]
    return '\n'.join(lines)
