// OpenAI's moderations: a text, texts, or one piece made of typed parts.
import type { ModerateRequest, ModerateResponse } from '../../canonical/tasks.ts';
import { noUsage, usageFromTotals } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { newId } from '../../core/ids.ts';
import type { TaskDialect } from '../task-dialect.ts';
import { warnForeign } from './left-out.ts';
import { readImageUrl, writeImageUrl } from './image-url.ts';
import { otherMembers, readText, wrongField } from './read-fields.ts';

const id = 'openai-moderations';
const known = new Set(['model', 'input']);
type Input = ModerateRequest['inputs'][number];

export const openaiModerations: TaskDialect<ModerateRequest, ModerateResponse> = {
  id,
  tasks: ['moderate'],

  decodeRequest(body) {
    const others = otherMembers(body, known);
    return {
      task: 'moderate',
      dialect: id,
      model: readText(body, 'model') ?? '',
      ...readInputs(body['input']),
      ...(others !== undefined && { extensions: { [id]: others } }),
    };
  },

  encodeResponse({ id: answerId, model, results }) {
    return {
      kind: 'json',
      json: {
        id: answerId,
        model,
        results: results.map(({ flagged, categories, scores }) => ({ flagged, categories, category_scores: scores })),
      },
    };
  },

  encodeRequest(request, { model }) {
    const { inputs, joined } = request;
    const texts = inputs.map((input) => (input.kind === 'text' ? input.text : undefined));
    const plain = !joined && texts.every((text) => text !== undefined);
    return {
      body: {
        kind: 'json',
        json: { model, input: plain ? (texts as readonly string[]) : inputs.map(encodePart), ...request.extensions?.[id] },
      },
      warnings: warnForeign(request, id),
    };
  },

  decodeResponse(json, { model }) {
    const body = asObject(json);
    const results = asArray(body?.['results']);
    if (results === undefined) throw new GatewayError('upstream_bad_reply', 'the provider answered without moderation results');
    return {
      id: asString(body?.['id']) ?? newId('modr'),
      model: asString(body?.['model']) ?? model,
      results: results.map((entry) => {
        const fields = asObject(entry) ?? {};
        const categories = membersOf(fields['categories'], (value) => (typeof value === 'boolean' ? value : undefined));
        return {
          flagged: fields['flagged'] === true || Object.values(categories).includes(true),
          categories,
          scores: membersOf(fields['category_scores'], asNumber),
        };
      }),
      usage: readUsage(body),
    };
  },

  usageOf: () => perRequest,
};

/** Moderation is free of tokens at OpenAI; where it costs something, it is priced by the call. */
const perRequest = { ...noUsage, units: [{ unit: 'request', count: 1 }] } as const;

function readUsage(body: JsonObject | undefined): NonNullable<ModerateResponse['usage']> {
  const reported = asObject(body?.['usage']);
  const input = asNumber(reported?.['prompt_tokens']) ?? asNumber(reported?.['input_tokens']);
  return input === undefined ? perRequest : usageFromTotals({ inputTotal: input, outputTotal: 0 });
}

function readInputs(value: JsonValue | undefined): Pick<ModerateRequest, 'inputs' | 'joined'> {
  if (typeof value === 'string') return { inputs: [{ kind: 'text', text: value }], joined: false };
  const items = asArray(value);
  if (items === undefined || items.length === 0) throw wrongField('input', 'must be a string or a non-empty list');
  if (items.every((item) => typeof item === 'string'))
    return { inputs: items.map((text) => ({ kind: 'text', text: text as string })), joined: false };
  return { inputs: items.map(readPart), joined: true };
}

function readPart(value: JsonValue, index: number): Input {
  const part = asObject(value);
  const text = part?.['type'] === 'text' ? asString(part['text']) : undefined;
  if (text !== undefined) return { kind: 'text', text };
  const url = part?.['type'] === 'image_url' ? asString(asObject(part['image_url'])?.['url']) : undefined;
  if (url !== undefined) return { kind: 'image', source: readImageUrl(url) };
  throw wrongField(`input[${index}]`, 'must be a part of type text or image_url');
}

function encodePart(input: Input): JsonObject {
  return input.kind === 'text'
    ? { type: 'text', text: input.text }
    : { type: 'image_url', image_url: { url: writeImageUrl(input.source) } };
}

function membersOf<Value>(value: JsonValue | undefined, read: (value: JsonValue | undefined) => Value | undefined): Record<string, Value> {
  const entries = Object.entries(asObject(value) ?? {}).flatMap(([key, entry]) => {
    const understood = read(entry);
    return understood === undefined ? [] : [[key, understood] as const];
  });
  return Object.fromEntries(entries);
}
