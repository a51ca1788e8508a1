import { describe, expect, it } from 'vitest';
import { readImageUsage } from './openai-images.ts';
import { openaiTranscriptions } from './openai-transcriptions.ts';

describe('the usage of a picture', () => {
  it('tells pictures apart from text, read and made', () => {
    const usage = readImageUsage({
      usage: {
        input_tokens: 60,
        output_tokens: 4_160,
        input_tokens_details: { text_tokens: 10, image_tokens: 50 },
        output_tokens_details: { image_tokens: 4_160 },
      },
    });

    expect(usage).toMatchObject({ input: 60, output: 4_160, parts: { inputImage: 50, outputImage: 4_160 } });
  });
});

describe('the usage of a transcript', () => {
  it('tells sound apart from the prompt', () => {
    const usage = openaiTranscriptions.events?.usageOf({
      type: 'transcript.text.done',
      usage: { type: 'tokens', input_tokens: 14, output_tokens: 45, input_token_details: { text_tokens: 2, audio_tokens: 12 } },
    });

    expect(usage).toMatchObject({ input: 14, output: 45, parts: { inputAudio: 12 } });
  });
});
