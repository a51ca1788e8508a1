// One pass over the bytes of a JSON object: the grammar, the limits and (with a shape) the types of known fields are checked, and it is
// noted where the members lie. Strings are walked over, not read. Its verdict on the grammar is that of JSON.parse.
import { parseJson } from './json.ts';
import { brokenRule, emptyBody, fieldAt, halfCharacter, missingMember, notAnObject, unacceptable, wrongKind } from './json-refusals.ts';
import { anything, type CompiledShape, compileShape, type Facts, type JsonKind, kindBits, NameMarks, type Shape } from './json-shape.ts';
import { forgetText, walkBytes, walkText } from './json-text.ts';

/** Byte offsets; `end` is exclusive. `keyStart` is at the opening quote of the key. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly kind: JsonKind;
}

/** The top-level object of a body. */
export interface Outline {
  readonly bytes: Buffer;
  /** Offset of the opening brace and one past the closing one. */
  readonly start: number;
  readonly end: number;
  /** In order of appearance; of repeated keys the last one counts, as in JSON.parse. */
  readonly members: readonly Member[];
  /** Names of members at any depth; absent when the outline was not made by a scan. */
  readonly names?: NameMarks;
}

export interface ScanOptions {
  readonly maxDepth: number;
  readonly shape?: Shape;
}

export interface Scanned extends Outline {
  readonly names: NameMarks;
  readonly facts: Facts;
}

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;
/** Below this length a loop over the bytes beats the call into the walker. */
const shortString = 24;
const noDigit = 255;
const hexDigits = new Uint8Array(256).fill(noDigit);
for (let digit = 0; digit < 16; digit += 1) {
  const text = digit.toString(16);
  hexDigits[text.charCodeAt(0)] = digit;
  hexDigits[text.toUpperCase().charCodeAt(0)] = digit;
}

const noBytes = Buffer.alloc(0);
const noFacts: Facts = { flags: [], mediaBytes: 0 };
const noMarks = new NameMarks();

/** Used again and again: the state of a scan is a third of what a scan of a small body allocates. */
export class Scanner {
  private bytes: Buffer = noBytes;
  private length = 0;
  private maxDepth = 0;
  private at = 0;
  /** Where we are: an index of an array, or minus the position of a member's name (its text is only needed for an error). */
  private readonly path: number[] = [];
  /** So many of them count; setting the array's length would be a call into the engine for each member. */
  private pathSteps = 0;
  private facts = noFacts;
  private names = noMarks;

  scan(bytes: Buffer, { maxDepth, shape }: ScanOptions): Scanned {
    this.bytes = bytes;
    this.length = bytes.length;
    this.maxDepth = maxDepth;
    this.at = 0;
    this.pathSteps = 0;
    this.facts = { flags: [], mediaBytes: 0 };
    this.names = new NameMarks();
    return this.scanRoot(shape === undefined ? anything : compileShape(shape));
  }

  /** Without this the last body would be held until the next one comes. */
  forget(): void {
    this.bytes = noBytes;
    forgetText();
  }

  private scanRoot(shape: CompiledShape): Scanned {
    // A byte order mark is legal nowhere in JSON, but editors and PowerShell send it.
    if (this.bytes[0] === 0xef && this.bytes[1] === 0xbb && this.bytes[2] === 0xbf) this.at = 3;
    this.skipSpace();
    const start = this.at;
    if (this.bytes[start] !== 0x7b) {
      if (start >= this.length) throw emptyBody();
      throw notAnObject(this.scanValue(anything, 1));
    }
    const members: Member[] = [];
    this.scanMembers(shape, 1, members);
    const end = this.at;
    this.skipSpace();
    if (this.at < this.length) this.fail('unexpected text after the end of the object');
    return { bytes: this.bytes, start, end, members, facts: this.facts, names: this.names };
  }

  private scanValue(shape: CompiledShape, depth: number): JsonKind {
    const start = this.at;
    let kind: JsonKind;
    switch (this.bytes[start]) {
      case quote:
        this.scanString();
        kind = 'string';
        break;
      case 0x7b:
        kind = 'object';
        if ((shape.mask & kindBits.object) === 0) throw wrongKind(this.field(), shape.kinds, kind);
        this.scanMembers(shape, depth, undefined);
        break;
      case 0x5b:
        kind = 'array';
        if ((shape.mask & kindBits.array) === 0) throw wrongKind(this.field(), shape.kinds, kind);
        this.scanItems(shape, depth);
        break;
      case 0x74:
        this.scanLiteral('true');
        kind = 'boolean';
        break;
      case 0x66:
        this.scanLiteral('false');
        kind = 'boolean';
        break;
      case 0x6e:
        this.scanLiteral('null');
        kind = 'null';
        break;
      default:
        this.scanNumber();
        kind = 'number';
    }
    if (shape !== anything) {
      if ((shape.mask & kindBits[kind]) === 0) throw wrongKind(this.field(), shape.kinds, kind);
      if (shape.checksValue) this.checkValue(shape, kind, start);
    }
    return kind;
  }

