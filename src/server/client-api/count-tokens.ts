// `/v1/messages/count_tokens`: the provider's own count where it has one, else our estimate, marked as such.
import { estimateTokens } from '../../canonical/estimate.ts';
import { noUsage } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asNumber, asObject, asString } from '../../core/json.ts';
import { readMember, scanObject } from '../../core/json-outline.ts';
import { countTokensShape } from '../../dialects/anthropic-messages/shape.ts';
import type { Need } from '../../gateway/call.ts';
import type { Call } from '../call.ts';
import { readBody } from '../read-body.ts';
import { sendReply } from '../send-reply.ts';
import type { ChatRouteOptions } from './chat.ts';

export function countTokensHandler(
  options: Pick<ChatRouteOptions, 'gateway' | 'limits' | 'forwardedHeaders'>,
): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: countTokensShape });
    const name = asString(readMember(scanned, 'model'));
    const estimate = estimateTokens(Math.max(0, bytes.length - scanned.facts.mediaBytes));
    const forwardHeaders = (options.forwardedHeaders['anthropic-messages'] ?? []).flatMap((header) => {
      const value = call.header(header);
      return value === undefined ? [] : [[header, value] as const];
    });
    const reply = await options.gateway.plain({
      requestId: call.id,
      endpoint: call.path,
      dialectName: 'anthropic-messages',
      principal: call.principal,
      arrivedMs: call.arrivedMs,
      arrivedWallMs: call.arrivedWallMs,
      authMs: call.authMs,
      interruption: call.interruption,
      failsAs: call.grammar,
      recorded: false,
      wish: {
        ...(name !== undefined && { name }),
        fallbacks: [],
        needs: [...scanned.facts.flags] as Need[],
        contextTokens: 0,
        modality: 'text',
        constraints: {},
        hasConstraints: false,
        promptText: () => '',
      },
      plain: {
        outline: scanned,
        endpointOf: ({ countTokens }) =>
          (countTokens?.dialect ?? 'anthropic-messages') === 'anthropic-messages' ? countTokens : undefined,
        what: 'token counting',
        readAnswer(json) {
          const counted = asNumber(asObject(json)?.['input_tokens']);
          if (counted === undefined) throw new GatewayError('upstream_bad_reply', 'the provider answered without input_tokens');
          return { usage: noUsage, outputChars: 0 };
        },
        forwardHeaders,
      },
    });
    // The provider cannot count: nothing was sent, and a guess that says it is one is more use than an error.
    if (reply.kind === 'failed' && reply.error.details.extra?.['missing_endpoint'] === 'token counting') {
      call.json(200, { input_tokens: estimate }, [
        ...reply.headers,
        'x-mpc-warnings',
        'input_tokens: estimated from the size of the text, this provider has no token counting',
      ]);
      return;
    }
    await sendReply(call, reply);
  };
}
