import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { describeSettings, redact } from './describe-settings.ts';
import { fields } from './fields.ts';
import { loadSettings } from './load-settings.ts';

const cwd = tempDir('describe');
writeFileSync(join(cwd, 'mpc.yaml'), 'aliases: {fast: [m]}\nlimits: {body_mb: 1.5}\n');
const secrets = ['admin-secret-0123456789', 'sk-openai-0123456789abcd', 'org-hidden', 'proxy-password'];
const loaded = loadSettings({
  env: {
    MPC_ADMIN_KEY: secrets[0],
    OPENAI_API_KEY: secrets[1],
    OPENAI_ORG_ID: secrets[2],
    HTTPS_PROXY: `http://user:${secrets[3]}@proxy:3128`,
    PORT: '3001',
  },
  cwd,
});
const rows = describeSettings(loaded);
const row = (path: string) => rows.find((candidate) => candidate.path === path);

it('shows every setting, in the units of mpc.yaml, with its origin', () => {
  for (const { path } of fields) expect(row(path), path).toBeDefined();
  expect(row('server.port')).toEqual({ path: 'server.port', value: 3001, origin: 'PORT' });
  expect(row('limits.body_mb')).toEqual({ path: 'limits.body_mb', value: 1.5, origin: 'mpc.yaml:2:10' });
  expect(row('limits.stream_buffer_kb')?.value).toBe(64);
  expect(row('aliases.fast')?.value).toEqual(['m']);
});

it('shows the value every unset setting has by default', () => {
  const fresh = describeSettings(loadSettings({ env: {}, cwd: tempDir('describe') }));
  for (const field of fields) {
    if (field.kind === 'file') continue;
    expect(fresh.find(({ path }) => path === field.path)?.value, field.path).toEqual(field.default ?? null);
  }
});

it('shows no secret', () => {
  const text = JSON.stringify(rows);

  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(row('connections.openai.api_key')).toMatchObject({ value: 'set (…abcd)', origin: 'OPENAI_API_KEY' });
  expect(row('proxy.https')?.value).toBe('http://…@proxy:3128');
});

it('shows nothing at all of short secrets', () => {
  expect(redact('abcd')).toBe('set');
  expect(redact(undefined)).toBeNull();
});
