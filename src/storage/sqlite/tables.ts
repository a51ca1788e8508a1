// The tables as kysely sees them. Times are INTEGER epoch milliseconds, money INTEGER nano-USD, flags 0 or 1.
import type { Generated } from 'kysely';

/** What many entries share. */
export interface KindColumns {
  principal: string;
  dialect: string;
  endpoint: string;
  requested_model: string | null;
  model: string | null;
  provider_model: string | null;
  provider: string | null;
  connection: string | null;
  layer: string | null;
  stream: number;
  status: number;
  error_code: string | null;
  usage_source: string | null;
  price_version: string | null;
  decision_id: string | null;
  finish: string | null;
}

export interface KindTable extends KindColumns {
  id: Generated<number>;
  /** All of the columns as one text. */
  name: string;
  /** A day of use, at most a day old. */
  seen_ms: number;
}

/** What is an entry's own. */
export interface OwnColumns {
  id: string;
  time_ms: number;
  /** The usage columns are all null when nothing is known of the usage. */
  input: number | null;
  cached_input: number | null;
  cache_write: number | null;
  cache_write_1h: number | null;
  output: number | null;
  reasoning: number | null;
  /** null = the price is unknown. */
  cost_nano_usd: number | null;
  session_id: string | null;
  /** JSON text: objects, or for one attempt at the kind's own connection and model `[status, connect, first byte, total]`. */
  attempts: string;
  /** JSON text: an object, or `[auth, plan, connect, first byte, total, overhead]` in milliseconds. */
  timings: string;
  usage_anomaly: string | null;
  provider_cost_nano_usd: number | null;
  /** JSON text, null for almost every entry. */
  warnings: string | null;
  /** Usage beyond the token classes: `{units, parts, billed}`; null for almost every entry. */
  usage_more: string | null;
}

export interface EntryTable extends OwnColumns {
  /** The rowid: grows in the order of writing. */
  seq: Generated<number>;
  kind: number;
}

/** The view of an entry with what its kind says. */
export interface EntryRow extends OwnColumns, KindColumns {
  seq: number;
}

export interface DecisionTable {
  id: string;
  json: string;
  last_seen_ms: number;
}

export interface KeyTable {
  id: string;
  name: string;
  digest: string;
  last4: string;
  /** JSON array of names and patterns; null = every model. */
  models: string | null;
  created_ms: number;
  expires_ms: number | null;
  revoked_ms: number | null;
  user_id: string | null;
  team_id: string | null;
  organisation_id: string | null;
  /** JSON arrays. */
  tags: string | null;
  scopes: string | null;
  previous_digest: string | null;
  previous_until_ms: number | null;
}

/** Single facts: `keys_version`, `admin_digest`, `pepper_check`. */
export interface FactTable {
  name: string;
  value: string;
}

/** Answers that are kept for the Responses API. */
export interface ResponseTable {
  owner: string;
  id: string;
  connection: string;
  kept_there: number;
  previous_id: string | null;
  created_ms: number;
  expires_ms: number;
  /** Characters of input and body, for the limit of all together. */
  size: number;
  /** JSON text. */
  input: string;
  body: string;
}

/** Output items by id → the answer that holds them. */
export interface ResponseItemTable {
  owner: string;
  item_id: string;
  response_id: string;
}

/** Cached answers. */
export interface AnswerTable {
  key: string;
  json: string;
  /** Characters of `json`. */
  size: number;
  expires_ms: number;
}

export interface Tables {
  answers: AnswerTable;
  responses: ResponseTable;
  response_items: ResponseItemTable;
  entries: EntryTable;
  entry_kinds: KindTable;
  entry_rows: EntryRow;
  decisions: DecisionTable;
  keys: KeyTable;
  facts: FactTable;
}
