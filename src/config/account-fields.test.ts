import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { describeSettings } from './describe-settings.ts';
import { loadSettings } from './load-settings.ts';
import { ConfigError } from './problems.ts';

let cwd: string;
beforeEach(() => {
  cwd = tempDir('account');
});

type Env = Record<string, string>;
const load = (env: Env = {}) => loadSettings({ env, cwd });
const write = (text: string) => writeFileSync(join(cwd, 'mpc.yaml'), text);
const connection = (env: Env, id: string) => load(env).settings.connections.find((candidate) => candidate.id === id);

function problems(env: Env = {}): string[] {
  try {
    load(env);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.map(({ at, path, message }) => `${at} ${path}: ${message}`);
    throw thrown;
  }
  return [];
}

const awsKeys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLEAKIDEXAM', AWS_SECRET_ACCESS_KEY: 'secret/of+that+key' };

describe('account fields from the environment', () => {
  it('fill the address and go with the connection', () => {
    expect(connection({ ...awsKeys, AWS_REGION: 'eu-west-1' }, 'bedrock')).toMatchObject({
      baseUrl: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
      region: 'eu-west-1',
      account: { region: 'eu-west-1', access_key_id: awsKeys.AWS_ACCESS_KEY_ID, secret_access_key: awsKeys.AWS_SECRET_ACCESS_KEY },
    });
  });

  it('are read from the provider’s own name before those of its SDK', () => {
    const env = { ...awsKeys, BEDROCK_REGION: 'us-east-1', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'ap-south-1' };

    expect(connection(env, 'bedrock')?.account).toMatchObject({ region: 'us-east-1' });
    expect(connection({ ...awsKeys, AWS_DEFAULT_REGION: 'ap-south-1' }, 'bedrock')?.region).toBe('ap-south-1');
  });

  it('enable a provider only with credentials: a region or a profile alone is everywhere', () => {
    expect(connection({ AWS_REGION: 'eu-west-1', AWS_PROFILE: 'team' }, 'bedrock')).toBeUndefined();
    expect(connection({ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: awsKeys.AWS_ACCESS_KEY_ID }, 'bedrock')).toBeUndefined();
    expect(connection({ AWS_REGION: 'eu-west-1', AWS_BEARER_TOKEN_BEDROCK: 'token' }, 'bedrock')?.apiKey).toBe('token');
    expect(load({ AWS_REGION: 'eu-west-1' }).notices).toEqual([]);
  });

  it('that are missing leave the provider out with a line that names the variable', () => {
    const { settings, notices } = load(awsKeys);

    expect(settings.connections.map(({ id }) => id)).toEqual(['demo']);
    expect(notices.join()).toMatch(/bedrock has no region; set AWS_REGION or account\.region \(the AWS region.*It is not used/);
  });

  it('that cannot be right stop the start, and a secret is not shown', () => {
    expect(problems({ ...awsKeys, AWS_REGION: 'Frankfurt' })).toEqual([
      expect.stringMatching(/^AWS_REGION connections\.bedrock\.account\.region: is not possible: "Frankfurt"; the AWS region/),
    ]);
    const told = problems({ AWS_ACCESS_KEY_ID: 'hidden id', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-west-1' }).join();
    expect(told).toContain('account.access_key_id');
    expect(told).not.toContain('hidden id');
  });

  it('make a further account of a further secret', () => {
    const env = {
      BEDROCK_ACCESS_KEY_ID_EU: 'AKIDOFTHEOTHERACCOUNT',
      BEDROCK_SECRET_ACCESS_KEY_EU: 'other',
      BEDROCK_REGION_EU: 'eu-central-1',
    };

    expect(connection(env, 'bedrock-eu')).toMatchObject({
      baseUrl: 'https://bedrock-runtime.eu-central-1.amazonaws.com',
      account: { access_key_id: 'AKIDOFTHEOTHERACCOUNT', secret_access_key: 'other' },
    });
    expect(load({ BEDROCK_REGION_EU: 'eu-central-1' }).settings.connections.map(({ id }) => id)).toEqual(['demo']);
  });
});

describe('account fields in mpc.yaml', () => {
  it('are read under account, of providers and of connections', () => {
    write(
      [
        'providers:',
        '  bedrock:',
        '    account: {region: us-east-1}',
        'connections:',
        '  - id: bedrock-eu',
        '    provider: bedrock',
        '    account: {region: eu-west-1, access_key_id: AKIDOFTHEOTHERACCOUNT, secret_access_key: "${OTHER}"}',
      ].join('\n'),
    );
    const env = { ...awsKeys, OTHER: 'other-secret' };

    expect(connection(env, 'bedrock')?.account).toMatchObject({ region: 'us-east-1', access_key_id: awsKeys.AWS_ACCESS_KEY_ID });
    expect(connection(env, 'bedrock-eu')?.account).toMatchObject({ region: 'eu-west-1', secret_access_key: 'other-secret' });
    expect(connection({ OTHER: 'x' }, 'bedrock-eu')?.baseUrl).toContain('eu-west-1');
  });

  it('take the machine’s credentials where they name none, and never half of two', () => {
    write(
      [
        'connections:',
        '  - {id: bare, provider: bedrock, account: {region: eu-west-1}}',
        '  - {id: own, provider: bedrock, account: {region: eu-west-1, access_key_id: AKIDOFTHEOTHERACCOUNT, secret_access_key: other}}',
      ].join('\n'),
    );
    const env = { ...awsKeys, AWS_SESSION_TOKEN: 'token-of-the-machine' };

    expect(connection(env, 'bare')?.account).toMatchObject({
      secret_access_key: awsKeys.AWS_SECRET_ACCESS_KEY,
      session_token: 'token-of-the-machine',
    });
    expect(connection(env, 'own')?.account).not.toHaveProperty('session_token');
  });

  it('of the provider’s own connection give way to variables as a whole', () => {
    write(
      'providers:\n  bedrock:\n    account: {region: eu-west-1, access_key_id: AKIDOFTHEOTHERACCOUNT, secret_access_key: a, session_token: old}\n',
    );

    expect(connection(awsKeys, 'bedrock')?.account).toEqual({
      region: 'eu-west-1',
      access_key_id: awsKeys.AWS_ACCESS_KEY_ID,
      secret_access_key: awsKeys.AWS_SECRET_ACCESS_KEY,
    });
  });

  it('let a connection that was written down rely on what the machine has', () => {
    write('connections:\n  - {id: role, provider: bedrock, region: eu-west-1}\n');

    expect(connection({}, 'role')).toMatchObject({
      account: { region: 'eu-west-1' },
      baseUrl: expect.stringContaining('eu-west-1') as string,
    });
  });

  it('are checked with line, column and the nearest name', () => {
    write(
      [
        'connections:',
        '  - id: one',
        '    provider: bedrock',
        '    account:',
        '      regoin: eu-west-1',
        '  - id: two',
        '    provider: bedrock',
        '    account: {region: 7}',
        '  - id: three',
        '    provider: openai',
        '    api_key: k',
        '    account: {region: eu}',
        '  - id: four',
        '    provider: bedrock',
        '    account: {__proto__: x, region: eu-west-1}',
      ].join('\n'),
    );
    const told = problems();

    expect(told).toContainEqual(
      expect.stringMatching(
        /^mpc\.yaml:5:7 connections\[0\]\.account\.regoin: unknown setting; did you mean connections\[0\]\.account\.region\?/,
      ),
    );
    expect(told).toContainEqual(
      expect.stringMatching(/connections\.one\.account\.region: one has no region; set AWS_REGION or account\.region/),
    );
    expect(told).toContainEqual(expect.stringMatching(/^mpc\.yaml:8:15 connections\[1\]\.account\.region: must be a text, not 7/));
    expect(told).toContainEqual(expect.stringMatching(/^mpc\.yaml:12:5 connections\[2\]\.account: openai needs nothing besides a key/));
    expect(told).toContainEqual(expect.stringMatching(/connections\[3\]\.account\.__proto__: unknown setting/));
  });
});

describe('an address with fields in it', () => {
  it('needs its fields only where no other address is given', () => {
    expect(connection({ AZURE_API_KEY: 'k', AZURE_RESOURCE_NAME: 'team' }, 'azure')?.baseUrl).toBe('https://team.openai.azure.com/openai');
    expect(connection({ AZURE_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://my.openai.azure.com/' }, 'azure')?.baseUrl).toBe(
      'https://my.openai.azure.com/openai',
    );
    expect(load({ AZURE_API_KEY: 'k' }).notices.join()).toMatch(/azure has no resource; set AZURE_OPENAI_RESOURCE or account\.resource/);
  });

  it('takes an address in every form that the documentation gives', () => {
    const baseOf = (address: string) => connection({ AZURE_API_KEY: 'k', AZURE_BASE_URL: address }, 'azure')?.baseUrl;

    expect(baseOf('https://my.openai.azure.com/openai/v1/')).toBe('https://my.openai.azure.com/openai');
    expect(baseOf('https://my.services.ai.azure.com/openai')).toBe('https://my.services.ai.azure.com/openai');
  });

  it('enables a provider that signs in with an identity of the machine', () => {
    expect(connection({ AZURE_OPENAI_ENDPOINT: 'https://my.openai.azure.com' }, 'azure')).toMatchObject({ id: 'azure' });
    expect(connection({ AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's' }, 'azure')).toBeUndefined();
  });
});

describe('mpc config', () => {
  it('shows account fields with their origin, credentials never', () => {
    const rows = describeSettings(load({ ...awsKeys, AWS_REGION: 'eu-west-1' }));
    const row = (member: string) => rows.find(({ path }) => path === `connections.bedrock.account.${member}`);

    expect(row('region')).toEqual({ path: 'connections.bedrock.account.region', value: 'eu-west-1', origin: 'AWS_REGION' });
    expect(row('secret_access_key')).toMatchObject({ value: 'set (…+key)', origin: 'AWS_SECRET_ACCESS_KEY' });
    expect(JSON.stringify(rows)).not.toContain(awsKeys.AWS_SECRET_ACCESS_KEY);
    expect(JSON.stringify(rows)).not.toContain(awsKeys.AWS_ACCESS_KEY_ID);
  });
});
