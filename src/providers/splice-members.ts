// Rewrites some members of a JSON object in its bytes. Everything between them, white space included, is copied as it is.
import type { Outline } from '../core/json-outline.ts';

/** `key` and `value` are JSON text. */
export interface MemberEdit {
  readonly index: number;
  readonly remove?: boolean;
  readonly key?: Buffer;
  readonly value?: Buffer;
}

const colon = Buffer.from(':');
const comma = Buffer.from(',');

/** `edits` in descending order of index, at most one a member; `inserts` are whole members (`"key":value`) that go to the end. */
export function spliceMembers(outline: Outline, edits: readonly MemberEdit[], inserts: readonly Buffer[]): Buffer {
  const { bytes, members } = outline;
  const pieces: Buffer[] = [];
  let cursor = 0;
  const copyTo = (end: number): void => {
    if (end > cursor) pieces.push(bytes.subarray(cursor, end));
  };

  let next = edits.length - 1;
  // A removed member takes the comma before it along. The first ones have none: they take everything up to the first that stays.
  let firstKept = 0;
  while (next >= 0 && edits[next]?.remove === true && edits[next]?.index === firstKept) {
    firstKept += 1;
    next -= 1;
  }
  if (firstKept > 0) {
    copyTo(outline.start + 1);
    cursor = members[firstKept]?.keyStart ?? outline.end - 1;
  }
  for (; next >= 0; next -= 1) {
    const edit = edits[next];
    const member = edit === undefined ? undefined : members[edit.index];
    if (edit === undefined || member === undefined) continue;
    if (edit.remove === true) {
      copyTo(members[edit.index - 1]?.valueEnd ?? outline.start + 1);
      cursor = member.valueEnd;
      continue;
    }
    if (edit.key !== undefined) {
      copyTo(member.keyStart);
      pieces.push(edit.key, colon);
      cursor = member.valueStart;
    }
    if (edit.value !== undefined) {
      copyTo(member.valueStart);
      pieces.push(edit.value);
      cursor = member.valueEnd;
    }
  }
  if (inserts.length > 0) {
    copyTo(outline.end - 1);
    cursor = outline.end - 1;
    let needsComma = firstKept < members.length;
    for (const insert of inserts) {
      if (needsComma) pieces.push(comma);
      pieces.push(insert);
      needsComma = true;
    }
  }
  copyTo(bytes.length);
  return Buffer.concat(pieces);
}
