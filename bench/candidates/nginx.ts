// nginx as a plain reverse proxy: no key, no ledger, no metrics. The yardstick of the benchmark.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, plainEnvironment, startProcess, untilListening } from '../measure/child-process.ts';
import { type Candidate, passThrough, untranslated } from './candidate.ts';

function version(): string | undefined {
  const asked = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stderr.trim().replace('nginx version: ', '') : undefined;
}

interface Ports {
  readonly port: number;
  readonly upstreamPort: number;
}

// Buffering of answers is off as in front of any streaming API; request bodies stay in memory (on disk
// by default from 16 KB on), and keep-alive never ends within a run.
function configuration(folder: string, { port, upstreamPort }: Ports): string {
  const asRoot = process.getuid?.() === 0 ? 'user root;' : '';
  return `${asRoot}
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  client_max_body_size 64m;
  client_body_buffer_size 256k;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  upstream mock { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}

export const nginx: Candidate = {
  id: 'nginx',
  describe: () => `${version() ?? 'nginx'}, one worker, plain reverse proxy with upstream keep-alive, proxy_buffering off`,
  async prepare({ install }) {
    if (version() !== undefined) return undefined;
    if (!install) return 'nginx is not installed (install it, or run with --install for apt-get install nginx-light)';
    const installed = spawnSync('apt-get', ['install', '-y', 'nginx-light'], { encoding: 'utf8', timeout: 180_000 });
    if (version() !== undefined) return undefined;
    return `apt-get could not install nginx-light: ${(installed.stderr ?? '').trim().split('\n').at(-1) ?? 'no message'}`;
  },
  takes: untranslated,
  async start({ lab }) {
    const port = await freePort();
    const folder = join(lab.folder, `nginx-${port}`);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, configuration(folder, { port, upstreamPort: lab.upstreamPort }));
    const child = startProcess({
      command: 'nginx',
      args: ['-p', folder, '-c', file, '-e', `${folder}/start.log`],
      core: lab.cores?.candidate,
      cwd: folder,
      env: plainEnvironment(),
      logFile: `${folder}/out.log`,
    });
    await untilListening({ child, port, timeoutMs: 10_000 });
    return passThrough('nginx', { port, child });
  },
};
