// Counting the tokens of a prompt, in whichever grammar: the provider's own count where it has one, else our estimate, marked as such.
import { estimateTokens } from '../../canonical/estimate.ts';
import { noUsage } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asNumber, asObject } from '../../core/json.ts';
import type { Scanned } from '../../core/json-outline.ts';
import type { Need } from '../../gateway/call.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { PlainRequestCall } from '../../gateway/plain.ts';
import type { Call } from '../call.ts';
import { sendReply } from '../send-reply.ts';
import { noConstraints } from './constraints.ts';

export interface Countable {
  readonly scanned: Scanned;
  readonly dialectName: string;
  /** The model, as the caller named it. */
  readonly name: string | undefined;
  /** Member of the answer that has the count. */
  readonly member: string;
  readonly endpointOf: PlainRequestCall['plain']['endpointOf'];
  readonly forwardHeaders: PlainRequestCall['plain']['forwardHeaders'];
}

const counting = 'token counting';

export async function answerCount(call: Call, gateway: Gateway, countable: Countable): Promise<void> {
  const { scanned, member } = countable;
  const reply = await gateway.plain(toPlainCall(call, countable));
  // The provider cannot count: nothing was sent, and a guess that says it is one is more use than an error.
  if (reply.kind === 'failed' && reply.error.details.extra?.['missing_endpoint'] === counting) {
    const estimate = estimateTokens(Math.max(0, scanned.bytes.length - scanned.facts.mediaBytes));
    const warning = `${member}: estimated from the size of the text, this provider has no token counting`;
    call.json(200, { [member]: estimate }, [...reply.headers, 'x-mpc-warnings', warning]);
    return;
  }
  await sendReply(call, reply);
}

function toPlainCall(call: Call, { scanned, dialectName, name, member, endpointOf, forwardHeaders }: Countable): PlainRequestCall {
  return {
    requestId: call.id,
    endpoint: call.path,
    dialectName,
    principal: call.principal,
    arrivedMs: call.arrivedMs,
    arrivedWallMs: call.arrivedWallMs,
    authMs: call.authMs,
    interruption: call.interruption,
    failsAs: call.grammar,
    recorded: false,
    wish: {
      name,
      fallbacks: [],
      needs: [...scanned.facts.flags] as Need[],
      contextTokens: 0,
      modality: 'text',
      constraints: noConstraints,
      hasConstraints: false,
      promptText: () => '',
    },
    plain: {
      outline: scanned,
      endpointOf,
      what: counting,
      readAnswer(json) {
        const counted = asNumber(asObject(json)?.[member]);
        if (counted === undefined) throw new GatewayError('upstream_bad_reply', `the provider answered without ${member}`);
        return { usage: noUsage, outputChars: 0 };
      },
      forwardHeaders,
    },
  };
}
