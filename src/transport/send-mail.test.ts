import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type MailServer as FakeServer, startMailServer } from '../../test/support/mail-server.ts';
import { selfSigned } from '../../test/support/self-signed.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { type Mail, type MailServer, sendMail } from './send-mail.ts';

const certificate = selfSigned();
const caFile = join(tempDir('mail'), 'ca.pem');
writeFileSync(caFile, certificate.cert);

const account = { user: 'gateway', password: 'pass word/ü' };
const mail: Mail = {
  from: 'Gateway <gateway@example.com>',
  to: ['ops@example.com', 'boss@example.com'],
  subject: 'Budget of team:research at 80 %',
  text: 'first line\nsecond line\n',
  timeMs: Date.UTC(2026, 0, 15, 12),
};

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Parameters<typeof startMailServer>[0] = {}): Promise<FakeServer> {
  server = await startMailServer(options);
  return server;
}

const at = ({ port }: FakeServer, options: Partial<MailServer> = {}): MailServer => ({
  host: '127.0.0.1',
  port,
  tls: 'none',
  allowPrivate: true,
  ...options,
});

describe('a mail', () => {
  it('comes to all recipients as it was written', async () => {
    const there = await start();

    expect(await sendMail(at(there), mail)).toEqual([]);

    expect(there.mails).toMatchObject([{ from: 'gateway@example.com', to: mail.to, secure: false }]);
    const raw = there.mails[0]?.raw ?? '';
    expect(raw).toContain('Subject: Budget of team:research at 80 %\r\n');
    expect(raw).toContain('To: ops@example.com, boss@example.com\r\n');
    expect(raw).toContain('Date: Thu, 15 Jan 2026 12:00:00 +0000\r\n');
    expect(raw).toContain('Auto-Submitted: auto-generated\r\n');
    expect(raw).toContain('\r\n\r\nfirst line\r\nsecond line');
  });

  it.each(['starttls', 'implicit'] as const)('goes encrypted with %s, and the password only then', async (kind) => {
    const there = await start({ account, tls: { kind, ...certificate } });

    await sendMail(at(there, { tls: kind, caFile, ...account }), mail);

    expect(there.mails).toMatchObject([{ secure: true, user: 'gateway' }]);
  });

  it('goes without encryption where that is wished, password or not', async () => {
    const there = await start({ account });

    await sendMail(at(there, account), mail);

    expect(there.mails).toMatchObject([{ secure: false, user: 'gateway' }]);
  });

  it('stays here when the server does not encrypt, and so does the password', async () => {
    const there = await start({ account });

    await expect(sendMail(at(there, { tls: 'starttls', ...account }), mail)).rejects.toThrow('STARTTLS');

    expect([there.signIns(), there.mails]).toEqual([0, []]);
  });

  it.each(['starttls', 'implicit'] as const)('stays here when nobody vouches for the certificate (%s)', async (kind) => {
    const there = await start({ account, tls: { kind, ...certificate } });

    await expect(sendMail(at(there, { tls: kind, ...account }), mail)).rejects.toThrow(/certificate/);

    expect([there.signIns(), there.mails]).toEqual([0, []]);
  });

  it('fails with a wrong password', async () => {
    const there = await start({ account });

    await expect(sendMail(at(there, { user: 'gateway', password: 'wrong' }), mail)).rejects.toThrow('Invalid login');
  });

  it('comes to those whom the server takes, and tells whom it does not', async () => {
    const there = await start({ refuses: ['boss@example.com'] });

    expect(await sendMail(at(there), mail)).toEqual(['boss@example.com']);

    expect(there.mails).toMatchObject([{ to: ['ops@example.com'] }]);
  });

  it('fails when the server takes nobody, breaks off or is not there', async () => {
    const there = await start({ refuses: mail.to });
    await expect(sendMail(at(there), mail)).rejects.toThrow('no such mailbox');
    await there.close();
    await expect(sendMail(at(there), mail)).rejects.toThrow('ECONNREFUSED');

    await expect(sendMail(at(await start({ failures: 1 })), mail)).rejects.toThrow('try again later');
  });
});

describe('the guard', () => {
  it('lets no mail into the network, neither by address nor by name', async () => {
    const there = await start();

    for (const host of ['127.0.0.1', 'localhost', '::1', '0x7f000001', '2130706433', '::ffff:127.0.0.1']) {
      await expect(sendMail(at(there, { host, allowPrivate: false }), mail), host).rejects.toThrow('inside the network');
    }

    expect(there.mails).toEqual([]);
  });
});

describe('a header', () => {
  it('cannot be smuggled in through subject or text', async () => {
    const there = await start();
    const evil = 'x\r\nBcc: thief@example.com\r\n\r\nbody\r\n.\r\nMAIL FROM:<thief@example.com>';

    await sendMail(at(there), { ...mail, subject: evil, text: evil });

    expect(there.mails).toHaveLength(1);
    expect(there.mails[0]?.to).toEqual(mail.to);
    const [head = ''] = (there.mails[0]?.raw ?? '').split('\r\n\r\n');
    expect(head).not.toMatch(/^Bcc:/im);
  });
});
