// What thousands of entries have in common besides who called: which model, which way, how it ended. Entries of one kind share the
// object, whoever called, so an entry that waits for the database is its own numbers and little else.
import type { Entry } from './entry.ts';

export interface EntryKind
  extends Pick<
    Entry,
    | 'dialect'
    | 'endpoint'
    | 'requestedModel'
    | 'model'
    | 'providerModel'
    | 'provider'
    | 'connection'
    | 'layer'
    | 'stream'
    | 'status'
    | 'errorCode'
    | 'priceVersion'
    | 'decisionId'
    | 'finish'
  > {
  /** undefined = nothing is known of the usage. */
  readonly usageSource: 'upstream' | 'estimated' | undefined;
}

/** A power of two. Two kinds that share a place take turns: each then is made anew, which costs little and changes nothing. */
const places = 1_024;
const remembered: (EntryKind | undefined)[] = new Array<undefined>(places).fill(undefined);

/** Mostly the object that the last entry of this kind got; never one of another kind. */
export function kindOf(entry: Entry): EntryKind {
  const place = placeOf(entry);
  const known = remembered[place];
  if (known !== undefined && isOfKind(entry, known)) return known;
  const kind = toKind(entry);
  remembered[place] = kind;
  return kind;
}

/** Ids end in random characters: the last ones spread kinds as a digest would, without a text to be made and hashed for each entry. */
function placeOf({ decisionId = '', requestedModel = '', finish = '', status }: Entry): number {
  const mixed = (lastOf(decisionId) * 31 + lastOf(requestedModel)) * 31 + finish.length * 7 + status;
  return mixed & (places - 1);
}

function lastOf(text: string): number {
  const end = text.length;
  return end < 2 ? 0 : text.charCodeAt(end - 1) + 32 * text.charCodeAt(end - 2);
}

function isOfKind(entry: Entry, kind: EntryKind): boolean {
  return (
    entry.decisionId === kind.decisionId &&
    entry.requestedModel === kind.requestedModel &&
    entry.status === kind.status &&
    entry.finish === kind.finish &&
    entry.errorCode === kind.errorCode &&
    entry.usage?.source === kind.usageSource &&
    entry.stream === kind.stream &&
    entry.dialect === kind.dialect &&
    entry.endpoint === kind.endpoint &&
    entry.model === kind.model &&
    entry.providerModel === kind.providerModel &&
    entry.provider === kind.provider &&
    entry.connection === kind.connection &&
    entry.layer === kind.layer &&
    entry.priceVersion === kind.priceVersion
  );
}

function toKind(entry: Entry): EntryKind {
  return {
    dialect: entry.dialect,
    endpoint: entry.endpoint,
    requestedModel: entry.requestedModel,
    model: entry.model,
    providerModel: entry.providerModel,
    provider: entry.provider,
    connection: entry.connection,
    layer: entry.layer,
    stream: entry.stream,
    status: entry.status,
    errorCode: entry.errorCode,
    usageSource: entry.usage?.source,
    priceVersion: entry.priceVersion,
    decisionId: entry.decisionId,
    finish: entry.finish,
  };
}
