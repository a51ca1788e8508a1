// What chat and generate share: `options`, `format`, `think` and the members no upstream can be told.
import type { ChatRequest, OutputFormat, ReasoningWish } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { invalid, nameOf, readBoolean, readInteger, readNumber, readObject, readString } from '../openai-chat/fields.ts';

const knownOptions: ReadonlySet<string> = new Set([
  'temperature',
  'top_p',
  'top_k',
  'num_predict',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
]);

/** Why a member cannot be carried; the rest have no word in any other grammar. */
const reasons: Readonly<Record<string, string>> = {
  keep_alive: 'models are not loaded and unloaded here',
  'options.num_ctx': "the model's own context window applies",
  suffix: 'the model answers the prompt and does not insert before a suffix',
  template: "the model's own template applies",
  context: 'earlier turns are sent as messages, not as token ids',
};

/** Warns of every member that says something and that nothing here understands. */
export function warnOfTheRest(body: JsonObject, understood: ReadonlySet<string>, warnings: Warning[]): void {
  for (const [field, value] of Object.entries(body)) {
    if (!understood.has(field) && saysSomething(value)) warnings.push(dropped(field));
  }
  for (const [name, value] of Object.entries(isObject(body.options) ? body.options : {})) {
    if (!knownOptions.has(name) && saysSomething(value)) warnings.push(dropped(`options.${name}`));
  }
}

function saysSomething(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== '';
}

function dropped(field: string): Warning {
  const message = Object.hasOwn(reasons, field) ? reasons[field] : undefined;
  return { field, kind: 'dropped', message: message ?? 'no other provider has such a parameter' };
}

/** The members of a request that stand in the same place for both ways to ask. Streaming is the default of this grammar. */
export function decodeShared(body: JsonObject): Partial<ChatRequest> & { readonly stream: boolean } {
  const options = readObject(body, 'options') ?? {};
  const path = 'options';
  const length = readInteger(options, 'num_predict', path);
  const stop = readStop(options);
  const output = readFormat(body);
  const reasoning = readThink(body);
  const numbers = {
    temperature: readNumber(options, 'temperature', path),
    topP: readNumber(options, 'top_p', path),
    topK: readInteger(options, 'top_k', path),
    seed: readInteger(options, 'seed', path),
    presencePenalty: readNumber(options, 'presence_penalty', path),
    frequencyPenalty: readNumber(options, 'frequency_penalty', path),
    // -1 and -2 mean: as long as it takes.
    maxOutputTokens: length !== undefined && length > 0 ? length : undefined,
  };
  return {
    ...(Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)) as Partial<ChatRequest>),
    ...(stop !== undefined && { stop }),
    ...(output !== undefined && { output }),
    ...(reasoning !== undefined && { reasoning }),
    stream: readBoolean(body, 'stream') ?? true,
  };
}

function readStop(options: JsonObject): readonly string[] | undefined {
  const { stop } = options;
  if (stop === undefined || stop === null) return undefined;
  const list: readonly JsonValue[] = Array.isArray(stop) ? (stop as readonly JsonValue[]) : [stop];
  const texts = list.map((text) => {
    if (typeof text !== 'string') throw invalid('options.stop', 'must be a string or a list of strings');
    return text;
  });
  return texts.length === 0 ? undefined : texts;
}

function readFormat(body: JsonObject): OutputFormat | undefined {
  const { format } = body;
  if (format === undefined || format === null || format === '') return undefined;
  if (format === 'json') return { kind: 'json' };
  if (isObject(format)) return { kind: 'json-schema', name: 'response', schema: format };
  throw invalid('format', 'must be "json" or a JSON Schema object');
}

function readThink(body: JsonObject): ReasoningWish | undefined {
  const { think } = body;
  if (think === undefined || think === null) return undefined;
  if (typeof think === 'boolean') return { enabled: think };
  if (think === 'low' || think === 'medium' || think === 'high' || think === 'max') return { effort: think };
  throw invalid('think', 'must be true, false, "low", "medium", "high" or "max"');
}

/** `model`, or `name` as the first versions called it. */
export function readModel(body: JsonObject): string {
  return readString(body, 'model') ?? readString(body, 'name') ?? '';
}

/** Pictures are bare base64; what they are, their first bytes tell. */
export function readImages(source: JsonObject, path: string): { readonly type: 'image'; readonly source: ImageData }[] {
  const { images } = source;
  if (images === undefined || images === null) return [];
  const place = path === '' ? 'images' : `${path}.images`;
  if (!Array.isArray(images)) throw invalid(place, `must be a list of base64 texts, not ${nameOf(images)}`);
  return (images as readonly JsonValue[]).map((image, at) => {
    if (typeof image !== 'string' || image === '') throw invalid(`${place}[${at}]`, 'must be the base64 text of an image');
    const [, declared, data] = /^data:([^;,]+);base64,(.*)$/s.exec(image) ?? [];
    return { type: 'image', source: { kind: 'base64', mediaType: sniff(data ?? image) ?? declared ?? 'image/jpeg', data: data ?? image } };
  });
}

interface ImageData {
  readonly kind: 'base64';
  readonly mediaType: string;
  readonly data: string;
}

/** Base64 of the first bytes of each format. */
const beginnings: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGODdh', 'image/gif'],
  ['R0lGODlh', 'image/gif'],
  ['UklGR', 'image/webp'],
];

function sniff(data: string): string | undefined {
  return beginnings.find(([beginning]) => data.startsWith(beginning))?.[1];
}
