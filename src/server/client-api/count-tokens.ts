// `/v1/messages/count_tokens`.
import { asString } from '../../core/json.ts';
import { readMember, scanObject } from '../../core/json-outline.ts';
import { countTokensShape } from '../../dialects/anthropic-messages/shape.ts';
import type { Call } from '../call.ts';
import { readBody } from '../read-body.ts';
import { type ChatRouteOptions, forwarded } from './chat.ts';
import { answerCount } from './count.ts';

const dialectName = 'anthropic-messages';

export function countTokensHandler({
  gateway,
  limits,
  forwardedHeaders,
}: Pick<ChatRouteOptions, 'gateway' | 'limits' | 'forwardedHeaders'>): (call: Call) => Promise<void> {
  return async (call) => {
    const scanned = scanObject(await readBody(call.request, limits), { maxDepth: limits.jsonDepth, shape: countTokensShape });
    await answerCount(call, gateway, {
      scanned,
      dialectName,
      name: asString(readMember(scanned, 'model')),
      member: 'input_tokens',
      endpointOf: ({ countTokens }) => ((countTokens?.dialect ?? dialectName) === dialectName ? countTokens : undefined),
      forwardHeaders: forwarded(call, forwardedHeaders[dialectName]),
    });
  };
}
