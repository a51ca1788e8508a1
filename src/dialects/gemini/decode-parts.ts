// Parts of a caller's `contents` → canonical parts. Calls without an id get one, and an answer without one goes to the oldest
// unanswered call of its name: that is how the vendor pairs them.
import type { MediaSource, Part } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { optionalString, requireArray, requireObject, requireString, wrongField } from '../anthropic-messages/wire-field.ts';
import { readResponse } from './function-response.ts';
import { mediaPart } from './media.ts';
import { arrayMember, member, nameIn } from './member.ts';

export class CallPairs {
  readonly #waiting: { readonly id: string; readonly name: string }[] = [];
  #made = 0;

  call(name: string, told: string | undefined): string {
    const id = told ?? this.#makeId();
    this.#waiting.push({ id, name });
    return id;
  }

  answer(name: string, told: string | undefined): string {
    const at = this.#waiting.findIndex((call) => (told === undefined ? call.name === name : call.id === told));
    const [call] = at < 0 ? [] : this.#waiting.splice(at, 1);
    return call?.id ?? told ?? this.#makeId();
  }

  #makeId(): string {
    this.#made += 1;
    return `call_${this.#made}`;
  }
}

export function decodeParts(parts: JsonValue | undefined, path: string, pairs: CallPairs): Part[] {
  return requireArray(parts, path).flatMap((part, index) => decodePart(part, `${path}[${index}]`, pairs));
}

function decodePart(value: JsonValue, path: string, pairs: CallPairs): Part[] {
  const part = requireObject(value, path);
  // A cut-out of a video is said beside its data, and no other grammar has a word for it.
  if (member(part, 'videoMetadata') !== undefined) return [opaque(part)];
  const signature = optionalString(member(part, 'thoughtSignature'), `${path}.${nameIn(part, 'thoughtSignature')}`);
  const signed = signature !== undefined && signature !== '' ? { signature } : {};
  const call = member(part, 'functionCall');
  if (call !== undefined) return [decodeCall(requireObject(call, `${path}.${nameIn(part, 'functionCall')}`), { path, pairs, signed })];
  const response = member(part, 'functionResponse');
  if (response !== undefined) {
    const place = `${path}.${nameIn(part, 'functionResponse')}`;
    return [decodeFunctionResponse(requireObject(response, place), place, pairs)];
  }
  const media = decodeMediaPart(part, path);
  if (media !== undefined) return [media];
  if (part.text !== undefined && part.text !== null) return decodeText(part, path, signed);
  if (Object.hasOwn(signed, 'signature')) return [{ type: 'text', text: '', ...signed }];
  if (Object.keys(part).length === 0) throw wrongField(path, 'a part with text, inlineData, fileData, functionCall or functionResponse');
  return [opaque(part)];
}

interface Signed {
  readonly signature?: string;
}

function decodeText(part: JsonObject, path: string, signed: Signed): Part[] {
  const text = requireString(part.text, `${path}.text`);
  if (part.thought === true) return [{ type: 'reasoning', text, origin: 'gemini', ...signed }];
  return [{ type: 'text', text, ...signed }];
}

interface CallPlace {
  readonly path: string;
  readonly pairs: CallPairs;
  readonly signed: Signed;
}

function decodeCall(call: JsonObject, { path, pairs, signed }: CallPlace): Part {
  const name = requireString(call.name, `${path}.functionCall.name`);
  const id = optionalString(call.id, `${path}.functionCall.id`);
  if (call.args !== undefined && call.args !== null && !isObject(call.args)) throw wrongField(`${path}.functionCall.args`, 'an object');
  return { type: 'tool-call', id: pairs.call(name, id), name, arguments: JSON.stringify(call.args ?? {}), ...signed };
}

function decodeFunctionResponse(response: JsonObject, path: string, pairs: CallPairs): Part {
  const name = requireString(response.name, `${path}.name`);
  const id = optionalString(response.id, `${path}.id`);
  const { text, isError } = readResponse(requireObject(response.response ?? {}, `${path}.response`));
  const media = arrayMember(response, 'parts').flatMap((value, index) => {
    const decoded = decodeMediaPart(requireObject(value, `${path}.parts[${index}]`), `${path}.parts[${index}]`);
    return decoded === undefined ? [] : [decoded];
  });
  return {
    type: 'tool-result',
    callId: pairs.answer(name, id),
    parts: [{ type: 'text', text }, ...media],
    ...(isError && { isError }),
  };
}

function decodeMediaPart(part: JsonObject, path: string): Part | undefined {
  const inline = member(part, 'inlineData');
  if (inline !== undefined) {
    const place = `${path}.${nameIn(part, 'inlineData')}`;
    const blob = requireObject(inline, place);
    const mediaType = requireString(member(blob, 'mimeType'), `${place}.${nameIn(blob, 'mimeType')}`);
    return mediaPart(mediaType, { kind: 'base64', mediaType, data: requireString(blob.data, `${place}.data`) });
  }
  const file = member(part, 'fileData');
  if (file === undefined) return undefined;
  const place = `${path}.${nameIn(part, 'fileData')}`;
  const data = requireObject(file, place);
  const mediaType = optionalString(member(data, 'mimeType'), `${place}.${nameIn(data, 'mimeType')}`);
  const url = requireString(member(data, 'fileUri'), `${place}.${nameIn(data, 'fileUri')}`);
  const source: MediaSource = { kind: 'url', url, ...(mediaType !== undefined && { mediaType }) };
  return mediaPart(mediaType ?? '', source);
}

function opaque(part: JsonObject): Part {
  return { type: 'opaque', dialect: 'gemini', wire: part };
}

export function emptyContents(): GatewayError {
  return new GatewayError('invalid_request', 'contents: at least one content with parts is required', { param: 'contents' });
}
