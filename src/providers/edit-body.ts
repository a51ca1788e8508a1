// The declared edits of a request body on its way to one upstream: model id, stream usage flag, the provider's rules, the
// gateway's own members. Runs per attempt, so it splices bytes; only members that a reshape must touch are parsed.
// Invariant: what no edit concerns reaches the upstream byte for byte, and an edit that loses something is a warning.
import type { Warning } from '../canonical/warning.ts';
import type { Member, Outline } from '../core/json-outline.ts';
import { isObject, type JsonValue, type MutableJson, parseJson } from '../core/json.ts';
import { type Action, compileRules, type CompiledReshape, type CompiledRules, type RuledEndpoint } from './compile-rules.ts';
import { lossless } from './lossless.ts';
import { spliceMembers, type MemberEdit } from './splice-members.ts';

export interface BodyEdit {
  readonly outline: Outline;
  /** The endpoint of the provider the body goes to: its dialect and rules. */
  readonly endpoint: RuledEndpoint;
  /** What to write as `model`. */
  readonly model: string;
  readonly traits: ReadonlySet<string>;
  /** Members to set or replace: policy overrides. */
  readonly set?: Readonly<Record<string, JsonValue>> | undefined;
  /** Members that are the gateway's own (`task`, `fallbacks`, `mpc`): removed without a warning. */
  readonly remove?: ReadonlySet<string> | undefined;
  readonly maxOutputTokens?: number | undefined;
}

export interface EditedBody {
  /** The very same buffer when nothing had to change. */
  readonly body: Buffer;
  readonly warnings: readonly Warning[];
}

const usageFlag = Buffer.from('"stream_options":{"include_usage":true}');
/** First byte of a byte order mark in UTF-8; no JSON text begins with it. */
const byteOrderMark = 0xef;
const noWarnings: readonly Warning[] = Object.freeze([]);

export function editBody(edit: BodyEdit): EditedBody {
  const { outline } = edit;
  const rules = compileRules(edit.endpoint, edit.traits);
  const pass = new EditPass(edit, rules);
  for (let index = outline.members.length - 1; index >= 0; index -= 1) {
    const member = outline.members[index];
    if (member !== undefined) pass.visit(index, member);
  }
  pass.insertMissing();
  if (rules.reshapes.length > 0) pass.reshape();
  const unchanged = (pass.edits.length === 0 && pass.inserts.length === 0) || overwriteInPlace(outline, pass);
  if (unchanged && outline.bytes.length >= largeBytes) givenOut.add(outline.bytes);
  const body = unchanged ? outline.bytes : spliceMembers(outline, pass.edits, pass.inserts);
  // A byte order mark is let in, but upstreams answer 400 to it.
  return { body: body[0] === byteOrderMark ? body.subarray(outline.start) : body, warnings: pass.warnings };
}

/** From here on a copy of the body costs more than everything else about it. */
const largeBytes = 32 * 1024;

/** Large bodies that an attempt sends as they lie. It may still do so while a second one is made ready: they must not change again. */
const givenOut = new WeakSet<Buffer>();

/**
 * A large body whose only edit is a value that fits into the old one's place (`"openai/gpt-4o"` → `"gpt-4o"`) is edited where it
 * lies, filled up with spaces, which JSON allows there. The outline stays right, so a later attempt can make its copy by it.
 */
function overwriteInPlace({ bytes, members }: Outline, { edits, inserts }: EditPass): boolean {
  const [edit] = edits;
  if (bytes.length < largeBytes || edits.length !== 1 || inserts.length > 0 || edit?.value === undefined || edit.key !== undefined)
    return false;
  if (givenOut.has(bytes)) return false;
  const member = members[edit.index];
  if (member === undefined || edit.value.length > member.valueEnd - member.valueStart) return false;
  edit.value.copy(bytes, member.valueStart);
  bytes.fill(0x20, member.valueStart + edit.value.length, member.valueEnd);
  return true;
}

/** One walk over the members, last to first: of a repeated key the last one counts, and the earlier ones must not reach an upstream that reads the first. */
class EditPass {
  /** In descending order of index, one per member at most. */
  edits: MemberEdit[] = [];
  readonly inserts: Buffer[] = [];
  warnings: Warning[] = noWarnings as Warning[];
  readonly #edit: BodyEdit;
  readonly #rules: CompiledRules;
  readonly #bytes: Buffer;
  readonly #overtaken: ReadonlySet<number> | undefined;
  #sawModel = false;
  #streams = false;
  #streamOptions: number | undefined;
  #handled: Set<string> | undefined;
  #watched: Map<string, number> | undefined;
  #values: Map<string, string | Buffer> | undefined;

