// The simulator's models. They differ in how much they say, not in how well they think.

export interface DemoModel {
  readonly id: string;
  readonly kind: 'chat' | 'embedding' | 'rerank' | 'moderation' | 'image' | 'speech' | 'transcription';
  /** `echo` says the user's words back and nothing else. */
  readonly manner: 'full' | 'brief' | 'echo';
}

/** Constant, so that the same request always has the same answer, byte for byte: 2026-01-01. */
export const createdSeconds = 1_767_225_600;

export const demoModels: readonly DemoModel[] = [
  { id: 'demo-flagship', kind: 'chat', manner: 'full' },
  { id: 'demo-strong', kind: 'chat', manner: 'full' },
  { id: 'demo-fast', kind: 'chat', manner: 'brief' },
  { id: 'demo-reasoning', kind: 'chat', manner: 'full' },
  { id: 'demo-echo', kind: 'chat', manner: 'echo' },
  { id: 'demo-embed', kind: 'embedding', manner: 'brief' },
  { id: 'demo-rerank', kind: 'rerank', manner: 'brief' },
  { id: 'demo-moderate', kind: 'moderation', manner: 'brief' },
  { id: 'demo-image', kind: 'image', manner: 'brief' },
  { id: 'demo-speech', kind: 'speech', manner: 'brief' },
  { id: 'demo-transcribe', kind: 'transcription', manner: 'brief' },
];

const byId = new Map(demoModels.map((model) => [model.id, model]));

export function findDemoModel(id: string): DemoModel | undefined {
  return byId.get(id);
}

/** Body of `GET /models`. */
export function listModels(): object {
  return { object: 'list', data: demoModels.map(describeModel) };
}

export function describeModel(model: DemoModel): object {
  return { id: model.id, object: 'model', created: createdSeconds, owned_by: 'mpc-api-demo' };
}
