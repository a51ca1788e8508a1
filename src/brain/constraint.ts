// What a hard constraint is.
import type { Offer } from '../catalog/catalog.ts';
import type { ConnectionView, Profile } from './decision.ts';
import type { Question } from './question.ts';

/** An offer under examination, on one connection. */
export interface Pair {
  readonly offer: Offer;
  readonly connection: ConnectionView;
  /** The caller named this offer: what suits a task is then the caller's business, only what cannot work is refused. */
  readonly named: boolean;
}

export interface Constraint {
  readonly name: string;
  /** Is it asked at all? Constraints that are not are skipped for the whole decision. */
  applies(question: Question): boolean;
  allows(pair: Pair, question: Question): boolean;
  reason(pair: Pair, question: Question): string;
  /** Absent: not the caller's to change. */
  readonly relax?: (profile: Profile, pair: Pair, question: Question) => Relaxation;
}

export interface Relaxation {
  readonly words: string;
  readonly profile: Profile;
}