  constructor(edit: BodyEdit, rules: CompiledRules) {
    this.#edit = edit;
    this.#rules = rules;
    this.#bytes = edit.outline.bytes;
    this.#overtaken = findOvertaken(edit.outline.members);
  }

  visit(index: number, member: Member): void {
    const { key } = member;
    if (this.#overtaken?.has(index) === true) {
      this.#add({ index, remove: true });
      return;
    }
    if (key === 'model') return this.#visitModel(index, member);
    if (key === 'stream') this.#streams = member.kind === 'boolean' && this.#bytes[member.valueStart] === 0x74;
    if (this.#edit.remove?.has(key)) {
      this.#add({ index, remove: true });
      return;
    }
    if (this.#edit.set !== undefined && Object.hasOwn(this.#edit.set, key)) return this.#visitSet(index, key);
    const action = this.#rules.actions.get(key);
    if (action !== undefined) return this.#act(index, member, action);
    if (key === 'stream_options' && this.#rules.asksUsage) {
      this.#streamOptions = index;
      return;
    }
    if (this.#rules.watched.has(key)) this.#watch(key, index);
  }

  /** What the walk did not find and the upstream must have. */
  insertMissing(): void {
    const { set, model } = this.#edit;
    if (!this.#sawModel && !this.#rules.modelInPath) this.inserts.push(Buffer.concat([quotedModelKey, modelBytes(model)]));
    if (set !== undefined) {
      for (const key of Object.keys(set)) {
        if (this.#handled?.has(key) !== true) this.inserts.push(Buffer.from(`${JSON.stringify(key)}:${JSON.stringify(set[key])}`));
      }
    }
    if (this.#rules.asksUsage && this.#streams) this.#askForUsage();
  }

  reshape(): void {
    const active = this.#rules.reshapes.filter((candidate) => this.#mayApply(candidate));
    if (active.length === 0) return;
    const body: MutableJson = {};
    for (const name of new Set(active.flatMap(({ reshape }) => reshape.members))) {
      const member = this.#memberOf(name);
      if (member !== undefined) body[name] = parseJson(this.#bytes.toString('utf8', member.valueStart, member.valueEnd));
    }
    const context = {
      model: this.#edit.model,
      traits: this.#edit.traits,
      maxOutputTokens: this.#edit.maxOutputTokens,
      warn: (warning: Warning) => this.#warn(warning),
    };
    // Reshapes replace what they change, so another identity is a change and the rest keeps its bytes.
    const before = { ...body };
    for (const { reshape } of active) reshape.apply(body, context);
    for (const name of Object.keys(body)) if (body[name] !== before[name]) this.#writeBack(name, body[name]);
    this.edits.sort((a, b) => b.index - a.index);
  }

  #visitModel(index: number, member: Member): void {
    this.#sawModel = true;
    if (this.#rules.modelInPath) {
      this.#add({ index, remove: true });
      return;
    }
    const value = modelBytes(this.#edit.model);
    const same =
      member.valueEnd - member.valueStart === value.length &&
      this.#bytes.compare(value, 0, value.length, member.valueStart, member.valueEnd) === 0;
    if (!same) this.#add({ index, value });
  }

  #visitSet(index: number, key: string): void {
    this.#handled ??= new Set();
    this.#handled.add(key);
    this.#add({ index, value: Buffer.from(JSON.stringify(this.#edit.set?.[key])) });
  }

  #act(index: number, member: Member, action: Action): void {
    const { key } = member;
    if (action.kind === 'rename') return this.#rename(index, key, action.to);
    if (action.kind === 'drop-beside' && !this.#has(action.other)) return;
    if (this.#rules.sampling.has(key) && this.#reasoningIsOff()) return;
    this.#add({ index, remove: true });
    if (action.kind === 'drop-quietly' || lossless(key, this.#textOf(member))) return;
    this.#warn({ field: key, kind: 'dropped', message: action.because });
  }

  #rename(index: number, key: string, to: string): void {
    if (this.#has(to)) {
      this.#add({ index, remove: true });
      this.#warn({ field: key, kind: 'dropped', message: `${to} is given too and wins` });
      return;
    }
    this.#add({ index, key: Buffer.from(JSON.stringify(to)) });
    if (this.#rules.watched.has(to)) this.#watch(to, index);
  }

  #askForUsage(): void {
    const index = this.#streamOptions;
    const member = index === undefined ? undefined : this.#edit.outline.members[index];
    if (index === undefined || member === undefined) {
      this.inserts.push(usageFlag);
      return;
    }
    const options = parseJson(this.#textOf(member));
    if (isObject(options) && options['include_usage'] === true) return;
    const asked = { ...(isObject(options) && options), include_usage: true };
    const at = this.edits.findIndex((edit) => edit.index < index);
    this.edits.splice(at === -1 ? this.edits.length : at, 0, { index, value: Buffer.from(JSON.stringify(asked)) });
  }

  #mayApply({ reshape, needles }: CompiledReshape): boolean {
    if (reshape.when === 'always') return true;
    for (const name of reshape.members) {
      const member = this.#memberOf(name);
      if (member === undefined) continue;
      if (needles.length === 0) return true;
      for (const { text, name: marks } of needles) {
        const { names } = this.#edit.outline;
        if (marks !== undefined && names !== undefined && !names.mayHold(marks)) continue;
        if (this.#searchable(name, member).includes(text)) return true;
      }
    }
    return false;
  }

  /**
   * Native search in a long value costs a microsecond per 100 KB, but every call into it costs as much as searching a
   * kilobyte of string does; so short values are searched as strings, and each is cut out once for all reshapes.
   */
  #searchable(name: string, member: Member): string | Buffer {
    this.#values ??= new Map();
    let value = this.#values.get(name);
    if (value === undefined) {
      const { valueStart, valueEnd } = member;
      value =
        valueEnd - valueStart <= 8_192 ? this.#bytes.toString('latin1', valueStart, valueEnd) : this.#bytes.subarray(valueStart, valueEnd);
      this.#values.set(name, value);
    }
    return value;
  }

  /** A reshaped value replaces the member where it stands; a new one goes to the end. */
  #writeBack(name: string, value: unknown): void {
    const index = this.#watched?.get(name);
    const bytes = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
    if (index === undefined) {
      if (bytes !== undefined) this.inserts.push(Buffer.concat([Buffer.from(`${JSON.stringify(name)}:`), bytes]));
      return;
    }
    const at = this.edits.findIndex((edit) => edit.index === index);
    const before = at === -1 ? undefined : this.edits[at];
    const next: MemberEdit = bytes === undefined ? { index, remove: true } : { ...before, index, value: bytes };
    if (at === -1) this.#add(next);
    else this.edits[at] = next;
  }

  #watch(name: string, index: number): void {
    this.#watched ??= new Map();
    // Two names of one member (by renaming): the one visited first counts.
    if (this.#watched.has(name)) this.#add({ index, remove: true });
    else this.#watched.set(name, index);
  }

  #memberOf(name: string): Member | undefined {
    const index = this.#watched?.get(name);
    return index === undefined ? undefined : this.#edit.outline.members[index];
  }

  #has(key: string): boolean {
    return this.#edit.outline.members.some((member) => member.key === key);
  }

  #reasoningIsOff(): boolean {
    const effort = this.#edit.outline.members.findLast((member) => member.key === 'reasoning_effort');
    return effort !== undefined && this.#textOf(effort) === '"none"';
  }

  #textOf(member: Member): string {
    return this.#bytes.toString('utf8', member.valueStart, member.valueEnd);
  }

  /** Most bodies have one edit, and a list that grows takes room for seventeen. */
  #add(edit: MemberEdit): void {
    if (this.edits.length === 0) this.edits = [edit];
    else this.edits.push(edit);
  }

  #warn(warning: Warning): void {
    if (this.warnings === noWarnings) this.warnings = [];
    this.warnings.push(warning);
  }
}

