// One POST to an address that somebody configured: decided by the address a name resolves to at the moment of the connection,
// so that no name leads into the network behind the gateway. No redirects, no proxy.
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request } from './undici.ts';

export interface Webhook {
  readonly url: string;
  readonly body: string;
  /** Loopback and private addresses too. */
  readonly allowPrivate: boolean;
}

const patienceMs = 10_000;

const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(net, bits, 'ipv4');
  // The same addresses in IPv6 clothes: mapped, and through NAT64.
  inside.addSubnet(`::ffff:${net}`, 96 + bits, 'ipv6');
  inside.addSubnet(`64:ff9b::${net}`, 96 + bits, 'ipv6');
}
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['2002::', 16],
] as const) {
  inside.addSubnet(net, bits, 'ipv6');
}

export function isInside(address: string): boolean {
  const family = isIP(address);
  return family === 0 || inside.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Finds no address inside the network. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    const bad = addresses.find(({ address }) => isInside(address));
    if (bad !== undefined) return callback(new Error(`${hostname} leads to ${bad.address}, an address inside the network`), []);
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    return first === undefined ? callback(new Error(`${hostname} has no address`), []) : callback(null, first.address, first.family);
  });
};

/** Rejects unless the receiver answers with 2xx. */
export async function postWebhook({ url, body, allowPrivate }: Webhook): Promise<void> {
  const target = new URL(url);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw new Error('a webhook needs an http or https address');
  const host = target.hostname.replace(/^\[|\]$/g, '');
  // An address needs no look-up, so the guard there would never see it.
  if (!allowPrivate && isIP(host) !== 0 && isInside(host)) throw new Error(`${host} is an address inside the network`);
  const dispatcher = new Agent({ connect: { timeout: patienceMs, ...(!allowPrivate && { lookup: guardedLookup }) } });
  try {
    const reply = await request(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      dispatcher,
      headersTimeout: patienceMs,
      bodyTimeout: patienceMs,
    });
    await reply.body.dump();
    if (reply.statusCode >= 300) throw new Error(`the receiver answered ${reply.statusCode}`);
  } finally {
    await dispatcher.destroy();
  }
}