  private scanMembers(shape: CompiledShape, depth: number, members: Member[] | undefined): void {
    if (depth > this.maxDepth) this.fail(`nested deeper than ${this.maxDepth} levels`);
    const { bytes } = this;
    this.at += 1;
    let missing = shape.requiredMask;
    this.skipSpace();
    if (bytes[this.at] === 0x7d) {
      this.at += 1;
    } else {
      for (;;) {
        if (bytes[this.at] !== quote) this.fail('expected a member name in double quotes');
        const keyStart = this.at;
        this.scanString();
        const keyEnd = this.at;
        this.names.add(bytes, keyStart + 1, keyEnd - 1);
        let known = shape.findMember(bytes, keyStart + 1, keyEnd - 1);
        let key = known?.key;
        this.path[depth - 1] = -keyStart;
        this.pathSteps = depth;
        // An unknown name matters only where members are listed, and where it could be another name in disguise.
        if (known === undefined) {
          if (isSuspect(bytes, keyStart + 1, keyEnd - 1)) {
            key = this.readKey(keyStart, keyEnd);
            known = shape.findMemberByName(key);
          } else if (members !== undefined) key = bytes.toString('utf8', keyStart + 1, keyEnd - 1);
        }
        if (bytes[this.at] !== 0x3a) {
          this.skipSpace();
          if (bytes[this.at] !== 0x3a) this.fail('expected ":" after a member name');
        }
        this.at += 1;
        this.skipSpace();
        const valueStart = this.at;
        const kind = this.scanValue(known === undefined ? anything : known.shape, depth + 1);
        if (known !== undefined && kind !== 'null') missing &= ~known.requiredBit;
        if (members !== undefined) members.push({ key: key ?? '', keyStart, valueStart, valueEnd: this.at, kind });
        this.pathSteps = depth - 1;
        this.skipSpace();
        const next = bytes[this.at];
        this.at += 1;
        if (next === 0x7d) break;
        if (next !== 0x2c) this.failAt(this.at - 1, 'expected "," or "}"');
        this.skipSpace();
      }
    }
    if (missing !== 0) throw missingMember(this.field(), shape.nameRequired(missing));
  }

  private scanItems(shape: CompiledShape, depth: number): void {
    if (depth > this.maxDepth) this.fail(`nested deeper than ${this.maxDepth} levels`);
    this.at += 1;
    const items = shape.items ?? anything;
    this.skipSpace();
    if (this.bytes[this.at] === 0x5d) {
      this.at += 1;
      if (shape.notEmpty) this.refuse('is empty; it needs at least one item');
      return;
    }
    for (let index = 0; ; index += 1) {
      this.path[depth - 1] = index;
      this.pathSteps = depth;
      this.scanValue(items, depth + 1);
      this.pathSteps = depth - 1;
      this.skipSpace();
      const next = this.bytes[this.at];
      this.at += 1;
      if (next === 0x5d) return;
      if (next !== 0x2c) this.failAt(this.at - 1, 'expected "," or "]"');
      this.skipSpace();
    }
  }

  /** `at` is on the opening quote; afterwards one past the closing one. */
  private scanString(): void {
    const { bytes } = this;
    const start = this.at + 1;
    let at = walkBytes(bytes, start, Math.min(start + shortString, this.length));
    if (bytes[at] !== quote) at = this.findQuote(at);
    this.at = at + 1;
  }

  /** From inside a string to its closing quote. */
  private findQuote(from: number): number {
    const { bytes } = this;
    let at = from;
    for (;;) {
      at = walkText(bytes, at);
      const byte = bytes[at];
      if (byte === quote) return at;
      if (byte === undefined) this.failAt(at, 'the text ends inside a string');
      if (byte !== backslash) this.failAt(at, 'control character inside a string; escape it');
      // Where one letter is spelt as \u, the next one mostly is too.
      do at = this.scanEscape(at);
      while (bytes[at] === backslash && bytes[at + 1] === letterU);
    }
  }

