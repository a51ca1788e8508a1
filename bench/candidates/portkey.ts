// The Portkey gateway from npm, installed into a cache folder outside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, plainEnvironment, startProcess, untilListening } from '../measure/child-process.ts';
import { type Candidate, clientHeaders, passThrough } from './candidate.ts';
import { cacheFolder } from './cache-folder.ts';

const version = '1.15.2';
const folder = join(cacheFolder(), `portkey-${version}`);
const server = join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');

export const portkey: Candidate = {
  id: 'portkey',
  describe: () => `Portkey gateway ${version} (npm), headless`,
  async prepare() {
    if (existsSync(server)) return undefined;
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', `@portkey-ai/gateway@${version}`];
    // With the caller's whole environment: proxies, certificates and registries are the machine's business.
    const installed = spawnSync('npm', args, { encoding: 'utf8', cwd: folder, timeout: 300_000 });
    return existsSync(server)
      ? undefined
      : `npm could not install it: ${(installed.stderr ?? '').trim().split('\n').slice(-3).join(' ').slice(0, 200) || 'no message'}`;
  },
  takes: (route) => (route.client === route.upstream ? route : 'its answer to this pair of dialects is not compared'),
  async start({ lab }) {
    const port = await freePort();
    const child = startProcess({
      command: process.execPath,
      args: [server, '--headless', `--port=${port}`],
      core: lab.cores?.candidate,
      cwd: folder,
      env: plainEnvironment(),
      logFile: join(lab.folder, 'portkey.log'),
    });
    await untilListening({ child, port, timeoutMs: 30_000 });
    return {
      ...passThrough('portkey', { port, child }),
      headers: ({ client, upstream }) => ({
        ...clientHeaders(client),
        'x-portkey-provider': upstream,
        'x-portkey-custom-host': `http://127.0.0.1:${lab.upstreamPort}/v1`,
      }),
    };
  },
};
