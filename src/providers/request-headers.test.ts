import { describe, expect, it } from 'vitest';
import { anthropic } from './anthropic.ts';
import { openai } from './openai.ts';
import { portkey } from './portkey.ts';
import { requestHeaders } from './request-headers.ts';

const asRecord = (flat: readonly string[]) => Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])));

describe('requestHeaders', () => {
  it('carries the key the way the provider wants it', () => {
    expect(asRecord(requestHeaders(openai, { apiKey: 'k', headers: {} }))).toMatchObject({
      authorization: 'Bearer k',
      'content-type': 'application/json',
    });
    expect(asRecord(requestHeaders(anthropic, { apiKey: 'k', headers: {} }))).toMatchObject({
      'x-api-key': 'k',
      'anthropic-version': '2023-06-01',
    });
    expect(asRecord(requestHeaders(portkey, { apiKey: 'k', headers: {} }))).toMatchObject({ 'x-portkey-api-key': 'k' });
  });

  it('sends a bearer token instead of the provider’s own header when the connection says so, never both', () => {
    const headers = asRecord(requestHeaders(anthropic, { apiKey: 't', auth: { kind: 'bearer' }, headers: {} }));

    expect(headers['authorization']).toBe('Bearer t');
    expect(headers).not.toHaveProperty('x-api-key');
  });

  it('lets the connection’s headers win, whatever their case', () => {
    const headers = requestHeaders(anthropic, { apiKey: 'k', headers: { 'Anthropic-Version': '2099-01-01' } });

    expect(asRecord(headers)['anthropic-version']).toBe('2099-01-01');
    expect(headers.filter((entry) => entry === 'anthropic-version')).toHaveLength(1);
  });

  it('sends no credentials when there are none', () => {
    expect(requestHeaders(openai, { headers: {} })).not.toContain('authorization');
  });
});
