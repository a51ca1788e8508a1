// One candidate of an answer → events. Whole answers and streams go through the same reader.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import { asObject, asString, type JsonObject } from '../../core/json.ts';
import type { DecodeOptions } from '../dialect.ts';
import { sealProof } from '../reasoning-proof.ts';
import { badReply, truncated } from './errors.ts';
import { decodeFinish, finishError, withCalls } from './finish.ts';
import { arrayMember, bothSpellings, member, objectMember, objectsIn } from './member.ts';
import { PartialArgs } from './partial-args.ts';

type Emit = (event: ChatEvent) => void;

/** What stands beside the content and means something to a reader; ratings and averages do not. */
const sideFields = bothSpellings(['groundingMetadata', 'citationMetadata', 'urlContextMetadata', 'logprobsResult']);

/** Hardly any frame has one, and every frame is asked. */
function hasSideField(candidate: JsonObject): boolean {
  for (const name of Object.keys(candidate)) if (sideFields.has(name)) return true;
  return false;
}

export interface CandidateOptions {
  readonly index: number;
  readonly decode: DecodeOptions;
  /** A block number nobody has. */
  readonly openBlock: () => number;
  /** The id of a call that came without one. */
  readonly makeCallId: () => string;
}

interface StreamedCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly signature: string | undefined;
  readonly args: PartialArgs;
}

export class CandidateDecoder {
  readonly #options: CandidateOptions;
  readonly #at: { readonly choice?: number };
  #open: { readonly kind: 'text' | 'thought'; readonly block: number } | undefined;
  #streamed: StreamedCall | undefined;
  #hasCalls = false;
  #hasContent = false;
  #finish: FinishReason | undefined;

  constructor(options: CandidateOptions) {
    this.#options = options;
    this.#at = options.index === 0 ? {} : { choice: options.index };
  }

  push(candidate: JsonObject, emit: Emit): void {
    for (const part of objectsIn(arrayMember(asObject(candidate.content) ?? {}, 'parts'))) this.#part(part, emit);
    if (hasSideField(candidate)) this.#side(candidate, emit);
    const reason = member(candidate, 'finishReason');
    const finish = decodeFinish(reason);
    if (finish === 'error') throw finishError(reason);
    // Older models say STOP in every frame, so the end of the bytes decides when it counts; a later, other word wins.
    if (finish !== undefined) this.#finish = finish;
  }

  /** `whole`: the body was complete, so a missing finish reason is one that the server forgot (older models). */
  end(emit: Emit, how: { readonly whole: boolean }): void {
    this.#finishStreamed(emit);
    this.#close(emit);
    const finish = this.#finish ?? (how.whole && this.#hasContent ? 'stop' : undefined);
    if (finish === undefined) throw truncated();
    emit({ type: 'finish', reason: withCalls(finish, this.#hasCalls), ...this.#at });
  }

  #side(candidate: JsonObject, emit: Emit): void {
    const side = Object.entries(candidate).filter(([name, value]) => sideFields.has(name) && value !== undefined && value !== null);
    if (side.length > 0) emit({ type: 'opaque', dialect: 'gemini', wire: { candidate: Object.fromEntries(side) } });
  }

  #part(part: JsonObject, emit: Emit): void {
    const signature = asString(member(part, 'thoughtSignature')) || undefined;
    const call = objectMember(part, 'functionCall');
    if (call !== undefined) {
      this.#call(call, signature, emit);
      return;
    }
    const text = asString(part.text);
    if (text !== undefined || (signature !== undefined && Object.keys(part).length === 1)) {
      this.#text(part.thought === true ? 'thought' : 'text', { text: text ?? '', signature }, emit);
      return;
    }
    if (Object.keys(part).length === 0) return;
    this.#finishStreamed(emit);
    this.#close(emit);
    this.#hasContent = true;
    emit({ type: 'opaque', dialect: 'gemini', wire: part });
  }

  #text(
    kind: 'text' | 'thought',
    { text, signature }: { readonly text: string; readonly signature: string | undefined },
    emit: Emit,
  ): void {
    if (text === '' && signature === undefined) return;
    this.#finishStreamed(emit);
    // A signature without text is a part of its own; joined to the text before, it would come back in the wrong place and be refused.
    if (this.#open?.kind !== kind || text === '') {
      this.#close(emit);
      this.#open = { kind, block: this.#options.openBlock() };
    }
    this.#hasContent = true;
    const { block } = this.#open;
    const type = kind === 'text' ? 'text-delta' : 'reasoning-delta';
    emit({ type, block, text, ...(signature !== undefined && { signature }), ...this.#at });
    // The signature belongs to this part: text after it is another one.
    if (signature !== undefined) this.#close(emit);
  }

  #call(call: JsonObject, signature: string | undefined, emit: Emit): void {
    const name = asString(call.name);
    const pieces = objectsIn(arrayMember(call, 'partialArgs'));
    const goesOn = member(call, 'willContinue') === true;
    const args = asObject(call.args);
    if (name !== undefined && name !== '') {
      this.#finishStreamed(emit);
      if (!goesOn && pieces.length === 0) {
        this.#emitCall({ id: asString(call.id), name, signature, text: JSON.stringify(args ?? {}) }, emit);
        return;
      }
      this.#streamed = { id: asString(call.id), name, signature, args: new PartialArgs() };
    } else if (this.#streamed === undefined) {
      // The empty call that ends a streamed one may come twice.
      if (pieces.length > 0 || args !== undefined) throw badReply('the provider answered a tool call without a name', call);
      return;
    }
    if (args !== undefined) this.#streamed.args.assign(args);
    for (const piece of pieces) this.#streamed.args.add(piece);
    if (!goesOn) this.#finishStreamed(emit);
  }

  #finishStreamed(emit: Emit): void {
    const streamed = this.#streamed;
    if (streamed === undefined) return;
    this.#streamed = undefined;
    this.#emitCall({ ...streamed, text: streamed.args.toText() }, emit);
  }

  #emitCall(
    call: { readonly id: string | undefined; readonly name: string; readonly signature: string | undefined; readonly text: string },
    emit: Emit,
  ): void {
    this.#close(emit);
    this.#hasCalls = true;
    this.#hasContent = true;
    const { decode, openBlock, makeCallId } = this.#options;
    if (call.signature !== undefined) this.#proof(call.signature, emit);
    const block = openBlock();
    const id = call.id === undefined || call.id === '' ? makeCallId() : call.id;
    const name = decode.toolNames?.get(call.name) ?? call.name;
    emit({ type: 'tool-call-start', block, id, name, ...(call.signature !== undefined && { signature: call.signature }), ...this.#at });
    emit({ type: 'tool-call-delta', block, arguments: call.text, ...this.#at });
    emit({ type: 'block-end', block, ...this.#at });
  }

  /** The signature once more as a block of its own: callers of other grammars keep those and send them back, and know no other place for it. */
  #proof(signature: string, emit: Emit): void {
    const block = this.#options.openBlock();
    emit({ type: 'reasoning-redacted', block, data: sealProof('gemini', signature), ...this.#at });
    emit({ type: 'block-end', block, ...this.#at });
  }

  #close(emit: Emit): void {
    if (this.#open === undefined) return;
    emit({ type: 'block-end', block: this.#open.block, ...this.#at });
    this.#open = undefined;
  }
}
