// What a chat request asks of the simulator, read from either dialect. On purpose not the gateway's canonical form:
// a simulator that shared the gateway's codecs would share their mistakes, and hide them.
import type { JsonObject } from '../../core/json.ts';

export interface Ask {
  readonly model: string;
  readonly turns: readonly Turn[];
  readonly tools: readonly AskedTool[];
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string };
  readonly parallel: boolean;
  /** 'json' = any object. */
  readonly output?: 'json' | { readonly schema: JsonObject };
  readonly maxTokens?: number;
  readonly stops: readonly string[];
  readonly count: number;
  readonly reasoning: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly input: InputUsage;
}

export interface AskedTool {
  readonly name: string;
  readonly parameters?: JsonObject;
}

/** One message. A turn of the user may hold tool results and text side by side (Anthropic). */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly calls: readonly { readonly id: string; readonly name: string }[];
  readonly results: readonly ToolResult[];
}

/** An image, a file or a sound that came with a message. */
export interface Attachment {
  readonly kind: 'image' | 'file' | 'audio';
  /** `image/png, 68 bytes` or `by URL`. */
  readonly about: string;
}

export interface ToolResult {
  readonly callId: string;
  readonly text: string;
  readonly failed: boolean;
}

/** Disjoint classes; their sum is the whole input. */
export interface InputUsage {
  readonly fresh: number;
  readonly cached: number;
  readonly written: number;
  readonly writtenForAnHour: number;
}

/** `data:image/png;base64,…` or a plain address → what the simulator says about it. Nothing is fetched. */
export function describeUrl(url: string): string {
  if (!url.startsWith('data:')) return 'by URL';
  const comma = url.indexOf(',');
  const type = url.slice('data:'.length, comma).split(';')[0] ?? '';
  return describeBase64(type === '' ? 'text/plain' : type, url.slice(comma + 1));
}

export function describeBase64(mediaType: string, data: string): string {
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return `${mediaType}, ${Math.floor((data.length * 3) / 4) - padding} bytes`;
}
