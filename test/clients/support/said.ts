// What a scripted provider says, in no grammar yet.
import type { JsonObject } from '../../../src/core/json.ts';
import type { Canned } from '../../support/canned-replies.ts';

export interface Said extends Omit<Canned, 'tool'> {
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly arguments: JsonObject }[];
}
