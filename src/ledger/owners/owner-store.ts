// Port: where users, teams and organisations are kept. A change makes every process load its keys anew, since they carry their owners.
import type { Owner, OwnerKind } from './owner.ts';

export interface OwnerStore {
  findOwner(id: string): Owner | undefined;
  /** Oldest first. */
  listOwners(kind: OwnerKind): readonly Owner[];
  /** Replaces the one with the same id. */
  saveOwner(owner: Owner): void;
  /** false = there is no such owner. */
  deleteOwner(id: string): boolean;
}
