import { describe, expect, it } from 'vitest';
import type { MutableJson } from '../core/json.ts';
import { countedModel } from './reshapes/counted-model.ts';
import { anthropicVersionInBody, withoutCallIds } from './reshapes/vertex-forms.ts';
import { vertex } from './vertex.ts';

const context = { model: 'gemini-x', traits: new Set<string>(), warn: () => undefined };

describe('the address', () => {
  it.each([
    ['global', 'https://aiplatform.googleapis.com/v1'],
    ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com/v1'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com/v1'],
    ['us', 'https://aiplatform.us.rep.googleapis.com/v1'],
  ])('of %s is %s', (location, address) => {
    expect(vertex.baseUrlOf?.({ location })).toBe(address);
  });

  it('cannot be led elsewhere by a location', () => {
    expect(new RegExp(`^(?:${vertex.account?.['location']?.pattern?.source ?? ''})$`).test('evil.example/')).toBe(false);
  });
});

it('takes ids off calls and their answers, in either spelling, and leaves the rest untouched', () => {
  const plain = { role: 'user', parts: [{ text: 'x' }] };
  const body: MutableJson = {
    contents: [
      plain,
      {
        role: 'model',
        parts: [{ functionCall: { id: 'a', name: 'f' }, thoughtSignature: 's' }, { function_call: { id: 'b', name: 'g' } }],
      },
      { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'f', response: {} } }] },
    ],
  };

  withoutCallIds.apply(body, context);

  expect(body).toEqual({
    contents: [
      plain,
      { role: 'model', parts: [{ functionCall: { name: 'f' }, thoughtSignature: 's' }, { function_call: { name: 'g' } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] },
    ],
  });
});

it('says the version of Claude’s API in the body, unless the caller did', () => {
  const body: MutableJson = {};
  anthropicVersionInBody.apply(body, context);
  expect(body['anthropic_version']).toBe('vertex-2023-10-16');

  const own: MutableJson = { anthropic_version: 'other' };
  anthropicVersionInBody.apply(own, context);
  expect(own['anthropic_version']).toBe('other');
});

it('renames the model inside a request that is to be counted', () => {
  const body: MutableJson = { generateContentRequest: { model: 'models/mine', contents: [] } };
  countedModel.apply(body, context);

  expect(body).toEqual({ generateContentRequest: { model: 'models/gemini-x', contents: [] } });
});
