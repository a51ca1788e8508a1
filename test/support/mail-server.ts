// A real SMTP server on loopback that keeps what it gets.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
  /** Headers and text as they came. */
  readonly raw: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Sign-ins that were tried. */
  readonly signIns: () => number;
  close(): Promise<void>;
}

interface MailServerOptions {
  /** The only one that gets in; absent: nobody has to sign in. */
  readonly account?: { readonly user: string; readonly password: string };
  readonly tls?: { readonly kind: 'starttls' | 'implicit'; readonly key: string; readonly cert: string };
  /** Recipients that it does not take. */
  readonly refuses?: readonly string[];
  /** So many connections are turned away before the first is served. */
  readonly failures?: number;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { account, tls, refuses = [] } = options;
  let failures = options.failures ?? 0;
  let signIns = 0;
  const mails: ReceivedMail[] = [];
  const settings: SMTPServerOptions = {
    secure: tls?.kind === 'implicit',
    ...(tls === undefined ? { disabledCommands: ['STARTTLS'], allowInsecureAuth: true } : { key: tls.key, cert: tls.cert }),
    authOptional: account === undefined,
    onConnect(_session, callback) {
      failures -= 1;
      callback(failures >= 0 ? Object.assign(new Error('try again later'), { responseCode: 421 }) : null);
    },
    onAuth({ username, password }, _session, callback) {
      signIns += 1;
      if (username === account?.user && password === account?.password) callback(null, { user: username });
      else callback(new Error(`wrong password ${String(password)}`));
    },
    onRcptTo({ address }, _session, callback) {
      callback(refuses.includes(address) ? new Error('no such mailbox') : null);
    },
    onData(stream, session, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
          raw: Buffer.concat(parts).toString('utf8'),
        });
        callback();
      });
    },
  };
  const server = new SMTPServer(settings);
  // Clients that turn away from its certificate are the subject of tests, not their end.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    signIns: () => signIns,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
