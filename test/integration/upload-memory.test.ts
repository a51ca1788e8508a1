// A large upload goes through the disk: it must not stand in the memory of the process, whichever way it is looked at.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type SpawnedGateway, spawnGateway } from '../support/spawn-gateway.ts';
import { startProvider } from './client.ts';

const mib = 1024 * 1024;
const uploadBytes = 25 * mib;
/** What a process of any kind does by itself while 25 MB pass through its sockets. */
const allowedBytes = 8 * mib;

function memoryOf({ process }: SpawnedGateway): number {
  const text = readFileSync(`/proc/${process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) * 1024;
}

function form(bytes: number): FormData {
  const parts = new FormData();
  parts.set('model', 'custom/some-model');
  parts.set('file', new File([new Uint8Array(bytes)], 'talk.mp3', { type: 'audio/mpeg' }));
  return parts;
}

// What a process holds is the collector's business, too: it is given three tries. Held whole, 25 MB would fail each of them.
it.skipIf(process.platform !== 'linux')(
  '25 MB of audio add at most 8 MB to the memory of the process',
  { timeout: 30_000, retry: 2 },
  async () => {
    const upstream = await startProvider({ headers: { 'content-type': 'application/json' }, body: '{"text":"x"}' });
    const gateway = await spawnGateway({ env: { CUSTOM_BASE_URL: upstream.baseUrl, MPC_LOG_LEVEL: 'silent' } });
    const send = async (bytes: number): Promise<number> =>
      (await fetch(`${gateway.url}/v1/audio/transcriptions`, { method: 'POST', body: form(bytes) })).status;
    // Warm: code is compiled, buffers of sockets exist, the first collections have been.
    for (let i = 0; i < 3; i += 1) await send(8 * mib);
    const before = memoryOf(gateway);

    let peak = before;
    const sampling = setInterval(() => {
      peak = Math.max(peak, memoryOf(gateway));
    }, 2);
    const status = await send(uploadBytes);
    clearInterval(sampling);

    expect(status).toBe(200);
    expect(upstream.requests.at(-1)?.body.length).toBeGreaterThan(uploadBytes);
    expect((peak - before) / mib).toBeLessThan(allowedBytes / mib);
  },
);
