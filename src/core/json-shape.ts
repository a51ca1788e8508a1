// What the known fields of a body must look like, and the same compiled for scanning: names as bytes, kinds as bits.

export type JsonKind = 'string' | 'number' | 'object' | 'array' | 'boolean' | 'null';

/**
 * What a known field must look like. `kinds` lists the allowed JSON kinds; members and items are checked in turn;
 * unknown members are legal and only skipped.
 */
export interface Shape {
  readonly kinds: readonly JsonKind[];
  readonly members?: ReadonlyMap<string, Shape>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly notEmpty?: boolean;
  /** The only string values allowed; the error lists them. */
  readonly oneOf?: readonly string[];
  /** Inclusive limits of a number. */
  readonly min?: number;
  readonly integer?: boolean;
  /** Called with the byte range of a value that passed; collects facts without a second pass. */
  readonly visit?: (facts: Facts, value: ValueRange) => void;
}

/** What visitors note. Keys and meaning belong to the shape that notes them. */
export interface Facts {
  /** Each once, in order of appearance. */
  readonly flags: string[];
  /** Bytes of media data (base64), which are not prompt text. */
  mediaBytes: number;
}

/**
 * Which member names may occur in a body, as sets of 32 bits: a name with a bit that is not set does not occur; one whose bits
 * are all set probably does. Collected while scanning for next to nothing, it spares a search through the whole body.
 */
export class NameMarks {
  private lengths = 0;
  private ends = 0;
  private middles = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const head = bytes[start] ?? 0;
    this.lengths |= 1 << (length & 31);
    this.ends |= 1 << ((head * 3 + (bytes[end - 1] ?? 0) * 7) & 31);
    this.middles |= 1 << (((bytes[start + (length >> 1)] ?? 0) * 5 + head + length) & 31);
  }

  mayHold(name: NameMarks): boolean {
    return (this.lengths & name.lengths) !== 0 && (this.ends & name.ends) !== 0 && (this.middles & name.middles) !== 0;
  }
}

export function marksOf(name: string): NameMarks {
  const marks = new NameMarks();
  const bytes = new TextEncoder().encode(name);
  marks.add(bytes, 0, bytes.length);
  return marks;
}

/** Notes a fact once. */
export function note(facts: Facts, flag: string): void {
  if (!facts.flags.includes(flag)) facts.flags.push(flag);
}

export interface ValueRange {
  readonly bytes: Buffer;
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
}

export const kindBits = { string: 1, number: 2, object: 4, array: 8, boolean: 16, null: 32 } as const satisfies Record<JsonKind, number>;

/** A member that a shape knows. */
export interface KnownMember {
  readonly key: string;
  readonly shape: CompiledShape;
  /** 0 when it may be missing. */
  readonly requiredBit: number;
}

export class CompiledShape {
  readonly kinds: readonly JsonKind[];
  readonly mask: number;
  readonly requiredMask: number;
  readonly items: CompiledShape | undefined;
  readonly notEmpty: boolean;
  readonly oneOf: ByteNames<string> | undefined;
  readonly min: number | undefined;
  readonly integer: boolean;
  readonly visit: Shape['visit'];
  /** Kind alone does not decide. */
  readonly checksValue: boolean;
  private readonly required: readonly string[];
  private readonly members: ByteNames<KnownMember> | undefined;

  constructor(shape: Shape) {
    this.kinds = shape.kinds;
    this.mask = shape.kinds.reduce((mask, kind) => mask | kindBits[kind], 0);
    this.required = shape.required ?? [];
    this.requiredMask = (1 << this.required.length) - 1;
    this.items = shape.items === undefined ? undefined : compileShape(shape.items);
    this.notEmpty = shape.notEmpty ?? false;
    this.oneOf = shape.oneOf === undefined ? undefined : new ByteNames(shape.oneOf.map((name) => [name, name]));
    this.min = shape.min;
    this.integer = shape.integer ?? false;
    this.visit = shape.visit;
    this.checksValue = this.oneOf !== undefined || this.min !== undefined || this.integer || this.visit !== undefined;
    this.members = shape.members === undefined && this.required.length === 0 ? undefined : new ByteNames(this.knownMembers(shape));
  }

  findMember(bytes: Uint8Array, start: number, end: number): KnownMember | undefined {
    return this.members?.find(bytes, start, end);
  }

  findMemberByName(name: string): KnownMember | undefined {
    const bytes = new TextEncoder().encode(name);
    return this.members?.find(bytes, 0, bytes.length);
  }

  /** The first required member whose bit is set. */
  nameRequired(mask: number): string {
    return this.required.find((_name, index) => (mask & (1 << index)) !== 0) ?? '';
  }

  private knownMembers(shape: Shape): [string, KnownMember][] {
    const names = new Set([...(shape.members?.keys() ?? []), ...this.required]);
    return [...names].map((key) => {
      const index = this.required.indexOf(key);
      const member = shape.members?.get(key);
      return [key, { key, shape: member === undefined ? anything : compileShape(member), requiredBit: index === -1 ? 0 : 1 << index }];
    });
  }
}

/** Names found by their bytes, without making a string of what is looked up. */
class ByteNames<Value> {
  readonly names: readonly string[];
  private readonly byLength: (readonly { readonly bytes: Uint8Array; readonly value: Value }[] | undefined)[] = [];

  constructor(entries: readonly (readonly [name: string, value: Value])[]) {
    this.names = entries.map(([name]) => name);
    for (const [name, value] of entries) {
      const bytes = new TextEncoder().encode(name);
      this.byLength[bytes.length] = [...(this.byLength[bytes.length] ?? []), { bytes, value }];
    }
  }

  find(bytes: Uint8Array, start: number, end: number): Value | undefined {
    const candidates = this.byLength[end - start];
    if (candidates === undefined) return undefined;
    for (let i = 0; i < candidates.length; i += 1) {
      const candidate = candidates[i] as { readonly bytes: Uint8Array; readonly value: Value };
      if (isEqual(candidate.bytes, bytes, start)) return candidate.value;
    }
    return undefined;
  }

  has(bytes: Uint8Array, start: number, end: number): boolean {
    return this.find(bytes, start, end) !== undefined;
  }
}

function isEqual(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i += 1) if (name[i] !== bytes[start + i]) return false;
  return true;
}

const compiled = new WeakMap<Shape, CompiledShape>();

/** Compiled once per shape object. */
export function compileShape(shape: Shape): CompiledShape {
  let known = compiled.get(shape);
  if (known === undefined) {
    known = new CompiledShape(shape);
    compiled.set(shape, known);
  }
  return known;
}

/** Whatever JSON allows. */
export const anything = compileShape({ kinds: ['string', 'number', 'object', 'array', 'boolean', 'null'] });
