// A certificate for a test, made on the spot: none in the repository can expire, and no private key lies there.
import { generateKeyPairSync, sign } from 'node:crypto';

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** For 127.0.0.1 and localhost; it is its own authority. */
export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(der(0x06, '2a8648ce3d040302'));
  const name = sequence(der(0x31, sequence(der(0x06, '550403'), der(0x0c, Buffer.from('localhost')))));
  const addresses = sequence(der(0x82, Buffer.from('localhost')), der(0x87, '7f000001'));
  const extension = (id: string, value: Buffer): Buffer => sequence(der(0x06, id), der(0x04, value));
  const body = sequence(
    der(0xa0, der(0x02, '02')),
    der(0x02, '01'),
    ecdsaWithSha256,
    name,
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z'))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension('551d13', sequence(der(0x01, 'ff'))), extension('551d11', addresses))),
  );
  const signature = sign('sha256', body, privateKey);
  const cert = sequence(body, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${cert.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Tag, length, value; a text is hexadecimal. */
function der(tag: number, value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'hex') : value;
  const { length } = bytes;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), bytes]);
}
