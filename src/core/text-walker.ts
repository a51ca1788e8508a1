// The inner loop of scanning JSON strings, 64 bytes at a time. It is WebAssembly because JavaScript has no SIMD, and prompts are
// full of quotes and line breaks: byte by byte the walk costs seven times as much and is the dearest part of a large request.
// Put together below from named instructions, so that it can be read and changed without a compiler.

export interface TextWalker {
  /** Where the text is put: UTF-8, a control character behind it, and a block that belongs to nobody behind that. */
  readonly memory: Uint8Array;
  /**
   * The first byte at or after `from` that is neither plain text nor of a two-byte escape: a quote, a control character, or the
   * backslash of any other escape. `from` is not in the middle of an escape.
   */
  walk(from: number): number;
}

/** Undefined where there is no WebAssembly or the processor has no SIMD. */
export function createTextWalker(): TextWalker | undefined {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(moduleBytes)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes));
  return { memory: new Uint8Array(exports.memory.buffer), walk: exports.walk };
}

/** The part of the global that is used here; the types of Node do not describe it. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly walk: (from: number) => number } };
};

/** Instructions; numbers that are not named are opcodes and types of the WebAssembly specification. */
type Code = readonly number[];

// Positions are i32. A mask is an i64 with one bit for each byte of a block, the first byte's lowest.
const blockBytes = 64;
const at = 0;
const backslashes = 1;
/** Bytes at which the walk ends. */
const stops = 2;
const escaped = 3;
/** 1 when the first byte of the next block is escaped by the last one of this. */
const carry = 4;
const series = 5;
/** The block as four vectors of 16 bytes. */
const lanes = [6, 7, 8, 9] as const;
/** Vectors of what is looked for; as constants in the loop they would be put together anew for each block. */
const [quote, backslash, letterR, lastControl, lowerBits, escapes] = [10, 11, 12, 13, 14, 15] as const;
const localTypes: Code = [2, 5, 0x7e, 10, 0x7b];

const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const pair = (left: Code, right: Code, operation: Code): Code => [...left, ...right, ...operation];

/** A mask of one bit or none, or a number of places to shift: from 0 to 63, which is one byte of LEB128. */
const small = (value: number): Code => [0x42, value];
const allBits: Code = [0x42, 0x7f];
/** 0xaaaa… in signed LEB128: seven bits to a byte, so its pattern alternates from byte to byte. */
const oddBits: Code = [0x42, 0xaa, 0xd5, 0xaa, 0xd5, 0xaa, 0xd5, 0xaa, 0xd5, 0xaa, 0x7f];
const subtract = (left: Code, right: Code): Code => pair(left, right, [0x7d]);
const and = (left: Code, right: Code): Code => pair(left, right, [0x83]);
const or = (left: Code, right: Code): Code => pair(left, right, [0x84]);
const xor = (left: Code, right: Code): Code => pair(left, right, [0x85]);
const not = (value: Code): Code => xor(value, allBits);
const shiftLeft = (value: Code, places: Code): Code => pair(value, places, [0x86]);
const shiftRight = (value: Code, places: Code): Code => pair(value, places, [0x88]);
const lowestBit = (value: Code): Code => [...value, 0x7a];
const isZero = (value: Code): Code => [...value, 0x50];
const isNotZero = (value: Code): Code => [...isZero(value), 0x45];

const toPosition = (value: Code): Code => [...value, 0xa7];
const addPosition = (left: Code, right: Code): Code => pair(left, right, [0x6a]);
const subtractPosition = (left: Code, right: Code): Code => pair(left, right, [0x6b]);
const nextBlock: Code = addPosition(get(at), [0x41, blockBytes | 0x80, 0]);

/** Below 64, or with a further byte of LEB128. */
const sixteen = (byte: number): Code => [0x41, ...(byte < 64 ? [byte] : [byte | 0x80, 0]), 0xfd, 0x0f];
const equals = (left: Code, right: Code): Code => pair(left, right, [0xfd, 0x23]);
const isAtMost = (left: Code, right: Code): Code => pair(left, right, [0xfd, 0x2a]);
const either = (left: Code, right: Code): Code => pair(left, right, [0xfd, 0x50]);
const lowerHalf = (bytes: Code): Code => pair(bytes, get(lowerBits), [0xfd, 0x4e]);
const lookUp = (table: Code, indices: Code): Code => pair(table, indices, [0xfd, 0x0e]);

