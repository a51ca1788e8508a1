// The one language inside for work that is not chat: embeddings, rerank, moderation, images, speech, transcription.
// Dialect-only members travel in `extensions`; what cannot be carried is a warning.
import type { JsonObject } from '../core/json.ts';
import type { MediaSource } from './chat.ts';
import type { Usage } from './usage.ts';

export type TaskId = 'embed' | 'rerank' | 'moderate' | 'image' | 'image-edit' | 'speak' | 'transcribe' | 'translate-audio';

/** Wire grammars of tasks. Each is a `TaskDialect` in the list of `dialects/tasks/index.ts`. */
export type TaskDialectId =
  | 'openai-embeddings'
  | 'openai-moderations'
  | 'openai-images'
  | 'openai-image-edits'
  | 'openai-speech'
  | 'openai-transcriptions'
  | 'openai-translations'
  | 'cohere-embed'
  | 'cohere-rerank'
  | 'gemini-embed'
  | 'gemini-image'
  | 'vertex-embed'
  | 'ollama-embed'
  | 'bedrock-embed'
  | 'bedrock-image'
  | 'bedrock-rerank'
  | 'huggingface-embed'
  | 'huggingface-image'
  | 'elevenlabs-speech'
  | 'elevenlabs-transcription'
  | 'replicate-image'
  | 'fal-image'
  | 'http-template';

export interface TaskRequestBase {
  /** As the caller named it; the encoder writes the upstream's id instead. */
  readonly model: string;
  /** The grammar it came in. */
  readonly dialect: TaskDialectId;
  readonly endUser?: string;
  /** Members that only the dialect they came in understands. */
  readonly extensions?: Partial<Record<TaskDialectId, JsonObject>>;
}

export interface EmbedRequest extends TaskRequestBase {
  readonly task: 'embed';
  readonly inputs: readonly EmbedInput[];
  /** Length of the vectors, where the model lets it be chosen. */
  readonly dimensions?: number;
  /** How the caller wants its vectors: numbers, or base64 of little-endian float32. */
  readonly encoding?: 'float' | 'base64';
  readonly purpose?: 'query' | 'document' | 'classification' | 'clustering' | 'similarity';
  readonly truncate?: 'none' | 'start' | 'end';
}

export type EmbedInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  | { readonly kind: 'image'; readonly source: MediaSource };

export interface EmbedResponse {
  readonly model: string;
  /** One per input, in the order of the inputs; base64 of little-endian float32 where the upstream answered so. */
  readonly vectors: readonly (readonly number[] | string)[];
  readonly usage?: Usage;
}

export interface RerankRequest extends TaskRequestBase {
  readonly task: 'rerank';
  readonly query: string;
  /** Text, or an object of fields as some upstreams rank them. */
  readonly documents: readonly (string | JsonObject)[];
  readonly topN?: number;
  readonly maxTokensPerDocument?: number;
  /** The caller wants the documents back with the scores. */
  readonly returnDocuments?: boolean;
}

export interface RerankResponse {
  readonly id?: string;
  readonly model: string;
  /** Best first. */
  readonly results: readonly { readonly index: number; readonly score: number }[];
  readonly usage?: Usage;
}

export interface ModerateRequest extends TaskRequestBase {
  readonly task: 'moderate';
  readonly inputs: readonly ({ readonly kind: 'text'; readonly text: string } | { readonly kind: 'image'; readonly source: MediaSource })[];
  /** The inputs are one piece (OpenAI's list of typed parts): one result for all of them. */
  readonly joined: boolean;
}

export interface ModerateResponse {
  readonly id: string;
  readonly model: string;
  readonly results: readonly {
    readonly flagged: boolean;
    readonly categories: Readonly<Record<string, boolean>>;
    /** 0 to 1. */
    readonly scores: Readonly<Record<string, number>>;
  }[];
  readonly usage?: Usage;
}

export interface ImageRequest extends TaskRequestBase {
  readonly task: 'image' | 'image-edit';
  readonly prompt: string;
  readonly count?: number;
  /** Pixels; absent = the model's own choice. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly quality?: string;
  readonly style?: string;
  readonly background?: string;
  readonly outputFormat?: 'png' | 'jpeg' | 'webp';
  readonly answer?: 'url' | 'base64';
  readonly seed?: number;
  readonly stream?: boolean;
  /** The pictures to change, for edits. */
  readonly images?: readonly UploadedFile[];
  readonly mask?: UploadedFile;
}

export interface ImageResponse {
  /** Unix seconds. */
  readonly created: number;
  readonly images: readonly {
    readonly url?: string;
    readonly base64?: string;
    readonly mediaType?: string;
    readonly revisedPrompt?: string;
  }[];
  readonly usage?: Usage;
  readonly extensions?: JsonObject;
}

export interface SpeakRequest extends TaskRequestBase {
  readonly task: 'speak';
  readonly text: string;
  readonly voice: string;
  readonly format?: 'mp3' | 'opus' | 'aac' | 'flac' | 'wav' | 'pcm';
  readonly speed?: number;
  readonly instructions?: string;
  readonly language?: string;
  /** Audio as server-sent events instead of bytes (OpenAI's `stream_format: sse`). */
  readonly events?: boolean;
}

export interface TranscribeRequest extends TaskRequestBase {
  readonly task: 'transcribe' | 'translate-audio';
  readonly audio: UploadedFile;
  readonly language?: string;
  readonly prompt?: string;
  readonly temperature?: number;
  readonly format?: 'json' | 'text' | 'srt' | 'verbose_json' | 'vtt' | 'diarized_json';
  readonly timestamps?: readonly ('word' | 'segment')[];
  readonly stream?: boolean;
}

export interface TranscribeResponse {
  readonly text: string;
  readonly language?: string;
  readonly durationSeconds?: number;
  readonly words?: readonly { readonly word: string; readonly start: number; readonly end: number }[];
  readonly segments?: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  readonly usage?: Usage;
}

/** A file of a multipart request. It lies on disk or in memory and can be read more than once, so that a retry can send it again. */
export interface UploadedFile {
  readonly filename: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** The content when it was small, else the path of the spooled file, with its first bytes for those who must know what it is. */
  readonly at: { readonly kind: 'memory'; readonly data: Buffer } | { readonly kind: 'file'; readonly path: string; readonly head: Buffer };
}

export type TaskRequest = EmbedRequest | RerankRequest | ModerateRequest | ImageRequest | SpeakRequest | TranscribeRequest;
export type TaskResponse = EmbedResponse | RerankResponse | ModerateResponse | ImageResponse | TranscribeResponse;
