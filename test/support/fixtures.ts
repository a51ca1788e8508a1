// Recorded provider answers, when the machine has them: tests read them in place and skip with a reason where they are absent.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Reply } from './fake-upstream.ts';

/** The folder of recordings (`MPC_FIXTURES`, else beside the repository), or undefined. */
export const recordedDir: string | undefined = [
  process.env.MPC_FIXTURES,
  resolve(import.meta.dirname, '../../../shared/fixtures/recorded'),
].find((folder): folder is string => folder !== undefined && folder !== '' && existsSync(folder));

/** For `it.skipIf` titles and messages. */
export const noRecordings = 'recorded provider answers are not on this machine (set MPC_FIXTURES to their folder)';

/** `openai/chat-text.json`, `openai/chat-text.chunks.txt` …: every recording of these providers, or all. */
export function listRecordings(...providers: readonly string[]): readonly string[] {
  if (recordedDir === undefined) return [];
  const folder = recordedDir;
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (providers.length === 0 || providers.includes(entry.name)))
    .flatMap((entry) => readdirSync(join(folder, entry.name)).map((file) => `${entry.name}/${file}`))
    .sort();
}

export function readRecording(path: string): Buffer {
  if (recordedDir === undefined) throw new Error(noRecordings);
  return readFileSync(join(recordedDir, path));
}

/** A recorded stream as the provider's bytes: recordings hold one JSON event a line with the SSE envelope left out. */
export function recordedStreamBytes(path: string): Buffer {
  return Buffer.from(recordedFrames(path).join(''));
}

export function recordedFrames(path: string): readonly string[] {
  const lines = readRecording(path)
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  switch (envelopeOf(path)) {
    case 'typed':
      return lines.map((line) => `event: ${String((JSON.parse(line) as { type?: unknown }).type)}\ndata: ${line}\n\n`);
    case 'gemini':
      return lines.map((line) => `data: ${line}\r\n\r\n`);
    case 'openai':
      return [...lines.map((line) => `data: ${line}\n\n`), 'data: [DONE]\n\n'];
  }
}

/** A recording as a scripted reply: streams piece by piece, whole answers at once. */
export function replay(path: string): Reply {
  if (path.endsWith('.chunks.txt')) {
    return { headers: { 'content-type': 'text/event-stream' }, pieces: recordedFrames(path) };
  }
  return { headers: { 'content-type': 'application/json' }, body: readRecording(path) };
}

function envelopeOf(path: string): 'openai' | 'typed' | 'gemini' {
  const [provider = '', file = ''] = path.split('/');
  if (provider === 'google') return 'gemini';
  if (provider === 'bedrock') throw new Error('Bedrock recordings are decoded binary frames; they have no SSE form');
  return provider === 'anthropic' || provider === 'cohere' || file.startsWith('responses-') ? 'typed' : 'openai';
}
