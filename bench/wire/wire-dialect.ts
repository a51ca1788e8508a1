// The grammars of the benchmark, under short names: what a request looks like, where it goes, and how it is allowed in.

export const wireDialects = ['openai', 'responses', 'anthropic', 'gemini', 'bedrock', 'cohere', 'ollama'] as const;
export type WireDialect = (typeof wireDialects)[number];

/** No provider of ours speaks Ollama's own grammar. */
export const upstreamDialects = wireDialects.filter((dialect) => dialect !== 'ollama');
/** Nobody but an SDK of AWS speaks Bedrock's. */
export const clientDialects = wireDialects.filter((dialect) => dialect !== 'bedrock');

/** A model that is served in this grammar, and by no other provider of the bench. */
export const models = {
  openai: 'gpt-4o',
  responses: 'gpt-5.4-pro',
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  bedrock: 'amazon.nova-pro-v1:0',
  cohere: 'command-a-03-2025',
  ollama: 'llama3.3',
} as const satisfies Readonly<Record<WireDialect, string>>;

/** The provider as which the gateway knows the mock upstream in this grammar. */
export const providersOf = {
  openai: 'openai',
  responses: 'openai',
  anthropic: 'anthropic',
  gemini: 'google',
  bedrock: 'bedrock',
  cohere: 'cohere',
  ollama: 'ollama',
} as const satisfies Readonly<Record<WireDialect, string>>;

export interface PathWish {
  readonly model: string;
  readonly stream: boolean;
}

export function requestPath(dialect: WireDialect, { model, stream }: PathWish): string {
  switch (dialect) {
    case 'openai':
      return '/v1/chat/completions';
    case 'responses':
      return '/v1/responses';
    case 'anthropic':
      return '/v1/messages';
    case 'gemini':
      return `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`;
    case 'bedrock':
      return `/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`;
    case 'cohere':
      return '/v2/chat';
    case 'ollama':
      return '/api/chat';
  }
}

/** The grammar that a path of the mock upstream belongs to. */
export function dialectOf(path: string): Exclude<WireDialect, 'ollama'> | undefined {
  if (path.endsWith('/chat/completions')) return 'openai';
  if (path.endsWith('/messages')) return 'anthropic';
  if (path.endsWith('/responses')) return 'responses';
  if (/:(?:streamG|g)enerateContent$/.test(path)) return 'gemini';
  if (/\/converse(?:-stream)?$/.test(path)) return 'bedrock';
  return path.endsWith('/v2/chat') ? 'cohere' : undefined;
}

/** Some say in the path that they want a stream. */
export function streamsByPath(path: string): boolean {
  return path.endsWith(':streamGenerateContent') || path.endsWith('/converse-stream');
}

export function credentialLine(dialect: WireDialect, key: string): string {
  if (dialect === 'anthropic') return `x-api-key: ${key}`;
  return dialect === 'gemini' ? `x-goog-api-key: ${key}` : `authorization: Bearer ${key}`;
}

interface Conversation {
  readonly model: string;
  readonly system: string;
  /** The user begins, and the assistant answers in turn. */
  readonly turns: readonly string[];
  readonly stream: boolean;
}

const maxTokens = 512;
const temperature = 0.7;

export function conversation(dialect: WireDialect, { model, system, turns, stream }: Conversation): object {
  const flag = stream ? { stream: true } : {};
  const messages = turns.map((content, turn) => ({ role: turn % 2 === 0 ? 'user' : 'assistant', content }));
  const withSystem = [{ role: 'system', content: system }, ...messages];
  switch (dialect) {
    case 'openai':
    case 'cohere':
      return { model, max_tokens: maxTokens, temperature, ...flag, messages: withSystem };
    case 'anthropic':
      return { model, max_tokens: maxTokens, temperature, ...flag, system, messages };
    case 'responses':
      // Agents keep the conversation themselves and say so; what keeping an answer costs is another question.
      return { model, max_output_tokens: maxTokens, temperature, ...flag, store: false, instructions: system, input: messages };
    case 'ollama':
      return { model, stream, options: { num_predict: maxTokens, temperature }, messages: withSystem };
    case 'gemini':
      return {
        systemInstruction: { parts: [{ text: system }] },
        contents: messages.map(({ role, content }) => ({ role: role === 'user' ? 'user' : 'model', parts: [{ text: content }] })),
        generationConfig: { maxOutputTokens: maxTokens, temperature },
      };
    case 'bedrock':
      return {
        system: [{ text: system }],
        messages: messages.map(({ role, content }) => ({ role, content: [{ text: content }] })),
        inferenceConfig: { maxTokens, temperature },
      };
  }
}
