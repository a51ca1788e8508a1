// Refusals of calls that a provider has no endpoint for.
import type { Candidate } from '../brain/decision.ts';
import type { TaskId } from '../canonical/tasks.ts';
import { GatewayError } from '../core/errors.ts';

const taskWords: Readonly<Record<TaskId, string>> = {
  embed: 'embeddings',
  rerank: 'rerank',
  moderate: 'moderation',
  image: 'image',
  'image-edit': 'image edit',
  speak: 'speech',
  transcribe: 'transcription',
  'translate-audio': 'audio translation',
};

export function missingTask(candidate: Candidate, task: TaskId): GatewayError {
  return missingEndpoint(candidate, taskWords[task]);
}

/** The endpoint is named, so that a caller can tell this from a missing ability of the model. */
export function missingEndpoint({ connection }: Candidate, what: string): GatewayError {
  return new GatewayError(
    'unsupported_capability',
    `${connection.provider} has no ${what} endpoint; name a model of a provider that has one`,
    { param: 'model', extra: { missing_endpoint: what } },
  );
}
