// Facts of a whole answer that passes as bytes, without parsing it: one scan checks the grammar and finds the few values that
// accounting needs. Anything out of the ordinary answers undefined, and the caller takes the thorough way.
import { type Outline, readMember, scanObject } from '../../core/json-outline.ts';
import type { Shape } from '../../core/json-shape.ts';
import { asObject, asString } from '../../core/json.ts';
import type { AnswerFacts, DecodeOptions } from '../dialect.ts';
import { decodeUsage } from './usage.ts';

const ordinaryFinishes: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

const shape: Shape = {
  kinds: ['object'],
  required: ['choices', 'usage'],
  members: new Map<string, Shape>([
    [
      'choices',
      {
        kinds: ['array'],
        notEmpty: true,
        items: {
          kinds: ['object'],
          required: ['message', 'finish_reason'],
          members: new Map<string, Shape>([
            ['message', { kinds: ['object'] }],
            [
              'finish_reason',
              {
                kinds: ['string'],
                visit(facts, value) {
                  facts.flags.push(value.bytes.toString('latin1', value.start + 1, value.end - 1));
                },
              },
            ],
          ]),
        },
      },
    ],
    ['usage', { kinds: ['object'] }],
  ]),
};

export function scanAnswer(bytes: Buffer, options: DecodeOptions): AnswerFacts | undefined {
  let scanned: Outline & { readonly facts: { readonly flags: readonly string[] } };
  try {
    scanned = scanObject(bytes, { maxDepth: 100, shape });
  } catch {
    return undefined;
  }
  const [finish] = scanned.facts.flags;
  if (finish === undefined || !ordinaryFinishes.has(finish) || scanned.members.some((member) => member.key === 'error')) return undefined;
  const usage = decodeUsage(asObject(readMember(scanned, 'usage')), options);
  // Without usage the characters of the answer must be counted, which needs its text.
  if (usage === undefined) return undefined;
  const id = asString(readMember(scanned, 'id'));
  const model = asString(readMember(scanned, 'model'));
  return {
    ...(id !== undefined && id !== '' && { id }),
    ...(model !== undefined && model !== '' && { model }),
    usage,
    finish,
    outputChars: 0,
  };
}
