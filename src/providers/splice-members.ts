// Rewrites some members of a JSON object in its bytes. Everything between them, white space included, is copied as it is.
import type { Outline } from '../core/json-outline.ts';

/** `key` and `value` are JSON text. */
export interface MemberEdit {
  readonly index: number;
  readonly remove?: boolean;
  readonly key?: Buffer;
  readonly value?: Buffer;
}

const colon = 0x3a;
const comma = 0x2c;

/** `edits` in descending order of index, at most one a member; `inserts` are whole members (`"key":value`) that go to the end. */
export function spliceMembers(outline: Outline, edits: readonly MemberEdit[], inserts: readonly Buffer[]): Buffer {
  const { members } = outline;
  const splice = new Splice(outline.bytes, roomFor(outline, edits, inserts));

  let next = edits.length - 1;
  // A removed member takes the comma before it along. The first ones have none: they take everything up to the first that stays.
  let firstKept = 0;
  while (next >= 0 && edits[next]?.remove === true && edits[next]?.index === firstKept) {
    firstKept += 1;
    next -= 1;
  }
  if (firstKept > 0) splice.copyTo(outline.start + 1, members[firstKept]?.keyStart ?? outline.end - 1);
  for (; next >= 0; next -= 1) {
    const edit = edits[next];
    const member = edit === undefined ? undefined : members[edit.index];
    if (edit === undefined || member === undefined) continue;
    if (edit.remove === true) {
      splice.copyTo(members[edit.index - 1]?.valueEnd ?? outline.start + 1, member.valueEnd);
      continue;
    }
    if (edit.key !== undefined) {
      splice.copyTo(member.keyStart, member.valueStart);
      splice.add(edit.key);
      splice.addByte(colon);
    }
    if (edit.value !== undefined) {
      splice.copyTo(member.valueStart, member.valueEnd);
      splice.add(edit.value);
    }
  }
  if (inserts.length > 0) {
    splice.copyTo(outline.end - 1, outline.end - 1);
    for (let index = 0; index < inserts.length; index += 1) {
      if (index > 0 || firstKept < members.length) splice.addByte(comma);
      splice.add(inserts[index] as Buffer);
    }
  }
  return splice.finish();
}

/** Exactly what is needed where nothing is removed, which is the case in nearly every request; else enough. */
function roomFor({ bytes, members }: Outline, edits: readonly MemberEdit[], inserts: readonly Buffer[]): number {
  let room = bytes.length;
  for (const { index, key, value } of edits) {
    const member = members[index];
    if (member === undefined) continue;
    if (key !== undefined) room += key.length + 1 - (member.valueStart - member.keyStart);
    if (value !== undefined) room += value.length - (member.valueEnd - member.valueStart);
  }
  for (const insert of inserts) room += insert.length + 1;
  return room;
}

/** The new bytes as they are written: what stays is copied from the old ones, what is new is added. */
class Splice {
  private readonly source: Buffer;
  private readonly target: Buffer;
  private read = 0;
  private written = 0;

  constructor(source: Buffer, room: number) {
    this.source = source;
    this.target = Buffer.allocUnsafe(room);
  }

  /** Copies up to `end` and goes on behind it at `resume`; what lies between is left out. */
  copyTo(end: number, resume: number): void {
    if (end > this.read) this.written += this.source.copy(this.target, this.written, this.read, end);
    this.read = resume;
  }

  add(bytes: Buffer): void {
    this.written += bytes.copy(this.target, this.written);
  }

  addByte(byte: number): void {
    this.target[this.written] = byte;
    this.written += 1;
  }

  finish(): Buffer {
    this.copyTo(this.source.length, this.source.length);
    return this.written === this.target.length ? this.target : this.target.subarray(0, this.written);
  }
}
