// Who pays: keys belong to users and teams, those to organisations; tags and end users cut across.

export type OwnerKind = 'organisation' | 'team' | 'user';

export const ownerKinds: readonly OwnerKind[] = ['organisation', 'team', 'user'];

export interface Owner {
  readonly id: string;
  readonly kind: OwnerKind;
  readonly name: string;
  /** Of a team or a user. */
  readonly organisationId?: string;
  /** Of a user. */
  readonly teamId?: string;
  readonly createdMs: number;
}

/**
 * Everybody who answers for a key's calls, compiled when the key is loaded. One object per loaded key: what concerns it
 * (budgets, limits) is remembered by its identity, so that a request costs one look-up.
 */
export interface OwnerChain {
  readonly keyId?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organisationId?: string;
  /** Of the key; a request may bring more. */
  readonly tags: readonly string[];
}

/** Calls without a key: an open gateway, or the admin key. */
export const noOwners: OwnerChain = { tags: [] };

/** What a key may do. `calls`: the model routes; `read`: listings and its own numbers only; `team-admin`: the keys of its team. */
export type Scope = 'calls' | 'read' | 'team-admin';

export const scopes: readonly Scope[] = ['calls', 'read', 'team-admin'];
