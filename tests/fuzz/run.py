"""Builds one fuzzer with clang and libFuzzer, runs its corpus once, then looks for new inputs.

    run.py NAME --build FOLDER [--include FOLDER]... [--library PKG_CONFIG_NAME]...
           [--flag=COMPILER_FLAG]... SOURCE...

5 seconds, 60 with SLUICE_LONG=1. SLUICE_SEED sets the seed (1). An input that breaks something is
kept in FOLDER and named. Without the compiler the test is skipped, but fails when CI=true.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
COMPILER = 'clang++-19'
SKIPPED = 77
FLAGS = ['-std=c++20', '-O1', '-g', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all',
         '-fsanitize=fuzzer-no-link,address,undefined', '-Wall', '-Wextra', '-Werror']


def missing_tool():
    """What is not installed here, or None."""
    if not shutil.which(COMPILER):
        return f'{COMPILER} is not installed (Debian package clang-19)'
    folder = subprocess.run([COMPILER, '-print-resource-dir'], check=True, capture_output=True,
                            text=True).stdout.strip()
    if not list(pathlib.Path(folder).rglob('libclang_rt.fuzzer*.a')):
        return 'libFuzzer is not installed (Debian package libclang-rt-19-dev)'
    return None


def pkg_config(kind, libraries):
    if not libraries:
        return []
    return shlex.split(subprocess.run(['pkg-config', kind, *libraries], check=True,
                                      capture_output=True, text=True).stdout)


def is_fresh(product, command):
    """True when `product` was made by this command and is newer than all it was made of."""
    note = product.with_suffix('.command')
    made_of = product.with_suffix('.d')
    if not product.exists() or not note.exists() or not made_of.exists():
        return False
    if note.read_text() != shlex.join(command):
        return False
    inputs = made_of.read_text().replace('\\\n', ' ').split(':', 1)[1].split()
    made = product.stat().st_mtime_ns
    try:
        return all(os.stat(name).st_mtime_ns < made for name in inputs)
    except FileNotFoundError:
        return False


def compile_one(source, product, flags):
    command = [COMPILER, *flags, '-MD', '-MF', str(product.with_suffix('.d')), '-c', str(source),
               '-o', str(product)]
    if is_fresh(product, command):
        return
    cached = ['ccache'] if shutil.which('ccache') else []
    product.unlink(missing_ok=True)
    subprocess.run([*cached, *command], check=True)
    product.with_suffix('.command').write_text(shlex.join(command))


def build(name, folder, options):
    """The fuzzer's path; compiles only what changed. Each fuzzer has its own folder."""
    folder.mkdir(parents=True, exist_ok=True)
    flags = [*FLAGS, f'-I{TOP}', *(f'-I{include}' for include in options.include),
             *pkg_config('--cflags', options.library), *options.flag]
    products = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        waiting = []
        for source in options.sources:
            path = pathlib.Path(source).resolve()
            product = folder / ('_'.join(path.parts[-2:]) + '.o')
            products.append(product)
            waiting.append(pool.submit(compile_one, path, product, flags))
        for one in waiting:
            one.result()
    program = folder / f'{name}_fuzz'
    subprocess.run([COMPILER, '-fsanitize=fuzzer,address,undefined', *map(str, products),
                    *pkg_config('--libs', options.library), *(f'-l{link}' for link in options.link),
                    '-o', str(program)], check=True)
    return program


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('name')
    parser.add_argument('--build', required=True)
    parser.add_argument('--include', action='append', default=[])
    parser.add_argument('--library', action='append', default=[])
    parser.add_argument('--link', action='append', default=[])  # what pkg-config does not know
    parser.add_argument('--flag', action='append', default=[])
    parser.add_argument('sources', nargs='+')
    options = parser.parse_args()

    missing = missing_tool()
    if missing:
        print(f'fuzz: {missing}; install it to run this test')
        return 1 if os.environ.get('CI') == 'true' else SKIPPED

    folder = pathlib.Path(options.build).resolve() / f'{options.name}_fuzz'
    corpus = HERE / 'corpus' / options.name
    dictionary = HERE / f'{options.name}.dict'
    if not any(corpus.iterdir()):
        print(f'fuzz: {corpus} is empty; give the fuzzer a few inputs to begin with')
        return 1
    try:
        program = build(options.name, folder, options)
    except subprocess.CalledProcessError as failure:
        print(f'fuzz: cannot build {options.name}: {shlex.join(map(str, failure.cmd))}')
        return 1

    seconds = 60 if os.environ.get('SLUICE_LONG') == '1' else 5
    seed = os.environ.get('SLUICE_SEED', '1')
    print(f'fuzz: {options.name}, seed {seed}, {seconds} s', flush=True)
    common = [str(program), f'-artifact_prefix={folder}/found-', f'-seed={seed}', '-timeout=10',
              '-rss_limit_mb=1024', '-verbosity=0']
    if dictionary.exists():
        common.append(f'-dict={dictionary}')
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        runs = [[*common, '-runs=0', str(corpus)],
                [*common, f'-max_total_time={seconds}', '-print_final_stats=1', fresh,
                 str(corpus)]]
        for run in runs:
            if subprocess.run(run, check=False).returncode != 0:
                print(f'fuzz: {options.name} broke; its input is {folder}/found-*. Repeat it with\n'
                      f'  {program} INPUT\nand, once mended, keep it in {corpus}')
                return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
