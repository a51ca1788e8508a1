// Mail for budget alerts, put together from its plain fields; half a mail server is a mistake, not a server.
import { existsSync } from 'node:fs';
import { isLoopback } from './base-url.ts';
import type { FieldPath } from './fields.ts';
import type { FieldValues } from './field-values.ts';
import type { Problem } from './problems.ts';
import type { Settings } from './settings.ts';

type MailSetting = NonNullable<Settings['alerts']['mail']>;

const paths = [
  'alerts.mail_host',
  'alerts.mail_port',
  'alerts.mail_tls',
  'alerts.mail_user',
  'alerts.mail_password',
  'alerts.mail_from',
  'alerts.mail_to',
  'alerts.mail_ca_file',
] as const satisfies readonly FieldPath[];

/** Where nobody says which: the port that goes with the encryption. */
const usualPorts = { starttls: 587, implicit: 465, none: 25 } as const;

export interface MailSource {
  readonly values: FieldValues;
  /** Absolute path of `alerts.mail_ca_file`. */
  readonly caFile: string | undefined;
}

/** Undefined: no mail, or mistakes that were told. */
export function readMailAlerts({ values, caFile }: MailSource, problems: Problem[]): MailSetting | undefined {
  const isSet = (path: FieldPath): boolean => (values.origins.get(path)?.kind ?? 'default') !== 'default';
  const first = paths.find(isSet);
  if (first === undefined) return undefined;
  const before = problems.length;
  const wrong = (path: FieldPath, message: string): void => {
    problems.push({ at: values.origins.get(isSet(path) ? path : first)?.at ?? path, path, message });
  };

  const host = values.text('alerts.mail_host') ?? '';
  const from = values.text('alerts.mail_from') ?? '';
  const to = values.list('alerts.mail_to') ?? [];
  const tls = values.text('alerts.mail_tls') as MailSetting['tls'];
  const user = values.text('alerts.mail_user');
  const password = values.text('alerts.mail_password');

  if (host === '') wrong('alerts.mail_host', 'is missing; mail needs the name of your mail server');
  else if (!isHost(host))
    wrong('alerts.mail_host', 'must be the name of a mail server, as in mail.example.com; its port is alerts.mail_port');
  else if (isLoopback(host) && values.text('alerts.allow_private') !== 'yes')
    wrong('alerts.mail_host', 'leads to this machine; to send mail there, set alerts.allow_private: yes');
  if (from === '') wrong('alerts.mail_from', 'is missing; mail needs a sender');
  else if (!isAddress(from))
    wrong('alerts.mail_from', 'must be a mail address, as in alerts@example.com or "Gateway <alerts@example.com>"');
  if (to.length === 0) wrong('alerts.mail_to', 'is missing; mail needs at least one recipient');
  if (!to.every(isAddress)) wrong('alerts.mail_to', 'must be mail addresses, as in ops@example.com');
  if (user !== undefined && password === undefined) wrong('alerts.mail_password', 'is missing; alerts.mail_user needs it');
  if (user === undefined && password !== undefined) wrong('alerts.mail_user', 'is missing; alerts.mail_password needs it');
  if (tls === 'none' && password !== undefined && !isLoopback(host))
    wrong('alerts.mail_tls', 'must not be none with a password, which anybody on the way could read; take starttls or implicit');
  if (tls === 'none' && caFile !== undefined) wrong('alerts.mail_ca_file', 'has no meaning without encryption; set alerts.mail_tls');
  if (caFile !== undefined && !existsSync(caFile)) wrong('alerts.mail_ca_file', `there is no file ${caFile}`);
  if (problems.length > before) return undefined;

  return {
    host,
    port: isSet('alerts.mail_port') ? values.number('alerts.mail_port') : usualPorts[tls],
    tls,
    from,
    to,
    ...(user !== undefined && password !== undefined && { user, password }),
    ...(caFile !== undefined && { caFile }),
  };
}

function isHost(text: string): boolean {
  return /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text) || URL.canParse(`http://[${text}]`);
}

/** Strict on purpose: what a mail library might read as two addresses, or as a header of its own, is none. */
function isAddress(text: string): boolean {
  const [, inner] = /^[^<>@,;:\p{Cc}]*<([^<>]+)>$/u.exec(text) ?? [];
  return /^[^\s<>()[\]:;@\\,"\p{Cc}]+@[A-Za-z0-9\p{L}]([A-Za-z0-9\p{L}.-]*[A-Za-z0-9\p{L}])?$/u.test(inner ?? text);
}
