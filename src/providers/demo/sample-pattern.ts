// A text that matches a regular expression, made by walking the expression and never by running it: literals, classes,
// groups, alternatives and repetition. Anything cleverer (look-around, back-references, \p) gives undefined.

export interface PatternNeeds {
  readonly least: number;
  readonly most: number;
  /** Makes siblings differ. */
  readonly nth: number;
}

const maxRepeat = 64;
const maxPattern = 500;
const maxText = 10_000;

export function samplePattern(pattern: string, needs: PatternNeeds): string | undefined {
  if (pattern.length > maxPattern) return undefined;
  // A repetition takes its smallest count first; when the text has to be longer, larger ones are tried.
  for (let more = 0; more <= Math.min(needs.least, maxRepeat); more += 1) {
    const reader: Reader = { pattern, at: 0, more, nth: needs.nth };
    const text = alternatives(reader);
    if (text === undefined || reader.at < pattern.length) return undefined;
    const anchored = pattern.startsWith('^') && pattern.endsWith('$');
    const padded = !anchored && text.length < needs.least && !pattern.endsWith('$') ? text.padEnd(needs.least, 'x') : text;
    if (padded.length >= needs.least && padded.length <= needs.most) return padded;
  }
  return undefined;
}

interface Reader {
  readonly pattern: string;
  at: number;
  /** Extra rounds for every open-ended repetition. */
  readonly more: number;
  readonly nth: number;
}

function alternatives(reader: Reader): string | undefined {
  const options: string[] = [];
  do {
    const option = sequence(reader);
    if (option === undefined) return undefined;
    options.push(option);
  } while (take(reader, '|'));
  return options[reader.nth % options.length];
}

function sequence(reader: Reader): string | undefined {
  let text = '';
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern[reader.at] ?? '')) {
    if (take(reader, '^') || take(reader, '$')) continue;
    const atom = readAtom(reader);
    if (atom === undefined) return undefined;
    const rounds = readRepetition(reader);
    if (rounds === undefined) return undefined;
    // Nested counts multiply: (((a{64}){64}){64}){64} would be 16 million characters.
    if (text.length + atom.length * rounds > maxText) return undefined;
    text += atom.repeat(rounds);
  }
  return text;
}

function readAtom(reader: Reader): string | undefined {
  if (take(reader, '(')) {
    if (take(reader, '?:')) return closeGroup(reader);
    const named = /^\?<[A-Za-z_]\w*>/.exec(reader.pattern.slice(reader.at));
    if (named !== null) reader.at += named[0].length;
    else if (reader.pattern[reader.at] === '?') return undefined;
    return closeGroup(reader);
  }
  if (take(reader, '[')) return readClass(reader);
  if (take(reader, '.')) return 'a';
  if (take(reader, '\\')) return readEscape(reader);
  const literal = String.fromCodePoint(reader.pattern.codePointAt(reader.at) ?? 0);
  if ('*+?{'.includes(literal)) return undefined;
  reader.at += literal.length;
  return literal;
}

function closeGroup(reader: Reader): string | undefined {
  const text = alternatives(reader);
  return take(reader, ')') ? text : undefined;
}

const sets: Readonly<Record<string, string>> = {
  d: '0123456789',
  w: 'abcdefghijklmnopqrstuvwxyz0123456789_',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
};
const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v' };

function readEscape(reader: Reader): string | undefined {
  const letter = reader.pattern[reader.at] ?? '';
  reader.at += 1;
  const set = sets[letter];
  if (set !== undefined) return set[reader.nth % set.length];
  if (letter === 'b') return '';
  if (controls[letter] !== undefined) return controls[letter];
  return /[A-Za-z0-9]/.test(letter) || letter === '' ? undefined : letter;
}

function readClass(reader: Reader): string | undefined {
  const negated = take(reader, '^');
  let members = '';
  let first = true;
  while (reader.at < reader.pattern.length && (first || reader.pattern[reader.at] !== ']')) {
    first = false;
    if (reader.pattern[reader.at] === ']') break;
    const from = readMember(reader);
    if (from === undefined) return undefined;
    const isRange = from.length === 1 && reader.pattern[reader.at] === '-' && reader.pattern[reader.at + 1] !== ']';
    if (!isRange) {
      members += from;
      continue;
    }
    reader.at += 1;
    const to = readMember(reader);
    if (to === undefined || to.length !== 1) return undefined;
    for (let code = from.charCodeAt(0); code <= Math.min(to.charCodeAt(0), from.charCodeAt(0) + 255); code += 1)
      members += String.fromCharCode(code);
  }
  if (!take(reader, ']')) return undefined;
  if (!negated) return members === '' ? undefined : members[reader.nth % members.length];
  return [...'abcdefghijklmnopqrstuvwxyz0123456789 -_.'].find((character) => !members.includes(character));
}

/** One member of a class: a character, or all characters of a set such as \d. */
function readMember(reader: Reader): string | undefined {
  const character = reader.pattern[reader.at] ?? '';
  reader.at += 1;
  if (character !== '\\') return character;
  const letter = reader.pattern[reader.at] ?? '';
  reader.at += 1;
  if (sets[letter] !== undefined) return sets[letter];
  if (controls[letter] !== undefined) return controls[letter];
  return /[A-Za-z0-9]/.test(letter) || letter === '' ? undefined : letter;
}

function readRepetition(reader: Reader): number | undefined {
  const rounds = readRounds(reader);
  take(reader, '?');
  return rounds === undefined || rounds > maxRepeat ? undefined : rounds;
}

function readRounds(reader: Reader): number | undefined {
  if (take(reader, '*')) return reader.more;
  if (take(reader, '+')) return Math.max(1, reader.more);
  if (take(reader, '?')) return Math.min(1, reader.more);
  const counted = /^\{(\d+)(,(\d*))?\}/.exec(reader.pattern.slice(reader.at));
  if (counted === null) return 1;
  reader.at += counted[0].length;
  const low = Number(counted[1]);
  const high = counted[2] === undefined ? low : counted[3] === '' || counted[3] === undefined ? Infinity : Number(counted[3]);
  return Math.min(high, Math.max(low, reader.more));
}

function take(reader: Reader, text: string): boolean {
  if (!reader.pattern.startsWith(text, reader.at)) return false;
  reader.at += text.length;
  return true;
}
