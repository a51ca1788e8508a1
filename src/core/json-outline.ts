// Where the members of a JSON object lie in its bytes, so that a body can be edited by splicing instead of parse + stringify.
import { isUtf8 } from 'node:buffer';
import { GatewayError } from './errors.ts';
import { type Member, type Outline, type Scanned, Scanner, type ScanOptions } from './json-scanner.ts';

export type { Shape, ValueRange } from './json-shape.ts';
export type { Member, Outline, Scanned, ScanOptions } from './json-scanner.ts';

/** One, unless a scan begins inside another. */
const spareScanners: Scanner[] = [];

/**
 * Checks and outlines a JSON object. Throws `invalid_json` (bad UTF-8, bad grammar, too deep, `__proto__`, lone surrogates)
 * or `invalid_request` with the path of the field whose type is wrong.
 */
export function scanObject(bytes: Buffer, options: ScanOptions): Scanned {
  if (!isUtf8(bytes)) throw new GatewayError('invalid_json', 'the body is not valid UTF-8');
  const scanner = spareScanners.pop() ?? new Scanner();
  try {
    return scanner.scan(bytes, options);
  } finally {
    scanner.forget();
    spareScanners.push(scanner);
  }
}

/** The last member of that name, as JSON.parse would see it. */
export function findMember(outline: Outline, key: string): Member | undefined {
  for (let i = outline.members.length - 1; i >= 0; i -= 1) {
    const member = outline.members[i];
    if (member !== undefined && member.key === key) return member;
  }
  return undefined;
}

/** The decoded value of one member; for small values (a model name, a flag), not for prompts. */
export function readMember(outline: Outline, key: string): unknown {
  const member = findMember(outline, key);
  if (member === undefined) return undefined;
  const { bytes } = outline;
  const { valueStart, valueEnd } = member;
  switch (member.kind) {
    case 'boolean':
      return bytes[valueStart] === 0x74;
    case 'null':
      return null;
    case 'number':
      return Number(bytes.toString('latin1', valueStart, valueEnd));
    case 'string': {
      // Names and ids have no escapes; what lies between the quotes is then all there is to read.
      const text = bytes.toString('utf8', valueStart + 1, valueEnd - 1);
      return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
    }
    default:
      return JSON.parse(bytes.toString('utf8', valueStart, valueEnd)) as unknown;
  }
}
