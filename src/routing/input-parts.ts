// Embeddings of more inputs than an upstream takes in one call: cut into several, and put together again.
import type { EmbedResponse, TaskRequest, TaskResponse } from '../canonical/tasks.ts';
import type { Usage } from '../canonical/usage.ts';

/** How many calls it takes. */
export function countParts(request: TaskRequest, maxInputs: number | undefined): number {
  return maxInputs === undefined || request.task !== 'embed' ? 1 : Math.max(1, Math.ceil(request.inputs.length / maxInputs));
}

/** The request of one of these calls, counted from 0. */
export function partOf(request: TaskRequest, maxInputs: number | undefined, part: number): TaskRequest {
  if (request.task !== 'embed' || maxInputs === undefined || request.inputs.length <= maxInputs) return request;
  return { ...request, inputs: request.inputs.slice(part * maxInputs, (part + 1) * maxInputs) };
}

/** The answers in the order of their calls → the one that was asked for. Its usage is unknown as soon as one of them does not tell. */
export function joinAnswers(answers: readonly TaskResponse[]): TaskResponse {
  const embedded = answers.filter((answer): answer is EmbedResponse => 'vectors' in answer);
  const [first] = embedded;
  if (first === undefined) throw new TypeError('only embeddings come in parts');
  const usages = embedded.map(({ usage }) => usage);
  const told = usages.filter((usage) => usage !== undefined);
  return {
    model: first.model,
    vectors: embedded.flatMap(({ vectors }) => vectors),
    ...(told.length === usages.length && { usage: told.reduce(addUsage) }),
  };
}

function addUsage(one: Usage, other: Usage): Usage {
  const sum = (a: number | undefined, b: number | undefined): number => (a ?? 0) + (b ?? 0);
  const anomaly = one.anomaly ?? other.anomaly;
  const inputImage = sum(one.parts?.inputImage, other.parts?.inputImage);
  return {
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    cacheWrite: one.cacheWrite + other.cacheWrite,
    cacheWrite1h: one.cacheWrite1h + other.cacheWrite1h,
    output: one.output + other.output,
    reasoning: one.reasoning + other.reasoning,
    source: one.source === 'estimated' ? one.source : other.source,
    ...(anomaly !== undefined && { anomaly }),
    ...(one.providerCostNanoUsd !== undefined &&
      other.providerCostNanoUsd !== undefined && { providerCostNanoUsd: one.providerCostNanoUsd + other.providerCostNanoUsd }),
    ...((one.billed !== undefined || other.billed !== undefined) && { billed: addBilled(one, other) }),
    ...(inputImage > 0 && { parts: { inputImage } }),
    ...((one.units !== undefined || other.units !== undefined) && { units: [...(one.units ?? []), ...(other.units ?? [])] }),
  };
}

/** What is billed is all of it where a part does not say otherwise. */
function addBilled(one: Usage, other: Usage): NonNullable<Usage['billed']> {
  const billed = (usage: Usage): NonNullable<Usage['billed']> =>
    usage.billed ?? { input: usage.input + usage.cachedInput + usage.cacheWrite, output: usage.output + usage.reasoning };
  return { input: billed(one).input + billed(other).input, output: billed(one).output + billed(other).output };
}