  /** `at` is on the backslash of no two-byte escape; answers the position after it. */
  private scanEscape(at: number): number {
    const { bytes } = this;
    if (bytes[at + 1] !== letterU) this.failAt(at, 'unknown escape in a string');
    const unit = this.readHex(at + 2);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    const isPair = unit < 0xdc00 && bytes[at + 6] === backslash && bytes[at + 7] === letterU && (this.readHex(at + 8) & 0xfc00) === 0xdc00;
    if (isPair) return at + 12;
    throw halfCharacter(this.field(), at);
  }

  private readHex(at: number): number {
    const { bytes } = this;
    let value = 0;
    for (let i = at; i < at + 4; i += 1) {
      const digit = hexDigits[bytes[i] ?? 0] as number;
      if (digit === noDigit) this.failAt(i, 'expected four hexadecimal digits after \\u');
      value = value * 16 + digit;
    }
    return value;
  }

  private scanNumber(): void {
    const { bytes } = this;
    const start = this.at;
    let at = start;
    if (bytes[at] === 0x2d) at += 1;
    if (bytes[at] === 0x30) at += 1;
    else if (isDigit(bytes[at])) while (isDigit(bytes[at])) at += 1;
    else this.failAt(start, start >= this.length ? 'the text ends where a value should be' : 'expected a value');
    if (bytes[at] === 0x2e) {
      at += 1;
      if (!isDigit(bytes[at])) this.failAt(at, 'expected a digit after the decimal point');
      while (isDigit(bytes[at])) at += 1;
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at += 1;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at += 1;
      if (!isDigit(bytes[at])) this.failAt(at, 'expected a digit in the exponent');
      while (isDigit(bytes[at])) at += 1;
    }
    this.at = at;
  }

  private scanLiteral(word: string): void {
    for (let i = 0; i < word.length; i += 1) {
      if (this.bytes[this.at + i] !== word.charCodeAt(i)) this.failAt(this.at, 'expected a value');
    }
    this.at += word.length;
  }

  private skipSpace(): void {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at += 1;
    }
  }

  private readKey(start: number, end: number): string {
    const text = this.bytes.toString('latin1', start + 1, end - 1);
    let key = text;
    // Escapes or bytes above ASCII are rare in keys: only then is the real decoder asked ("\u005f_proto__" must not slip through).
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code === backslash || code > 0x7f) {
        key = parseJson(this.bytes.toString('utf8', start, end)) as string;
        break;
      }
    }
    if (key === '__proto__') this.failAt(start, 'the member name "__proto__" is not accepted');
    return key;
  }

  private checkValue(shape: CompiledShape, kind: JsonKind, start: number): void {
    const { bytes } = this;
    if (kind === 'string' && shape.oneOf !== undefined && !shape.oneOf.has(bytes, start + 1, this.at - 1)) {
      const value = parseJson(bytes.toString('utf8', start, this.at)) as string;
      if (!shape.oneOf.names.includes(value)) {
        this.refuse(`must be one of ${shape.oneOf.names.map((one) => `"${one}"`).join(', ')}, not ${JSON.stringify(value.slice(0, 60))}`);
      }
    }
    if (kind === 'number' && (shape.min !== undefined || shape.integer)) {
      const value = Number(bytes.toString('latin1', start, this.at));
      if (shape.integer && !Number.isInteger(value)) this.refuse('must be a whole number');
      if (shape.min !== undefined && value < shape.min) this.refuse(`must be at least ${shape.min}`);
    }
    shape.visit?.(this.facts, { bytes, kind, start, end: this.at });
  }

  /** Where we are, as texts say it. */
  private field(): string {
    return fieldAt(this.bytes, this.path.slice(0, this.pathSteps));
  }

  private refuse(rule: string): never {
    throw brokenRule(this.field(), rule);
  }

  private fail(what: string): never {
    return this.failAt(this.at, what);
  }

  private failAt(at: number, what: string): never {
    throw unacceptable(what, { field: this.field(), at, length: this.length });
  }
}

/** As long as `__proto__`, or spelt with escapes; the text of any other unknown name says nothing. */
function isSuspect(bytes: Buffer, start: number, end: number): boolean {
  if (end - start === 9 && bytes[start] === 0x5f) return true;
  for (let i = start; i < end; i += 1) if (bytes[i] === backslash) return true;
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
