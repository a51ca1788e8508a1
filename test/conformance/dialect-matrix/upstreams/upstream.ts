// What the upstreams of the matrix share: the shape of one, and how pieces of a request become facts.
import type { Any, Wire } from '../clients/index.ts';
import { type Answer, inputTokens, type RequestFacts, type Scenario, stable } from '../scenarios.ts';

export interface Frame {
  readonly event: string;
  readonly data: string;
}

export interface Upstream {
  /** Name and habits of the model that is asked. */
  readonly target: { readonly model: string; readonly traits: readonly string[] };
  /** What the grammar cannot carry at all; a loss of these must be warned of like any other. */
  readRequest(body: unknown): string[];
  /** Undefined: the grammar cannot answer this. */
  answer(answer: Answer): unknown;
  stream(answer: Answer): readonly Frame[];
  error(error: NonNullable<Scenario['error']>): { readonly body: unknown; readonly headers: Readonly<Record<string, string>> };
  /** Endings the grammar has no word for. */
  readonly lacks?: readonly Answer['end'][];
}

export const data = (value: unknown, event = ''): Frame => ({ event, data: JSON.stringify(value) });
export const typed = (value: { readonly type: string } & Wire): Frame => data(value, value.type);
export const halves = (text: string): readonly string[] => [
  text.slice(0, Math.ceil(text.length / 2)),
  text.slice(Math.ceil(text.length / 2)),
];
export const fresh = (answer: Answer): number => inputTokens - (answer.cachedInput ?? 0);
export const parse = (text: string): unknown => JSON.parse(text) as unknown;
const fromDataUrl = (url: string): string => url.replace(/^data:image\/png;base64,/, '');

/** A text or a list of parts that hold texts, images and cache marks. */
export function readParts(facts: RequestFacts, role: string, content: Any): void {
  if (typeof content === 'string') {
    if (content !== '') facts.add(`${role} ${content}`);
    return;
  }
  for (const part of content ?? []) {
    if (typeof part.text === 'string') facts.add(`${role} ${part.text}`);
    if (part.image_url !== undefined) facts.add(`image ${fromDataUrl(part.image_url.url ?? part.image_url)}`);
    if (part.cache_control !== undefined || part.cachePoint !== undefined) facts.add('mark');
  }
}

export function readFunctionTools(facts: RequestFacts, tools: Any): void {
  for (const tool of tools ?? []) addTool(facts, (tool.function ?? tool).name, (tool.function ?? tool).parameters);
}

export function addTool(facts: RequestFacts, name: string, parameters: unknown): void {
  facts.add(`tool ${name} ${stable(parameters)}`);
}

/** The wanted member of the schema stands somewhere in this part of the body. */
export function readSchema(facts: RequestFacts, where: unknown): void {
  if (JSON.stringify(where ?? '').includes('verdict')) facts.add('schema');
}

export function readLimits(
  facts: RequestFacts,
  { stop, most, reasons }: { readonly stop: Any; readonly most: Any; readonly reasons: Any },
): void {
  if (reasons !== undefined && reasons !== null) facts.add('reasons');
  for (const text of stop ?? []) facts.add(`stop ${text}`);
  if (most !== undefined) facts.add(`most ${most}`);
}
