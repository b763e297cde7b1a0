"""The peers that serve: nginx and an rsync daemon, on ports that were free a moment ago."""

import os
import socket
import subprocess

from commands import pinned
from sluice_e2e import die_with_parent, wait_for

NGINX_FILE = '''daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
error_log stderr crit; worker_rlimit_nofile 65536;
events {{ use epoll; worker_connections 4096; multi_accept on; }}
http {{
  access_log off; {sending}; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 75s; keepalive_requests 1000000000;
  open_file_cache max=100000 inactive=600s; open_file_cache_valid 600s; open_file_cache_min_uses 1;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}
}}
'''
COMMON = 'one worker, epoll, tcp_nopush, open_file_cache, no access log'
SENDFILE = 'sendfile on; sendfile_max_chunk 2m'  # the default of that chunk, spelt out
AIO = 'sendfile on; sendfile_max_chunk 2m; aio threads'
DIRECT = 'sendfile on; aio threads; directio 4k; output_buffers 4 1m'
RSYNC_FILE = '''address = 127.0.0.1
port = {port}
use chroot = no
pid file = {folder}/rsyncd.pid
log file = {folder}/rsyncd.log
{user}[files]
path = {root}
read only = yes
'''


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as chosen:
        return chosen.getsockname()[1]


class Server:
    """A peer's daemon: answers when its `with` begins, gone when it ends."""

    def __init__(self, folder, core, command):
        self.folder, self.core = folder, core
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.command = command
        self.process = None

    @property
    def address(self):
        return f'127.0.0.1:{self.port}'

    def __enter__(self):
        with open(self.folder / 'log', 'wb') as log:
            self.process = subprocess.Popen(
                pinned(self.core, self.command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent)
        wait_for(self.answers, f'{self.command[0]} is ready', 30)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f'{self.command[0]} ended: {(self.folder / "log").read_text()}')
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0


class Nginx(Server):
    def __init__(self, folder, root, sending=SENDFILE, core=None):
        config = folder / 'nginx.conf'
        super().__init__(folder, core, ['nginx', '-p', folder, '-c', config])
        config.write_text(NGINX_FILE.format(folder=folder, root=root, port=self.port,
                                            sending=sending), encoding='utf-8')
        self.settings = f'{COMMON}; {sending}'


class RsyncDaemon(Server):
    def __init__(self, folder, root):
        config = folder / 'rsyncd.conf'
        super().__init__(folder, None, ['rsync', '--daemon', '--no-detach', f'--config={config}'])
        user = 'uid = 0\ngid = 0\n' if os.geteuid() == 0 else ''
        config.write_text(RSYNC_FILE.format(folder=folder, root=root, port=self.port, user=user),
                          encoding='utf-8')

    def url(self, path=''):
        return f'rsync://127.0.0.1:{self.port}/files/{path}'
