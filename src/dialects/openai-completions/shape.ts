// The types of the known fields of a text completion request, checked on the bytes before anything is parsed.
import { parseJson } from '../../core/json.ts';
import type { Shape, ValueRange } from '../../core/json-outline.ts';
import { readPrompt } from './prompt.ts';

const text: Shape = { kinds: ['string'] };
const optionalText: Shape = { kinds: ['string', 'null'] };
const optionalNumber: Shape = { kinds: ['number', 'null'] };
const optionalInteger: Shape = { kinds: ['number', 'null'], integer: true };
const optionalFlag: Shape = { kinds: ['boolean', 'null'] };

/** A list is read here and not only when the request is decoded: it is a mistake whatever model the request names. */
const prompt: Shape = {
  kinds: ['string', 'array'],
  notEmpty: true,
  items: { kinds: ['string', 'number', 'array'], items: { kinds: ['number'] } },
  visit(_facts, value) {
    if (value.kind === 'array' || isEmptyText(value)) readPrompt(parseJson(value.bytes.toString('utf8', value.start, value.end)));
  },
};

export const completionShape: Shape = {
  kinds: ['object'],
  required: ['prompt'],
  members: new Map<string, Shape>([
    ['model', optionalText],
    ['prompt', prompt],
    ['suffix', optionalText],
    ['max_tokens', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['temperature', optionalNumber],
    ['top_p', optionalNumber],
    ['n', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['best_of', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['stream', optionalFlag],
    ['stream_options', { kinds: ['object', 'null'], members: new Map([['include_usage', optionalFlag]]) }],
    ['logprobs', { kinds: ['number', 'boolean', 'null'] }],
    ['echo', optionalFlag],
    ['stop', { kinds: ['string', 'array', 'null'], items: text }],
    ['presence_penalty', optionalNumber],
    ['frequency_penalty', optionalNumber],
    ['logit_bias', { kinds: ['object', 'null'] }],
    ['seed', optionalInteger],
    ['user', optionalText],
    ['fallbacks', { kinds: ['array', 'null'] }],
    ['task', optionalText],
    ['domain', optionalText],
  ]),
};

function isEmptyText(value: ValueRange): boolean {
  return value.end - value.start === 2;
}