/** Bodies have a dozen members: comparing each with each is cheaper than a set, up to here. */
const fewMembers = 32;

/** Members that a later one of the same name replaces; undefined in all but malformed or malicious bodies. */
function findOvertaken(members: readonly Member[]): ReadonlySet<number> | undefined {
  let overtaken: Set<number> | undefined;
  const seen = members.length > fewMembers ? new Set<string>() : undefined;
  for (let index = members.length - 1; index >= 0; index -= 1) {
    const key = members[index]?.key ?? '';
    if (seen === undefined ? comesAgain(members, key, index + 1) : seen.has(key)) (overtaken ??= new Set()).add(index);
    seen?.add(key);
  }
  return overtaken;
}

function comesAgain(members: readonly Member[], key: string, from: number): boolean {
  for (let later = from; later < members.length; later += 1) if (members[later]?.key === key) return true;
  return false;
}

const quotedModelKey = Buffer.from('"model":');

const modelCache = new Map<string, Buffer>();
const modelCacheSize = 4096;

/** The quoted model id as bytes. Callers can make open-ended providers see any id, so the memory is bounded. */
function modelBytes(model: string): Buffer {
  let bytes = modelCache.get(model);
  if (bytes === undefined) {
    bytes = Buffer.from(JSON.stringify(model));
    if (modelCache.size >= modelCacheSize) modelCache.clear();
    modelCache.set(model, bytes);
  }
  return bytes;
}
