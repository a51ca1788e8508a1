// The real gateway inside the test's own process, on a free port, with a data directory of its own and nothing of the machine's environment.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type AppParts, createApp } from '../../src/app.ts';
import { loadSettingsWithAdapters } from '../../src/library/load-adapters.ts';
import { tempDir } from './temp-dir.ts';

export interface GatewayOptions {
  /** Variables as the operator would set them; only these are seen. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text of mpc.yaml. */
  readonly yaml?: string;
  readonly flags?: Readonly<Record<string, string>>;
  /** A folder to start in again; default: an empty one. */
  readonly dataDir?: string;
  /** Parts to replace: the clock, randomness. */
  readonly parts?: Partial<AppParts>;
}

export interface RunningGateway {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly dataDir: string;
  /** Drains and stops; also done after the test file. */
  close(): Promise<void>;
}

const running = new Set<RunningGateway>();

afterAll(async () => {
  for (const gateway of running) await gateway.close();
});

export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const cwd = tempDir('gateway');
  const dataDir = options.dataDir ?? join(cwd, 'data');
  if (options.yaml !== undefined) writeFileSync(join(cwd, 'mpc.yaml'), options.yaml);
  const env = { PORT: '0', MPC_LOG_LEVEL: 'silent', MPC_DATA_DIR: dataDir, ...options.env };
  const loaded = await loadSettingsWithAdapters({ env, cwd, ...(options.flags !== undefined && { flags: options.flags }) });
  const app = await createApp(loaded, options.parts);
  const { url } = await app.listen();
  const gateway: RunningGateway = {
    url,
    dataDir,
    async close() {
      if (running.delete(gateway)) await app.close();
    },
  };
  running.add(gateway);
  return gateway;
}
