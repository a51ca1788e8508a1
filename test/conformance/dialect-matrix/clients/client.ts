// What the clients of the matrix share: the shape of one, and how what it read becomes facts.
import { type Scenario, stable } from '../scenarios.ts';

export type Wire = Record<string, unknown>;

export interface Client {
  /** Undefined: the grammar cannot ask this. */
  write(scenario: Scenario, stream: boolean): Wire;
  /** Facts that the grammar has no words for, in requests and answers. */
  readonly mute: RegExp;
  readWhole(body: unknown): string[];
  readStream(text: string): string[];
  /** The sentence of an error. */
  readError(body: unknown): string | undefined;
}

/** Loose reading: a missing member is undefined and shows as a missing fact. */
// eslint-disable-next-line typescript/no-explicit-any -- wire shapes are probed, not typed
export type Any = any;

export const dataUrl = (image: string): string => `data:image/png;base64,${image}`;

export interface Collected {
  thought: string;
  text: string;
  readonly calls: { id: string; name: string; input: string }[];
  end: string | undefined;
  tokens: readonly [number, number] | undefined;
  cached: number | undefined;
}

export const nothing = (): Collected => ({ thought: '', text: '', calls: [], end: undefined, tokens: undefined, cached: undefined });

export function toFacts(seen: Collected): string[] {
  return [
    ...(seen.thought === '' ? [] : [`thought ${seen.thought}`]),
    ...(seen.text === '' ? [] : [`text ${seen.text}`]),
    ...seen.calls.map((call) => `call ${call.id} ${call.name} ${stable(JSON.parse(call.input))}`),
    `end ${seen.end}`,
    ...(seen.tokens === undefined ? [] : [`tokens ${seen.tokens[0]} ${seen.tokens[1]}`]),
    ...(seen.cached === undefined || seen.cached === 0 ? [] : [`cached ${seen.cached}`]),
  ];
}

export function sseData(text: string): Any[] {
  return text
    .split('\n\n')
    .flatMap((block) => block.split('\n').filter((line) => line.startsWith('data: ')))
    .map((line) => line.slice(6))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Any);
}

export const openaiTools = (scenario: Scenario): Wire =>
  scenario.tools === undefined ? {} : { tools: scenario.tools.map((tool) => ({ type: 'function', function: tool })) };

export const named = (wire: Any): { name: string; input: string } => ({ name: wire.name, input: wire.arguments });
