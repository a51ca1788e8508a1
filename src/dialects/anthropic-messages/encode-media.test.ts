import { describe, expect, it } from 'vitest';
import { encodeDocumentSource, encodeImageSource } from './encode-media.ts';
import { createWarningList } from './warning-list.ts';

const bytes = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const png = bytes('\x89PNG\r\n\x1a\n0123456789');

describe('encodeImageSource', () => {
  it.each([
    ['image/jpeg', bytes('\xff\xd8\xff\xe00123456789')],
    ['image/png', png],
    ['image/gif', bytes('GIF89a0123456789')],
    ['image/webp', bytes('RIFF0000WEBPVP8 ')],
  ])('recognises %s by its bytes', (mediaType, data) => {
    const warnings = createWarningList();

    expect(encodeImageSource({ kind: 'base64', mediaType: 'image/png', data }, 'p', warnings)).toEqual({
      type: 'base64',
      media_type: mediaType,
      data,
    });
    expect(warnings.all).toHaveLength(mediaType === 'image/png' ? 0 : 1);
  });

  it('spells jpg as jpeg and leaves parameters out, without a warning', () => {
    const warnings = createWarningList();
    const data = bytes('\xff\xd8\xff\xe00123456789');

    expect(encodeImageSource({ kind: 'base64', mediaType: 'image/JPG;charset=x', data }, 'p', warnings)).toMatchObject({
      media_type: 'image/jpeg',
    });
    expect(warnings.all).toEqual([]);
  });

  it('refuses formats the vendor does not read, naming the field', () => {
    const svg = { kind: 'base64' as const, mediaType: 'image/svg+xml', data: bytes('<svg></svg>') };

    expect(() => encodeImageSource(svg, 'messages[0].content[1]', createWarningList())).toThrow(
      expect.objectContaining({ code: 'unsupported_capability', details: { param: 'messages[0].content[1]' } }),
    );
  });

  it('takes data URLs apart, with and without the base64 marker', () => {
    const warnings = createWarningList();
    const escaped = encodeURI('data:image/gif,GIF89a%FF').replace('%25FF', '%FF');

    expect(encodeImageSource({ kind: 'url', url: `data:image/png;base64,${png}` }, 'p', warnings)).toMatchObject({
      type: 'base64',
      data: png,
    });
    expect(encodeImageSource({ kind: 'url', url: escaped }, 'p', warnings)).toMatchObject({
      media_type: 'image/gif',
      data: bytes('GIF89a\xff'),
    });
  });

  it.each(['data:image/png', 'data:image/gif,%zz'])('refuses the broken data URL %s', (url) => {
    expect(() => encodeImageSource({ kind: 'url', url }, 'p', createWarningList())).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('passes real URLs and file ids on', () => {
    const warnings = createWarningList();

    expect(encodeImageSource({ kind: 'url', url: 'https://x.example/a' }, 'p', warnings)).toEqual({
      type: 'url',
      url: 'https://x.example/a',
    });
    expect(encodeImageSource({ kind: 'file-id', id: 'file_1' }, 'p', warnings)).toEqual({ type: 'file', file_id: 'file_1' });
  });
});

describe('encodeDocumentSource', () => {
  it('sends PDF as bytes and text as text', () => {
    expect(encodeDocumentSource({ kind: 'base64', mediaType: 'application/pdf', data: 'AA==' }, 'p')).toEqual({
      type: 'base64',
      media_type: 'application/pdf',
      data: 'AA==',
    });
    expect(encodeDocumentSource({ kind: 'base64', mediaType: 'text/markdown', data: Buffer.from('# Ü').toString('base64') }, 'p')).toEqual({
      type: 'text',
      media_type: 'text/plain',
      data: '# Ü',
    });
  });

  it('refuses other files, naming the field', () => {
    expect(() => encodeDocumentSource({ kind: 'base64', mediaType: 'application/zip', data: '' }, 'messages[0].content[0]')).toThrow(
      expect.objectContaining({ details: { param: 'messages[0].content[0]' } }),
    );
  });
});
