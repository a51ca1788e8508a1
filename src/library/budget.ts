// What a router may spend: the most a call can cost is held before it is sent, what it did cost stays after. Calls that run side by side
// cannot overshoot together, because each holds its own worst case.
import type { Candidate } from '../brain/decision.ts';
import type { ChatRequest } from '../canonical/chat.ts';
import { GatewayError } from '../core/errors.ts';
import { formatNanoUsd } from '../core/money.ts';
import { worstCaseNanoUsd } from '../ledger/cost.ts';
import { partsOf } from './model-wish.ts';
import type { BudgetState } from './result.ts';

export class Budget {
  private readonly limitNanoUsd: number;
  private readonly unknownPrice: 'refuse' | 'allow';
  private spentNanoUsd = 0;
  private heldNanoUsd = 0;

  constructor(limitUsd: number, unknownPrice: 'refuse' | 'allow') {
    this.limitNanoUsd = Math.round(limitUsd * 1e9);
    this.unknownPrice = unknownPrice;
  }

  state(): BudgetState {
    return { limitUsd: this.limitNanoUsd / 1e9, spentUsd: this.spentNanoUsd / 1e9, heldUsd: this.heldNanoUsd / 1e9 };
  }

  /** The candidates that what is left pays for, and a hold for the dearest of them. Throws `budget_exceeded` when there is none. */
  admit(candidates: readonly Candidate[], chat: ChatRequest): { readonly candidates: readonly Candidate[]; readonly hold: Hold } {
    const left = this.limitNanoUsd - this.spentNanoUsd - this.heldNanoUsd;
    const admitted: Candidate[] = [];
    let most = 0;
    let cheapest: number | undefined;
    for (const candidate of candidates) {
      const worst = worstCaseOf(candidate, chat);
      if (worst === undefined) {
        if (this.unknownPrice === 'allow') admitted.push(candidate);
        continue;
      }
      cheapest = Math.min(cheapest ?? worst, worst);
      if (worst > left) continue;
      admitted.push(candidate);
      most = Math.max(most, worst);
    }
    if (admitted.length === 0) throw this.refusal(cheapest, left);
    this.heldNanoUsd += most;
    return { candidates: admitted, hold: new Hold(most, (spent) => this.settle(most, spent)) };
  }

  private settle(held: number, spentNanoUsd: number): void {
    this.heldNanoUsd -= held;
    this.spentNanoUsd += spentNanoUsd;
  }

  private refusal(cheapest: number | undefined, left: number): GatewayError {
    if (cheapest === undefined) {
      return new GatewayError(
        'budget_exceeded',
        "the price of every model that could serve this is unknown, so maxCostUsd could not be kept; set unknownPrice: 'allow', give a price in catalog.prices, or set maxTokens",
      );
    }
    return new GatewayError(
      'budget_exceeded',
      `this call could cost ${formatNanoUsd(cheapest)} USD and ${formatNanoUsd(Math.max(0, left))} of maxCostUsd ${formatNanoUsd(this.limitNanoUsd)} is left; lower maxTokens, shorten the prompt or raise maxCostUsd`,
    );
  }
}

/** Settled once; a second time would be a second charge. */
export class Hold {
  private readonly worstNanoUsd: number;
  private readonly release: (spentNanoUsd: number) => void;
  private open = true;

  constructor(worstNanoUsd: number, release: (spentNanoUsd: number) => void) {
    this.worstNanoUsd = worstNanoUsd;
    this.release = release;
  }

  /** null = the cost turned out unknown: then the worst case counts, so that the budget holds. */
  settle(costNanoUsd: number | null): void {
    if (!this.open) return;
    this.open = false;
    this.release(costNanoUsd ?? this.worstNanoUsd);
  }
}

/** Frames of a message, names of tools and the like. */
const tokensPerMessage = 32;
/** What the largest image costs at the providers that say so. */
const tokensPerImage = 8_000;

/** undefined = there is no bound: the price or the length of the answer is unknown. */
function worstCaseOf({ offer }: Candidate, chat: ChatRequest): number | undefined {
  const window = offer.contextTokens;
  const asked = inputBound(chat);
  const input = Math.min(asked ?? Number.POSITIVE_INFINITY, window ?? Number.POSITIVE_INFINITY);
  const output = Math.min(chat.maxOutputTokens ?? Number.POSITIVE_INFINITY, offer.maxOutputTokens ?? window ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(input) || !Number.isFinite(output)) return undefined;
  return worstCaseNanoUsd(offer.price, { input, output }) ?? undefined;
}

/** A text has at most as many tokens as bytes. Files and recordings have no bound but the window of the model. */
function inputBound(chat: ChatRequest): number | undefined {
  let tokens = chat.messages.length * tokensPerMessage;
  for (const part of partsOf(chat)) {
    switch (part.type) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        tokens += Buffer.byteLength(part.text);
        break;
      case 'tool-call':
        tokens += Buffer.byteLength(part.arguments) + Buffer.byteLength(part.name) + tokensPerMessage;
        break;
      case 'image':
        tokens += tokensPerImage;
        break;
      case 'tool-result':
        tokens += tokensPerMessage;
        break;
      case 'file':
      case 'audio':
      case 'opaque':
        return undefined;
    }
  }
  if (chat.tools !== undefined) tokens += 512 + Buffer.byteLength(JSON.stringify(chat.tools));
  if (chat.output?.kind === 'json-schema') tokens += 512 + Buffer.byteLength(JSON.stringify(chat.output.schema));
  return tokens;
}
