// Signatures of the simulator's thinking. They prove nothing to anyone else; they let a test see whether
// a gateway carried a thinking block through a tool loop untouched.
import { createHash } from 'node:crypto';

export function signThinking(thinking: string): string {
  const digest = createHash('sha256').update('mpc-api demo thinking\n').update(thinking).digest();
  return Buffer.concat([Buffer.from('demo'), digest]).toString('base64');
}

export function isOwnSignature(thinking: string, signature: string): boolean {
  return signature === signThinking(thinking);
}
