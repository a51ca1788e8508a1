// The port for answers that are kept so that a later request may name them instead of repeating them.

export interface StoredResponse {
  readonly id: string;
  /** The principal whose answer it is; nobody else can see that it exists. */
  readonly owner: string;
  /** Who answered. */
  readonly connection: string;
  /** That upstream keeps it too, under the same id. */
  readonly keptThere: boolean;
  /** The answer it continues. */
  readonly previousId?: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** Its own input items, without those of the answers before it, as JSON text. */
  readonly input: string;
  /** The response object as JSON text. */
  readonly body: string;
  /** Ids of its output items, by which a later input may refer to them. */
  readonly itemIds: readonly string[];
}

export interface ResponseStore {
  /** All or none; one that is there already stays. */
  saveResponses(responses: readonly StoredResponse[]): void;
  findResponse(owner: string, id: string): StoredResponse | undefined;
  /** The answer that has an output item of this id. */
  findResponseOfItem(owner: string, itemId: string): StoredResponse | undefined;
  deleteResponse(owner: string, id: string): boolean;
  /** A conversation that goes on must not lose its beginning. */
  extendResponses(owner: string, ids: readonly string[], expiresMs: number): void;
  /** Deletes up to `limit`; answers how many. */
  deleteExpiredResponses(nowMs: number, limit: number): number;
  /** Deletes up to `limit` of the oldest while all together hold more than `maxBytes`; answers how many. */
  deleteOldestResponses(maxBytes: number, limit: number): number;
}
