import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { type DoctorProbes, probeDataDir, type Reach, runDoctor } from './doctor.ts';
import { loadSettings } from './load-settings.ts';
import { ConfigError } from './problems.ts';

const cwd = tempDir('doctor');
const well: DoctorProbes = {
  nodeVersion: '24.21.0',
  portState: () => Promise.resolve('free'),
  dataDirState: () => ({ exists: true, writable: true, mode: 0o700 }),
  credentials: () => Promise.resolve(undefined),
  reach: ({ provider }) => Promise.resolve(provider === 'demo' ? undefined : { kind: 'answered', status: 200, elapsedMs: 12.3 }),
};

async function check(env: Record<string, string>, probes: Partial<DoctorProbes> = {}) {
  const checks = await runDoctor(loadSettings({ env, cwd }), { ...well, ...probes });
  return Object.fromEntries(checks.map((result) => [result.name, result]));
}

describe('runDoctor', () => {
  it('finds nothing on a sound installation', async () => {
    const checks = await check({ OPENAI_API_KEY: 'k' });

    expect(Object.values(checks).filter(({ ok }) => !ok)).toEqual([]);
    expect(checks['connection openai']?.detail).toBe('https://api.openai.com/v1 answered 200 in 12 ms');
    expect(checks).not.toHaveProperty('connection demo');
  });

  it('names a fix for everything that is wrong', async () => {
    const refused: Reach = { kind: 'failed', message: 'connection refused' };
    const checks = await check(
      { HOST: '0.0.0.0', MPC_ADMIN_KEY: 'short', OLLAMA_HOST: '0.0.0.0' },
      {
        nodeVersion: '20.11.1',
        portState: () => Promise.resolve('taken'),
        dataDirState: () => ({ exists: true, writable: true, mode: 0o755 }),
        reach: ({ provider }) => Promise.resolve(provider === 'demo' ? undefined : refused),
      },
    );

    for (const name of ['node', 'port', 'data_dir', 'access', 'connection ollama']) {
      expect(checks[name], name).toMatchObject({ ok: false, fix: expect.stringMatching(/\S/) as string });
    }
  });

  it('says which variable holds a refused key', async () => {
    const checks = await check(
      { GROQ_API_KEY: 'k' },
      { reach: ({ provider }) => Promise.resolve(provider === 'demo' ? undefined : { kind: 'answered', status: 401, elapsedMs: 1 }) },
    );

    expect(checks['connection groq']).toMatchObject({ ok: false, fix: 'the provider refuses the key; check GROQ_API_KEY' });
  });

  it('looks for credentials that are no plain key, and does not call without them', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLEAKIDEXAM', AWS_SECRET_ACCESS_KEY: 's', AWS_REGION: 'eu-west-1' };
    const found = await check(env, { credentials: ({ id }) => Promise.resolve(id === 'bedrock' ? 'an access key' : undefined) });
    const missing = await check(env, {
      credentials: ({ id }) => (id === 'bedrock' ? Promise.reject(new Error('no AWS credentials were found')) : Promise.resolve(undefined)),
    });

    expect(found['credentials bedrock']).toMatchObject({ ok: true, detail: 'an access key' });
    expect(found['connection bedrock']).toMatchObject({ ok: true });
    expect(missing['credentials bedrock']).toMatchObject({
      ok: false,
      detail: 'no AWS credentials were found',
      fix: expect.stringContaining('account.secret_access_key') as string,
    });
    expect(missing).not.toHaveProperty('connection bedrock');
  });

  it('takes a provider without a model list as reached', async () => {
    const checks = await check(
      { PERPLEXITY_API_KEY: 'k' },
      { reach: ({ provider }) => Promise.resolve(provider === 'demo' ? undefined : { kind: 'answered', status: 404, elapsedMs: 1 }) },
    );

    expect(checks['connection perplexity']?.ok).toBe(true);
  });

  it('takes the demo alone as sound, and says how to add a provider', async () => {
    expect((await check({}))['keys']).toMatchObject({ ok: true, fix: expect.stringContaining('OPENAI_API_KEY') as string });
  });

  it('shows the mistakes of a wrong configuration', async () => {
    const error = new ConfigError([{ at: 'PORT', path: 'server.port', message: 'must be a number' }]);

    expect(await runDoctor(error, well)).toMatchObject([
      { name: 'node', ok: true },
      { name: 'config', ok: false, detail: expect.stringContaining('PORT') as string },
    ]);
  });
});

describe('probeDataDir', () => {
  it('looks at the directory, or at the nearest one above it', () => {
    chmodSync(cwd, 0o750);

    expect(probeDataDir(cwd)).toEqual({ exists: true, writable: true, mode: 0o750 });
    expect(probeDataDir(join(cwd, 'a', 'b'))).toEqual({ exists: false, writable: true });
  });
});
