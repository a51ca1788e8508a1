// Port: where rules made by an administrator are kept. The definition is what the administrator wrote, read again at each load.
import type { JsonObject } from '../core/json.ts';

export type RuleKind = 'budget' | 'limit';

export interface StoredRule {
  readonly id: string;
  readonly kind: RuleKind;
  readonly definition: JsonObject;
  readonly createdMs: number;
}

export interface RuleStore {
  /** Oldest first. */
  listRules(): readonly StoredRule[];
  /** Replaces the one with the same id. */
  saveRule(rule: StoredRule): void;
  /** false = there is no such rule. */
  deleteRule(id: string): boolean;
  /** Changes whenever any process changed a rule. */
  rulesVersion(): number;
}
