import { describe, expect, it } from 'vitest';
import { type ErrorCode, failures } from '../core/errors.ts';
import { createFallbackPolicy, failureClasses } from './fallback-policy.ts';

const codes = Object.keys(failures) as ErrorCode[];
const all = createFallbackPolicy(failureClasses);
const none = createFallbackPolicy([]);

describe('a fallback policy', () => {
  it('that lists a class lets another model take over after its failures only', () => {
    const policy = createFallbackPolicy(['rate_limited']);

    expect(codes.filter((code) => policy.takesOver(code))).toEqual(['upstream_rate_limited']);
  });

  it('that lists nothing lets nobody take over', () => {
    expect(codes.filter((code) => none.takesOver(code))).toEqual([]);
  });

  it('that lists everything covers every failure that the error table would fall back on', () => {
    expect(codes.filter((code) => failures[code].retry !== 'never' && !all.takesOver(code))).toEqual([]);
  });

  it.each<ErrorCode>(['invalid_request', 'budget_exceeded', 'model_not_allowed', 'client_gone', 'shutting_down', 'overtaken'])(
    'never makes another model answer after %s',
    (code) => {
      expect(all.takesOver(code)).toBe(false);
    },
  );
});
