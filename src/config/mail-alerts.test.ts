import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { describeSettings } from './describe-settings.ts';
import { loadSettings } from './load-settings.ts';
import { ConfigError } from './problems.ts';

const cwd = tempDir('mail-alerts');

function load(lines: readonly string[], env: Record<string, string> = {}) {
  writeFileSync(join(cwd, 'mpc.yaml'), ['alerts:', ...lines.map((line) => `  ${line}`), ''].join('\n'));
  return loadSettings({ env, cwd });
}

function problems(lines: readonly string[], env: Record<string, string> = {}): string[] {
  try {
    load(lines, env);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.map(({ at, path, message }) => `${at} ${path}: ${message}`);
    throw thrown;
  }
  return [];
}

const complete = ['mail_host: mail.example.com', 'mail_from: Gateway <gateway@example.com>', 'mail_to: [ops@example.com]'];
const withLine = (line: string): string[] => [...complete.filter((one) => one.split(':')[0] !== line.split(':')[0]), line];

describe('mail for alerts', () => {
  it('is off unless something is said about it', () => {
    expect(load([]).settings.alerts).not.toHaveProperty('mail');
  });

  it('needs a host, a sender and a recipient, and is encrypted then', () => {
    expect(load(complete).settings.alerts.mail).toEqual({
      host: 'mail.example.com',
      port: 587,
      tls: 'starttls',
      from: 'Gateway <gateway@example.com>',
      to: ['ops@example.com'],
    });
  });

  it.each([
    ['implicit', 465],
    ['none', 25],
  ])('goes to the port that is usual for %s', (tls, port) => {
    expect(load([...complete, `mail_tls: ${tls}`]).settings.alerts.mail).toMatchObject({ port });
    expect(load([...complete, `mail_tls: ${tls}`, 'mail_port: 2525']).settings.alerts.mail).toMatchObject({ port: 2525 });
  });

  it('takes its password from the environment and shows it nowhere', () => {
    const password = 'a-password-of-some-length';
    const loaded = load([...complete, 'mail_user: gateway', 'mail_password: ${SMTP_PASSWORD}'], { SMTP_PASSWORD: password });

    expect(loaded.settings.alerts.mail).toMatchObject({ user: 'gateway', password });
    expect(JSON.stringify(describeSettings(loaded))).not.toContain(password);
    expect(describeSettings(loaded)).toContainEqual({ path: 'alerts.mail_password', value: 'set (…ngth)', origin: 'mpc.yaml:6:3' });
    expect(load(complete, { MPC_ALERTS_MAIL_USER: 'u', MPC_ALERTS_MAIL_PASSWORD: 'p' }).settings.alerts.mail).toMatchObject({
      password: 'p',
    });
  });

  it('is refused where half of it is missing, with the place of the other half', () => {
    expect(problems(['mail_host: mail.example.com'])).toEqual([
      'mpc.yaml:2:3 alerts.mail_from: is missing; mail needs a sender',
      'mpc.yaml:2:3 alerts.mail_to: is missing; mail needs at least one recipient',
    ]);
    expect(problems([], { MPC_ALERTS_MAIL_PASSWORD: 'p' }).map((problem) => problem.split(':')[0])).toEqual([
      'MPC_ALERTS_MAIL_PASSWORD alerts.mail_host',
      'MPC_ALERTS_MAIL_PASSWORD alerts.mail_from',
      'MPC_ALERTS_MAIL_PASSWORD alerts.mail_to',
      'MPC_ALERTS_MAIL_PASSWORD alerts.mail_user',
    ]);
    expect(problems([...complete, 'mail_user: u'])).toEqual(['mpc.yaml:2:3 alerts.mail_password: is missing; alerts.mail_user needs it']);
  });

  it.each([
    ['mail_host: smtp://mail.example.com', 'must be the name of a mail server'],
    ['mail_host: mail.example.com:25', 'must be the name of a mail server'],
    ['mail_host: localhost', 'set alerts.allow_private: yes'],
    ['mail_host: 127.0.0.1', 'set alerts.allow_private: yes'],
    ['mail_from: gateway', 'must be a mail address'],
    ['mail_from: "a@b.c, d@e.f"', 'must be a mail address'],
    ['mail_from: "x\\r\\nBcc: thief@example.com <a@b.c>"', 'must be a mail address'],
    ['mail_to: []', 'is missing'],
    ['mail_to: [ops@example.com, nobody]', 'must be mail addresses'],
    ['mail_to: ["a@b.c\\r\\nBcc: d@e.f"]', 'must be mail addresses'],
    ['mail_port: 0', 'must be a whole number from 1'],
    ['mail_tls: ssl', 'must be one of starttls, implicit, none'],
    ['mail_ca_file: nowhere.pem', 'there is no file'],
  ])('refuses %s', (line, message) => {
    expect(problems(withLine(line))).toEqual([expect.stringContaining(message)]);
  });

  it('sends no password in the clear, except on this machine', () => {
    const signIn = ['mail_tls: none', 'mail_user: u', 'mail_password: p'];

    expect(problems([...complete, ...signIn])).toEqual([
      'mpc.yaml:5:3 alerts.mail_tls: must not be none with a password, which anybody on the way could read; take starttls or implicit',
    ]);
    expect(problems([...withLine('mail_host: localhost'), 'allow_private: yes', ...signIn])).toEqual([]);
  });

  it('finds the file of its authority beside mpc.yaml', () => {
    writeFileSync(join(cwd, 'ca.pem'), '');

    expect(load([...complete, 'mail_ca_file: ca.pem']).settings.alerts.mail).toMatchObject({ caFile: join(cwd, 'ca.pem') });
  });
});