/** Bytes that may follow a backslash, each at the place its lower half names; the quote and `r` would need that of `b`. */
const escapeTable: Code = [0xfd, 0x0c, 0xff, 0, 0x62, 0, 0x74, 0, 0x66, 0, 0, 0, 0, 0, 0x5c, 0, 0x6e, 0x2f];

const isBackslash = (bytes: Code): Code => equals(bytes, get(backslash));
const isStop = (bytes: Code): Code => either(equals(bytes, get(quote)), isAtMost(bytes, get(lastControl)));
const isSimpleEscape = (bytes: Code): Code =>
  either(either(equals(bytes, get(quote)), equals(bytes, get(letterR))), equals(bytes, lookUp(get(escapes), lowerHalf(bytes))));

/** One bit for each byte of the block that passes the test. */
function maskOf(test: (bytes: Code) => Code): Code {
  const [first, second, third, fourth] = lanes.map((lane): Code => [...test(get(lane)), 0xfd, 0x64]) as [Code, Code, Code, Code];
  const join = (low: Code, high: Code): Code => [...low, ...high, 0x41, 16, 0x74, 0x72, 0xad];
  return or(join(first, second), shiftLeft(join(third, fourth), small(32)));
}

/**
 * Which bytes are escaped. Backslashes escape each other, so in a run of them every second one counts; a subtraction, borrowing
 * through each run, does that for all of a block at once (the way of simdjson).
 */
function markEscaped(): Code {
  const starts = and(get(backslashes), not(get(carry)));
  return [
    ...set(series, xor(subtract(or(shiftLeft(starts, small(1)), oddBits), starts), oddBits)),
    ...set(escaped, xor(get(series), or(get(backslashes), get(carry)))),
    ...set(carry, shiftRight(and(get(series), get(backslashes)), small(63))),
    ...set(stops, or(and(get(stops), not(get(escaped))), and(get(escaped), not(maskOf(isSimpleEscape))))),
  ];
}

const when = (condition: Code, then: Code): Code => [...condition, 0x04, 0x40, ...then, 0x0b];
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0b];
/** From inside a `when` that stands in a `loop`. */
const again: Code = [0x0c, 1];

const walk: Code = [
  ...set(quote, sixteen(0x22)),
  ...set(backslash, sixteen(0x5c)),
  ...set(letterR, sixteen(0x72)),
  ...set(lastControl, sixteen(0x1f)),
  ...set(lowerBits, sixteen(0x0f)),
  ...set(escapes, escapeTable),
  ...loop([
    ...lanes.flatMap((lane, index) => set(lane, [...get(at), 0xfd, 0x00, 0, index * 16])),
    ...set(backslashes, maskOf(isBackslash)),
    ...set(stops, maskOf(isStop)),
    ...set(escaped, small(0)),
    ...when(isNotZero(or(get(backslashes), get(carry))), markEscaped()),
    ...when(isZero(get(stops)), [...set(at, nextBlock), ...again]),
  ]),
  // What is wrong with an escape shows in its second byte; the walk ends at its backslash.
  ...subtractPosition(
    addPosition(get(at), toPosition(lowestBit(get(stops)))),
    toPosition(and(shiftRight(get(escaped), lowestBit(get(stops))), small(1))),
  ),
];

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

/** With its length before it, in unsigned LEB128 of two bytes. */
function sized(content: Code): Code {
  return [(content.length & 0x7f) | 0x80, content.length >> 7, ...content];
}

function named(name: string, rest: Code): Code {
  return [name.length, ...Buffer.from(name), ...rest];
}

const moduleBytes = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // The type of the function: i32 → i32. Then the function, a memory of one page, and the names of both.
  ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
  ...section(3, [1, 0]),
  ...section(5, [1, 0, 1]),
  ...section(7, [2, ...named('memory', [2, 0]), ...named('walk', [0, 0])]),
  ...section(10, [1, ...sized([...localTypes, ...walk, 0x0b])]),
]);
