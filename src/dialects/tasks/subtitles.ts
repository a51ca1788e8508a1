// Subtitles from times, for providers that tell times but write no subtitles.
import type { TranscribeResponse } from '../../canonical/tasks.ts';
import type { EncodedAnswer } from '../task-dialect.ts';

const wordsPerLine = 12;

/** Undefined when nothing is known about when something was said. */
export function writeSubtitles(response: TranscribeResponse, format: 'srt' | 'vtt'): EncodedAnswer | undefined {
  const cues = response.segments ?? groupWords(response.words ?? []);
  if (cues.length === 0) return undefined;
  const mark = format === 'srt' ? ',' : '.';
  const blocks = cues.map(({ text, start, end }, index) => {
    const number = format === 'srt' ? `${index + 1}\n` : '';
    // A blank line would end the cue.
    return `${number}${clock(start, mark)} --> ${clock(end, mark)}\n${text.trim().replace(/\n{2,}/g, '\n')}\n`;
  });
  return format === 'srt'
    ? { kind: 'text', text: blocks.join('\n'), contentType: 'application/x-subrip; charset=utf-8' }
    : { kind: 'text', text: `WEBVTT\n\n${blocks.join('\n')}`, contentType: 'text/vtt; charset=utf-8' };
}

function groupWords(words: NonNullable<TranscribeResponse['words']>): { text: string; start: number; end: number }[] {
  const cues: { text: string; start: number; end: number }[] = [];
  for (let at = 0; at < words.length; at += wordsPerLine) {
    const line = words.slice(at, at + wordsPerLine);
    cues.push({ text: line.map(({ word }) => word.trim()).join(' '), start: line[0]?.start ?? 0, end: line.at(-1)?.end ?? 0 });
  }
  return cues;
}

function clock(seconds: number, mark: string): string {
  const ms = Math.max(0, Math.round(seconds * 1_000));
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}${mark}${String(ms % 1_000).padStart(3, '0')}`;
}
