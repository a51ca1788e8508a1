// A prompt that does not fit: where the policy allows it, a model with a larger window is planned from the catalog, and takes over.
import type { Candidate } from '../brain/decision.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { FallbackPolicy } from '../routing/fallback-policy.ts';
import type { ModelWish, Principal } from './call.ts';
import { chooseModels } from './choose-models.ts';
import type { GatewayParts } from './parts.ts';
import type { Plan } from './plan-memo.ts';

export interface Overflow {
  readonly wish: ModelWish;
  readonly principal: Principal;
  readonly policy: FallbackPolicy | undefined;
  /** What has been tried, or would have been. */
  readonly candidates: readonly Candidate[];
  readonly parts: GatewayParts;
}

/** Throws what was thrown, unless the prompt did not fit, the policy allows another model, and one is there. */
export async function planLargerWindow(thrown: unknown, { wish, principal, policy, candidates, parts }: Overflow): Promise<Plan> {
  const error = toGatewayError(thrown);
  if (error.code !== 'context_length_exceeded' || policy?.takesOver('context_length_exceeded') !== true) throw error;
  const windowTokens = candidates.reduce((largest, { offer }) => Math.max(largest, offer.contextTokens ?? 0), 0);
  const { name, balance: _balance, ...open } = wish;
  const constraints = { ...wish.constraints, contextTokens: Math.max(windowTokens + 1, wish.contextTokens) };
  const plan = await found({ ...open, fallbacks: [], constraints, hasConstraints: true }, { principal, parts, error });
  const larger = plan.candidates.filter(({ offer }) => (offer.contextTokens ?? 0) > windowTokens);
  const [first] = larger;
  if (first === undefined) throw error;
  const message = `the prompt does not fit ${name ?? 'the model'}, so ${first.offer.providerId} with its larger window is asked`;
  return { ...plan, candidates: larger, own: larger.length, warnings: [{ field: 'model', kind: 'changed', message }] };
}

interface Search {
  readonly principal: Principal;
  readonly parts: GatewayParts;
  readonly error: GatewayError;
}

/** That no larger one is there says less than why one was looked for. */
async function found(wish: ModelWish, { principal, parts, error }: Search): Promise<Plan> {
  try {
    return await chooseModels(wish, principal, parts);
  } catch (thrown) {
    throw thrown instanceof GatewayError ? error : thrown;
  }
}
