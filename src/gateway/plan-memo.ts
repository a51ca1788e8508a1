// Plans of requests that name a model and ask nothing unusual: nearly all traffic repeats a few dozen questions.
// In front of the Brain's own memo, because building a profile and its key costs more than everything else about choosing.
import { roundUpContext } from '../brain/context-window.ts';
import type { Candidate, ConnectionView, Decision } from '../brain/decision.ts';
import { standingOf } from '../brain/standing.ts';
import type { Warning } from '../canonical/warning.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ModelWish } from './call.ts';

export interface Plan {
  readonly decision: Decision;
  /** In the order in which they are tried; never empty. */
  readonly candidates: readonly Candidate[];
  /** So many of them are what was asked for; behind them come runner-ups, then the fallbacks that were listed. */
  readonly own: number;
  /** So many at the end are fallbacks that the request or the configuration lists; absent = none. */
  readonly listed?: number;
  /** What became of the caller's session in this call: `stayed`, `new` or why it moved. */
  readonly session?: string;
  /** Fallbacks that were asked for and cannot serve this. */
  readonly warnings: readonly Warning[];
}

/** What a plan depends on besides the wish. */
export interface PlanSituation {
  readonly catalog: Catalog;
  readonly connections: { readonly views: readonly ConnectionView[] };
  readonly today: () => string;
}

interface Remembered {
  readonly plan: Plan;
  readonly views: readonly ConnectionView[];
  readonly health: string;
  readonly today: string;
}

const maxPlans = 2_000;

export class PlanMemo {
  private readonly plans = new Map<string, Remembered>();

  /** undefined for wishes that are not repeated as they are: open choices, fallbacks, constraints. */
  keyOf(wish: ModelWish, allowedId: string, parts: PlanSituation): string | undefined {
    if (wish.name === undefined || wish.fallbacks.length > 0 || wish.hasConstraints) return undefined;
    const maxOutputTokens = wish.maxOutputTokens ?? 0;
    const context = roundUpContext(wish.contextTokens, maxOutputTokens, standingOf(parts.catalog).contextLimits);
    return `${wish.name}\n${context} ${maxOutputTokens} ${wish.modality ?? ''} ${wish.needs.length === 0 ? '' : wish.needs.join()}\n${allowedId}`;
  }

  find(key: string, parts: PlanSituation): Plan | undefined {
    const known = this.plans.get(key);
    if (known === undefined || known.views !== parts.connections.views || known.today !== parts.today()) return undefined;
    return hasHealth(known.views, known.health) ? known.plan : undefined;
  }

  keep(key: string, plan: Plan, parts: PlanSituation): void {
    const { views } = parts.connections;
    // Callers choose the names, so the memo must not grow with them.
    if (this.plans.size >= maxPlans) this.plans.clear();
    this.plans.set(key, { plan, views, health: healthOf(views), today: parts.today() });
  }
}

function healthOf(views: readonly ConnectionView[]): string {
  return views.map((view) => (view.healthy ? 'y' : 'n')).join('');
}

/** Asked for every call, so it compares without making a text to compare with. */
function hasHealth(views: readonly ConnectionView[], health: string): boolean {
  for (let index = 0; index < views.length; index += 1) {
    if (views[index]?.healthy !== (health[index] === 'y')) return false;
  }
  return true;
}
