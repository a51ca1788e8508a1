// Hedging as the operator and the caller want it: when a second attempt starts, who pays for it, and what becomes of the loser's cost.
import type { Candidate } from '../brain/decision.ts';
import { noUsage } from '../canonical/usage.ts';
import type { Clock } from '../core/clock.ts';
import { costOf } from '../ledger/cost.ts';
import { recordOf } from '../routing/attempt-loop.ts';
import type { HedgePolicy } from '../routing/hedge.ts';
import type { ChatRequestCall } from './call.ts';
import type { Observer } from './events.ts';
import type { Exchange } from './exchange.ts';
import { HedgeAllowance } from './hedge-allowance.ts';
import { covers } from './hold-money.ts';

export interface HedgeSettings {
  readonly mode: 'on-request' | 'on';
  /** Absent: after the time that only one in twenty calls of the candidate takes. */
  readonly afterMs?: number | undefined;
  /** Of what a key has spent in the last hour. */
  readonly maxExtraPercent: number;
  /** The caller pays for the attempt that was called off, too. */
  readonly bills: boolean;
}

export class Hedging {
  readonly observer: Observer = { exchangeEnded: ({ entry }) => this.allowance.spent(entry.principal, entry.costNanoUsd) };
  private readonly allowance: HedgeAllowance;
  private settings: HedgeSettings | undefined;

  constructor(clock: Clock) {
    this.allowance = new HedgeAllowance(clock);
  }

  /** Undefined: never. What keys have spent is remembered over a change. */
  configure(settings: HedgeSettings | undefined): void {
    this.settings = settings;
    if (settings?.mode === 'on') this.allowance.watch();
  }

  /** Undefined: this call is not hedged. */
  policyFor(call: ChatRequestCall, exchange: Exchange): HedgePolicy | undefined {
    const { settings } = this;
    const use = call.hedge?.use ?? settings?.mode === 'on';
    if (settings === undefined || !use) return undefined;
    this.allowance.watch();
    return this.createPolicy({ call, exchange, settings });
  }

  private createPolicy({ call, exchange, settings }: HedgedCall): HedgePolicy {
    const { allowance } = this;
    const { wish, principal } = call;
    const afterMs = call.hedge?.afterMs ?? settings.afterMs;
    const kind = call.chat.stream ? 'stream' : 'whole';
    let reserved = 0;
    const giveBack = (used: number): void => {
      allowance.giveBack(principal.id, reserved - used);
      reserved = 0;
    };
    /** A call that was given up has read its prompt; null = nobody knows what that costs. */
    const promptNanoUsd = ({ offer }: Candidate): number | null =>
      costOf({ ...noUsage, input: wish.contextTokens, source: 'estimated' }, offer.price).costNanoUsd;

    return {
      delayMs: (gate) => afterMs ?? gate.slowMs(kind),
      mayHedge(first, second) {
        const [one, other] = [promptNanoUsd(first), promptNanoUsd(second)];
        if (one === null || other === null) return false;
        const nanoUsd = Math.max(one, other);
        if (!allowance.take(principal.id, { nanoUsd, maxPercent: settings.maxExtraPercent })) return false;
        reserved = nanoUsd;
        const paying = { wish, ...(settings.bills && { besidesNanoUsd: nanoUsd }) };
        // Either may serve, and the other be charged besides.
        if (covers(exchange.hold, first, paying) && covers(exchange.hold, second, paying)) return true;
        giveBack(0);
        return false;
      },
      onUnused: () => giveBack(0),
      onLost(candidate, attempt, error) {
        const told = attempt.streamFacts?.usage;
        const costNanoUsd = (told === undefined ? null : costOf(told, candidate.offer.price).costNanoUsd) ?? promptNanoUsd(candidate) ?? 0;
        exchange.attempted({ ...recordOf(candidate, attempt, error), costNanoUsd });
        giveBack(Math.min(reserved, costNanoUsd));
        if (settings.bills) exchange.besidesNanoUsd += costNanoUsd;
      },
    };
  }
}

interface HedgedCall {
  readonly call: ChatRequestCall;
  readonly exchange: Exchange;
  readonly settings: HedgeSettings;
}
