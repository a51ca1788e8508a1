// Grammars without a JSON mode: the form that an answer must have is the input of a tool that the model is made to call.
// Here the answer becomes what it would have been without that tool.
import type { FinishReason, Part } from '../canonical/chat.ts';
import type { DecodeOptions } from './dialect.ts';

/** The call becomes the answer's text. Talk around it would make that text no JSON, so it goes. */
export function unplayJson(parts: readonly Part[], { jsonTool }: DecodeOptions): readonly Part[] {
  const call = parts.find((part) => part.type === 'tool-call' && part.name === jsonTool);
  if (jsonTool === undefined || call?.type !== 'tool-call') return parts;
  return parts.flatMap((part): Part[] => {
    if (part === call) return [{ type: 'text', text: call.arguments }];
    return part.type === 'text' || (part.type === 'tool-call' && part.name === jsonTool) ? [] : [part];
  });
}

/** Why a whole answer ended. A whole body is whole: servers that leave the reason out have still answered everything. */
export function finishOf(told: FinishReason | undefined, parts: readonly Part[], { jsonTool }: DecodeOptions): FinishReason {
  const calls = parts.some((part) => part.type === 'tool-call');
  const finish = told ?? (calls ? 'tool-calls' : 'stop');
  return jsonTool !== undefined && finish === 'tool-calls' && !calls ? 'stop' : finish;
}
