import { describe, expect, it } from 'vitest';
import { startUpstream } from '../../test/support/fake-upstream.ts';
import { isInside, postWebhook } from './post-webhook.ts';

describe('isInside', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '192.168.0.1',
    '172.31.255.255',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'not an address',
  ])('holds for %s', (address) => {
    expect(isInside(address)).toBe(true);
  });

  it.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('does not for %s', (address) => {
    expect(isInside(address)).toBe(false);
  });
});

describe('postWebhook', () => {
  it('refuses addresses inside the network in every spelling, and names that lead there', async () => {
    const upstream = await startUpstream();
    const { port } = new URL(upstream.url);
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f000001', '0177.0.0.1', '[::ffff:7f00:1]'];

    for (const host of hosts) {
      await expect(postWebhook({ url: `http://${host}:${port}/`, body: '{}', allowPrivate: false }), host).rejects.toThrow(
        'inside the network',
      );
    }

    expect(upstream.requests).toHaveLength(0);
    await upstream.close();
  });

  it('sends there where that is allowed, and follows no redirect', async () => {
    const upstream = await startUpstream({ status: 302, headers: { location: '/elsewhere' }, body: '' });

    await expect(postWebhook({ url: `${upstream.url}/hook`, body: '{"a":1}', allowPrivate: true })).rejects.toThrow('302');

    expect(upstream.requests.map((request) => request.path)).toEqual(['/hook']);
    await upstream.close();
  });

  it.each(['file:///etc/passwd', 'ftp://1.1.1.1/'])('refuses %s', async (url) => {
    await expect(postWebhook({ url, body: '', allowPrivate: true })).rejects.toThrow('http or https');
  });
});
