// One mail through a server that somebody configured, under the same guard as a webhook: the address a name leads to decides.
// The library is loaded at the first mail, so that a gateway that sends none never pays for it.
import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { guardedLookup, isInside } from './post-webhook.ts';

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** `starttls` insists on it: a server that does not offer it gets no mail and no password. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly user?: string;
  readonly password?: string;
  /** PEM file of a private authority. */
  readonly caFile?: string;
  /** Loopback and private addresses too. */
  readonly allowPrivate: boolean;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly timeMs: number;
}

const patienceMs = 10_000;

/** Answers the recipients that the server refused, when it took others. Rejects when nobody gets the mail. */
export async function sendMail(server: MailServer, mail: Mail): Promise<readonly string[]> {
  const { createTransport } = await import('nodemailer');
  const connection = await openSocket(server);
  const transport = createTransport({
    host: server.host,
    port: server.port,
    connection,
    secure: server.tls === 'implicit',
    requireTLS: server.tls === 'starttls',
    ignoreTLS: server.tls === 'none',
    connectionTimeout: patienceMs,
    greetingTimeout: patienceMs,
    socketTimeout: patienceMs,
    tls: {
      ...(isIP(server.host) === 0 && { servername: server.host }),
      ...(server.caFile !== undefined && { ca: readFileSync(server.caFile) }),
    },
    ...(server.user !== undefined && { auth: { user: server.user, pass: server.password ?? '' } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const { rejected } = await transport.sendMail({
      from: mail.from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      date: new Date(mail.timeMs),
      // Without it holiday notices answer the alert.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    return rejected;
  } finally {
    transport.close();
    connection.destroy();
  }
}

/** The library looks names up by itself and would connect wherever they lead; so it gets a connection that is open already. */
function openSocket({ host, port, allowPrivate }: MailServer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (!allowPrivate && isIP(host) !== 0 && isInside(host)) {
      reject(new Error(`${host} is an address inside the network`));
      return;
    }
    const socket = connect({ host, port, timeout: patienceMs, ...(!allowPrivate && { lookup: guardedLookup }) });
    const fail = (cause: Error): void => {
      socket.destroy();
      reject(cause);
    };
    const late = (): void => fail(new Error(`${host} did not answer within ${patienceMs / 1_000} s`));
    socket.once('error', fail);
    socket.once('timeout', late);
    socket.once('connect', () => {
      socket.off('error', fail);
      // Until the library listens itself, an error that nobody hears would end the process.
      socket.on('error', () => undefined);
      socket.off('timeout', late);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}
