import { describe, expect, it } from 'vitest';
import type { TaskRequest } from './tasks.ts';
import { unitsAtMost } from './units-at-most.ts';

const asked = { model: 'm', dialect: 'openai-images' } as const;
const recording = (bytes: number) => ({
  filename: 'a.ogg',
  mediaType: 'audio/ogg',
  bytes,
  at: { kind: 'memory', data: Buffer.alloc(0) } as const,
});

describe('unitsAtMost', () => {
  it.each<[string, TaskRequest, ReturnType<typeof unitsAtMost>]>([
    ['one picture, unless more are wanted', { ...asked, task: 'image', prompt: 'x' }, [{ unit: 'image', count: 1 }]],
    ['the pictures that are wanted', { ...asked, task: 'image-edit', prompt: 'x', count: 3 }, [{ unit: 'image', count: 3 }]],
    ['characters of speech, not UTF-16 units', { ...asked, task: 'speak', text: 'a😀', voice: 'v' }, [{ unit: 'character', count: 2 }]],
    ['the seconds of a recording of 8 kbit/s', { ...asked, task: 'transcribe', audio: recording(60_001) }, [{ unit: 'second', count: 61 }]],
    [
      'one search for each hundred documents begun',
      { ...asked, task: 'rerank', query: 'q', documents: Array.from({ length: 101 }, () => 'd') },
      [{ unit: 'search', count: 2 }],
    ],
    ['nothing where tokens are paid', { ...asked, task: 'moderate', inputs: [{ kind: 'text', text: 'x' }], joined: false }, undefined],
  ])('counts %s', (_name, request, units) => {
    expect(unitsAtMost(request)).toEqual(units);
  });
});
