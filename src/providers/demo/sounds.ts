// Speech without a model: a tone for each word, as a real WAV file, and back again: a transcript that says what came.
import { asString, type JsonObject } from '../../core/json.ts';
import { badRequest } from './problem.ts';

const sampleRate = 8_000;
const wordSeconds = 0.15;
const maxWords = 400;

export function speak(body: JsonObject): Buffer {
  const text = asString(body.input);
  if (text === undefined || text === '') throw badRequest('input', 'input is a non-empty string');
  const words = text.trim().split(/\s+/).slice(0, maxWords);
  const samplesPerWord = Math.floor(sampleRate * wordSeconds);
  const samples = Buffer.alloc(words.length * samplesPerWord, 128);
  for (const [index, word] of words.entries()) {
    const hertz = 220 + (word.length % 12) * 40;
    const end = (index + 1) * samplesPerWord - samplesPerWord / 5;
    for (let at = index * samplesPerWord; at < end; at += 1)
      samples[at] = 128 + Math.round(60 * Math.sin((2 * Math.PI * hertz * at) / sampleRate));
  }
  return Buffer.concat([wavHeader(samples.length), samples]);
}

function wavHeader(bytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(bytes, 40);
  return header;
}

export interface Upload {
  readonly fields: JsonObject;
  readonly file?: { readonly name: string; readonly bytes: number };
}

/** A multipart form as the gateway writes it. */
export function readUpload(body: Buffer): Upload {
  const text = body.toString('latin1');
  const boundary = /^--([^\r\n]+)\r\n/.exec(text)?.[1];
  const fields: Record<string, string> = {};
  let file: Upload['file'];
  for (const part of boundary === undefined ? [] : text.split(`--${boundary}`).slice(1, -1)) {
    const border = part.indexOf('\r\n\r\n');
    const head = part.slice(0, border);
    const content = part.slice(border + 4, -2);
    const name = /; name="([^"]*)"/.exec(head)?.[1] ?? '';
    const filename = /; filename="([^"]*)"/.exec(head)?.[1];
    if (filename === undefined) fields[name] = Buffer.from(content, 'latin1').toString('utf8');
    else file ??= { name: Buffer.from(filename, 'latin1').toString('utf8'), bytes: content.length };
  }
  return { fields, ...(file !== undefined && { file }) };
}

export interface Transcript {
  readonly contentType: string;
  readonly text: string;
}

export function transcribe({ fields, file }: Upload): Transcript {
  if (file === undefined) throw badRequest('file', 'a file is required');
  const text = `This is the demo transcript of ${file.name}, ${file.bytes} bytes.`;
  const usage = { type: 'duration', seconds: 1 };
  if (fields.stream === 'true') {
    const frames = [
      { type: 'transcript.text.delta', delta: text },
      { type: 'transcript.text.done', text, usage },
    ];
    return { contentType: 'text/event-stream; charset=utf-8', text: frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('') };
  }
  switch (fields.response_format) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', text: `${text}\n` };
    case 'srt':
      return { contentType: 'text/plain; charset=utf-8', text: `1\n00:00:00,000 --> 00:00:01,000\n${text}\n` };
    case 'vtt':
      return { contentType: 'text/plain; charset=utf-8', text: `WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${text}\n` };
    case 'verbose_json': {
      const segments = [{ id: 0, text, start: 0, end: 1 }];
      return json({ task: 'transcribe', language: 'english', duration: 1, text, segments, usage });
    }
    default:
      return json({ text, usage });
  }
}

const json = (value: object): Transcript => ({ contentType: 'application/json', text: JSON.stringify(value) });
