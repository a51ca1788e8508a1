// Before anything is sent: the worst case of a call is held under every budget and limit that concerns whoever pays. A budget may
// name cheaper models to take instead of refusing.
import type { Candidate } from '../brain/decision.ts';
import type { Accounts, Hold } from '../ledger/accounts.ts';
import { mostOfOffer, mostOfPlan, mostTokens, type PlannedTokens } from '../ledger/plan-cost.ts';
import type { CallContext, ModelWish } from './call.ts';
import { chooseModels } from './choose-models.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';
import type { Plan } from './plan-memo.ts';

export interface Paying {
  readonly call: CallContext;
  readonly wish: ModelWish;
  readonly exchange: Exchange;
  /** What may be charged besides this candidate's own work: an attempt beside it that is called off. */
  readonly besidesNanoUsd?: number;
  /** What the call makes that is not counted in tokens. */
  readonly units?: (() => PlannedTokens['units']) | undefined;
}

/** The plan that is paid for: mostly the one given. Throws `budget_exceeded`, `limit_exceeded` or `price_unknown`. */
export function holdFor(plan: Plan, paying: Paying, parts: GatewayParts): Plan | Promise<Plan> {
  const { accounts } = parts;
  if (accounts === undefined || !accounts.hasRules()) return plan;
  const reserved = reserve(plan, paying, accounts);
  if (reserved.ok) {
    paying.exchange.hold = reserved.hold;
    return plan;
  }
  return findCheaper(reserved, { plan, paying, accounts, parts });
}

interface Refused {
  readonly plan: Plan;
  readonly paying: Paying;
  readonly accounts: Accounts;
  readonly parts: GatewayParts;
}

async function findCheaper(
  refused: Extract<ReturnType<Accounts['reserve']>, { ok: false }>,
  { plan, paying, accounts, parts }: Refused,
): Promise<Plan> {
  for (const name of refused.fallbacks) {
    const { balance: _balance, ...wish } = paying.wish;
    const cheaper = await chooseModels({ ...wish, name, fallbacks: [] }, paying.call.principal, parts);
    const again = reserve(cheaper, paying, accounts);
    if (!again.ok) continue;
    paying.exchange.hold = again.hold;
    const asked = paying.wish.name ?? 'auto';
    const told = { field: 'model', kind: 'changed' as const, message: `a budget leaves no room for ${asked}, so ${name} served instead` };
    return { ...cheaper, warnings: [...plan.warnings, told] };
  }
  throw refused.error;
}

/** An answer that is there already has no cost and no tokens, but it was a request. Throws `limit_exceeded`. */
export function countAnswered(
  candidate: Candidate,
  { call, exchange }: Pick<Paying, 'call' | 'exchange'>,
  { accounts }: GatewayParts,
): void {
  if (accounts === undefined || !accounts.hasRules()) return;
  const reserved = accounts.reserve({
    operationId: call.requestId,
    principal: call.principal,
    service: serviceOf(candidate),
    ...payerOf(call, accounts),
    worstCaseNanoUsd: 0,
    tokens: 0,
    answered: true,
  });
  if (!reserved.ok) throw reserved.error;
  exchange.hold = reserved.hold;
}

/** False: the hold cannot grow to this candidate, so it must not be tried. */
export function covers(hold: Hold | undefined, candidate: Candidate, paying: Pick<Paying, 'wish' | 'units' | 'besidesNanoUsd'>): boolean {
  if (hold === undefined) return true;
  const most = mostOfOffer(candidate.offer, tokensOf(paying));
  return hold.cover(serviceOf(candidate), most === null ? null : most + (paying.besidesNanoUsd ?? 0)) === undefined;
}

function reserve({ candidates }: Plan, paying: Paying, accounts: Accounts): ReturnType<Accounts['reserve']> {
  const { call } = paying;
  const [first] = candidates;
  if (first === undefined) return { ok: true, hold: noHold };
  const tokens = tokensOf(paying);
  const payer = payerOf(call, accounts);
  return accounts.reserve({
    operationId: call.requestId,
    principal: call.principal,
    service: serviceOf(first),
    tags: payer.tags,
    endUser: payer.endUser,
    worstCaseNanoUsd: mostOfPlan(candidates, tokens),
    tokens: mostTokens(first.offer, tokens),
  });
}

const nobody: { readonly tags?: readonly string[]; readonly endUser?: string } = Object.freeze({});

/** Read out of the request only where a rule asks for it. */
function payerOf({ readPayer }: CallContext, accounts: Accounts): typeof nobody {
  return readPayer !== undefined && accounts.hasRulesForRequests() ? readPayer() : nobody;
}

function serviceOf({ offer, connection }: Candidate): { readonly offer: Candidate['offer']; readonly provider: string } {
  return { offer, provider: connection.provider };
}

/** Half a token a byte, where prose has a quarter: a hold that is too small is a budget that does not hold. */
const safety = 1.8;
/** What an image or a page takes at most with the providers that say so; the size of the file says nothing. */
const mediaTokens = 6_000;

function tokensOf({ wish, units: readUnits }: Pick<Paying, 'wish' | 'units'>): PlannedTokens {
  const units = readUnits?.();
  const media = wish.needs.includes('vision') || wish.needs.includes('files') || wish.needs.includes('audio') ? mediaTokens : 0;
  return {
    input: Math.ceil(wish.contextTokens * safety) + media,
    maxOutput: wish.maxOutputTokens,
    answers: wish.answers,
    units,
  };
}

const noHold: Hold = { cover: () => undefined, settle: () => undefined, release: () => undefined, addHeaders: () => undefined };
