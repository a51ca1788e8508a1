// One scenario through one pair of grammars: the client's body → canonical → the upstream's body, and the answer all the way back.
import type { Warning } from '../../../src/canonical/warning.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/index.ts';
import { bedrockConverse } from '../../../src/dialects/bedrock-converse/index.ts';
import { cohereV2 } from '../../../src/dialects/cohere-v2/index.ts';
import type { AnswerRewrites, ClientDialect, UpstreamDialect } from '../../../src/dialects/dialect.ts';
import { gemini } from '../../../src/dialects/gemini/index.ts';
import { ollamaChat } from '../../../src/dialects/ollama/index.ts';
import { openaiChat } from '../../../src/dialects/openai-chat/index.ts';
import { openaiResponses } from '../../../src/dialects/openai-responses/index.ts';
import { clients } from './clients/index.ts';
import { answerFacts, type Answer, requestFacts, type Scenario } from './scenarios.ts';
import { upstreams } from './upstreams/index.ts';

export const clientDialects = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'cohere-v2': cohereV2,
  ollama: ollamaChat,
} as const satisfies Readonly<Record<keyof typeof clients, ClientDialect>>;

export const upstreamDialects = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'bedrock-converse': bedrockConverse,
  'cohere-v2': cohereV2,
} as const satisfies Readonly<Record<keyof typeof upstreams, UpstreamDialect>>;

export type ClientName = keyof typeof clients;
export type UpstreamName = keyof typeof upstreams;

export interface Played {
  readonly warnings: readonly Warning[];
  /** Facts that the client said or the upstream answered, and that did not arrive. */
  readonly lost: readonly string[];
}

/** Undefined: the client's grammar cannot ask this, or the upstream's cannot answer it. */
export function play(
  scenario: Scenario,
  pair: { readonly client: ClientName; readonly upstream: UpstreamName; readonly stream: boolean },
): Played | undefined {
  const client = clients[pair.client];
  const upstream = upstreams[pair.upstream];
  const asked = requestFacts(scenario).filter((fact) => !client.mute.test(fact));
  const { point } = scenario;
  const told = [...requestFacts(scenario), ...answerFacts(scenario)];
  if (point !== undefined && told.filter((fact) => point.test(fact)).every((fact) => client.mute.test(fact))) return undefined;
  if ('lacks' in upstream && upstream.lacks.some((end) => end === scenario.answer.end)) return undefined;

  const warnings: Warning[] = [];
  const body = client.write(scenario, pair.stream) as JsonObject;
  const decoded = { ...clientDialects[pair.client].decodeRequest(body, warnings), stream: pair.stream };
  const { model, traits } = upstream.target;
  const encoded = upstreamDialects[pair.upstream].encodeRequest(decoded, { model, traits: new Set(traits) });
  warnings.push(...encoded.warnings);
  const arrived = upstream.readRequest(JSON.parse(JSON.stringify(encoded.body)));
  const lostOnTheWay = missing(asked, arrived);

  if (scenario.error !== undefined) return { warnings, lost: [...lostOnTheWay, ...playError(scenario.error, pair)] };
  const answer = asTool(scenario.answer, encoded.rewrites);
  const seen = pair.stream
    ? playStream(answer, pair, { body, rewrites: encoded.rewrites, warnings })
    : playWhole(answer, pair, { body, rewrites: encoded.rewrites, warnings });
  const wanted = answerFacts(scenario).filter((fact) => !client.mute.test(fact));
  return { warnings, lost: [...lostOnTheWay, ...missing(wanted, seen)] };
}

/** Where JSON output is played by a tool, the upstream calls that tool. */
function asTool(answer: Answer, rewrites: AnswerRewrites | undefined): Answer {
  if (rewrites?.jsonTool === undefined) return answer;
  const input = JSON.parse(answer.text ?? '{}') as Record<string, unknown>;
  return { calls: [{ id: 'call_json', name: rewrites.jsonTool, input }], end: 'tools' };
}

interface Context {
  readonly body: JsonObject;
  readonly rewrites: AnswerRewrites | undefined;
  readonly warnings: Warning[];
}

interface Pair {
  readonly client: ClientName;
  readonly upstream: UpstreamName;
}

function playWhole(answer: Answer, pair: Pair, { body, rewrites, warnings }: Context): string[] {
  const wire = JSON.parse(JSON.stringify(upstreams[pair.upstream].answer(answer))) as JsonValue;
  const response = upstreamDialects[pair.upstream].decodeResponse(wire, rewrites);
  const told = clientDialects[pair.client].encodeResponse(response, warnings, body);
  return clients[pair.client].readWhole(JSON.parse(JSON.stringify(told)));
}

function playStream(answer: Answer, pair: Pair, { body, rewrites, warnings }: Context): string[] {
  const encoder = clientDialects[pair.client].createEventEncoder({ model: 'm', includeUsage: true, warnings, callerBody: body });
  const decoder = upstreamDialects[pair.upstream].createEventDecoder(rewrites);
  let text = '';
  const emit: Parameters<typeof decoder.push>[1] = (event) => {
    text += encoder.push(event);
  };
  for (const frame of upstreams[pair.upstream].stream(answer)) decoder.push(frame, emit);
  decoder.end(emit);
  text += encoder.end();
  return clients[pair.client].readStream(text);
}

function playError(error: NonNullable<Scenario['error']>, pair: Pair): string[] {
  const { body, headers } = upstreams[pair.upstream].error(error);
  const header = (name: string): string | undefined => headers[name];
  const failure = upstreamDialects[pair.upstream].decodeError({
    status: error.status,
    header,
    body: body as JsonValue,
    text: JSON.stringify(body),
  });
  const told = clients[pair.client].readError(clientDialects[pair.client].encodeError(failure, 'req_1'));
  return [
    ...(failure.code === 'upstream_rate_limited' && failure.status === error.status ? [] : [`status ${error.status}`]),
    ...(told?.includes(error.message) === true ? [] : [`error ${error.message}`]),
  ];
}

/** Facts that do not occur, in their order, among those that arrived. More may have arrived; the order of the rest must hold. */
function missing(wanted: readonly string[], arrived: readonly string[]): string[] {
  let from = 0;
  return wanted.filter((fact) => {
    const at = arrived.indexOf(fact, from);
    if (at === -1) return true;
    from = at + 1;
    return false;
  });
}
