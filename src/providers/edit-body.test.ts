import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanObject } from '../core/json-outline.ts';
import { type BodyEdit, editBody } from './edit-body.ts';
import { editObject } from './edit-object.ts';
import { providers } from './index.ts';
import type { ChatEndpoint } from './provider.ts';

const plain: ChatEndpoint = { dialect: 'openai-chat', path: '/chat/completions' };
const none: ReadonlySet<string> = new Set();

function edit(text: string, options: Partial<BodyEdit> = {}) {
  const outline = scanObject(Buffer.from(text), { maxDepth: 64 });
  const { body, warnings } = editBody({ outline, endpoint: plain, model: 'm-2', traits: none, ...options });
  return { text: body.toString(), json: JSON.parse(body.toString()) as Record<string, unknown>, warnings, same: body === outline.bytes };
}

describe('editBody', () => {
  it('returns the very same buffer when the model is right already', () => {
    expect(edit('{ "model" : "m-2", "messages" : [] }').same).toBe(true);
  });

  it('writes the model id and leaves every other byte alone', () => {
    expect(edit('{ "a" : 1.0e2,\n"model" : "m-1" , "n" : 12345678901234567890 }').text).toBe(
      '{ "a" : 1.0e2,\n"model" : "m-2" , "n" : 12345678901234567890 }',
    );
  });

  it('writes a shorter model id into a large body where it lies, and can still write a longer one for the next candidate', () => {
    const body = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'word '.repeat(10_000) }] };
    const outline = scanObject(Buffer.from(JSON.stringify(body)), { maxDepth: 64 });
    const write = (model: string): Buffer => editBody({ outline, endpoint: plain, model, traits: none }).body;

    const first = write('gpt-4o');
    expect(first).toBe(outline.bytes);
    expect(JSON.parse(first.toString())).toEqual({ ...body, model: 'gpt-4o' });
    expect(JSON.parse(write('a-much-longer-model-id').toString())).toEqual({ ...body, model: 'a-much-longer-model-id' });
    expect(JSON.parse(write('m').toString())).toEqual({ ...body, model: 'm' });
  });

  it.each(['gpt-4o', 'openai/gpt-4o'])(
    'leaves a large body that was given out with %s alone when a second attempt names another',
    (firstModel) => {
      const body = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'word '.repeat(10_000) }] };
      const outline = scanObject(Buffer.from(JSON.stringify(body)), { maxDepth: 64 });
      const write = (model: string): Buffer => editBody({ outline, endpoint: plain, model, traits: none }).body;

      const first = write(firstModel);
      const second = write('other');

      expect(JSON.parse(first.toString())).toEqual({ ...body, model: firstModel });
      expect(JSON.parse(second.toString())).toEqual({ ...body, model: 'other' });
    },
  );

  it('adds the model when the body has none', () => {
    expect(edit('{}').text).toBe('{"model":"m-2"}');
    expect(edit('{"messages":[]}').text).toBe('{"messages":[],"model":"m-2"}');
  });

  it('leaves one of repeated members, the last, so that no upstream can read another one', () => {
    expect(edit('{"model":"a","stream":false,"model":"b"}').text).toBe('{"stream":false,"model":"m-2"}');
    expect(
      edit('{"seed":1,"seed":2,"model":"m-2"}', { endpoint: { dialect: 'openai-chat', rules: { rename: { seed: 'random_seed' } } } }).text,
    ).toBe('{"random_seed":2,"model":"m-2"}');
  });

  it('removes the gateway’s own members without a warning', () => {
    const edited = edit('{"task":"chat","model":"m-2","fallbacks":["x"],"messages":[],"mpc":{}}', {
      remove: new Set(['task', 'fallbacks', 'mpc']),
    });

    expect(edited.text).toBe('{"model":"m-2","messages":[]}');
    expect(edited.warnings).toEqual([]);
  });

  it('removes every member of a body when all must go', () => {
    expect(edit('{ "task" : 1 , "mpc" : 2 }', { remove: new Set(['task', 'mpc']) }).json).toEqual({ model: 'm-2' });
  });

  it('sets members, in place where they exist', () => {
    expect(edit('{"store":true,"model":"m-2"}', { set: { store: false, user: 'u' } }).text).toBe(
      '{"store":false,"model":"m-2","user":"u"}',
    );
  });

  it('asks a stream for its usage, and keeps other stream options', () => {
    expect(edit('{"model":"m-2","stream":true}').text).toBe('{"model":"m-2","stream":true,"stream_options":{"include_usage":true}}');
    expect(
      edit('{"stream_options":{"include_obfuscation":false,"include_usage":false},"stream":true,"model":"m-2"}').json['stream_options'],
    ).toEqual({
      include_obfuscation: false,
      include_usage: true,
    });
    expect(edit('{"model":"m-2","stream":true,"stream_options":{ "include_usage" : true }}').same).toBe(true);
    expect(edit('{"model":"m-2","stream":false}').same).toBe(true);
  });

  it('leaves the flag out where usage comes unasked and the flag is refused', () => {
    const endpoint = { dialect: 'openai-chat', rules: { streamUsage: 'always' } } as const;

    expect(edit('{"model":"m-2","stream":true,"stream_options":{"include_usage":true}}', { endpoint }).text).toBe(
      '{"model":"m-2","stream":true}',
    );
  });

  it('drops with a warning, except where the value says what happens anyway', () => {
    const endpoint = { dialect: 'openai-chat', rules: { drop: ['n', 'top_k'] } } as const;

    expect(edit('{"model":"m-2","n":3,"top_k":4}', { endpoint }).warnings.map(({ field, kind }) => `${kind} ${field}`)).toEqual([
      'dropped top_k',
      'dropped n',
    ]);
    expect(edit('{"model":"m-2","n":1}', { endpoint })).toMatchObject({ text: '{"model":"m-2"}', warnings: [] });
  });

  it('warns when the old and the new name of a member are both given', () => {
    const endpoint = { dialect: 'openai-chat', rules: { rename: { max_tokens: 'max_completion_tokens' } } } as const;
    const edited = edit('{"model":"m-2","max_tokens":5,"max_completion_tokens":7}', { endpoint });

    expect(edited.json).toEqual({ model: 'm-2', max_completion_tokens: 7 });
    expect(edited.warnings).toHaveLength(1);
  });

  it('fits OpenAI bodies to reasoning models', () => {
    const traits = new Set(['max-completion-tokens', 'no-sampling', 'no-stop']);
    const edited = edit('{"model":"m-2","max_tokens":5,"temperature":0.2,"top_p":1,"stop":["x"],"presence_penalty":1}', { traits });

    expect(edited.json).toEqual({ model: 'm-2', max_completion_tokens: 5 });
    expect(edited.warnings.map(({ field }) => field).sort()).toEqual(['presence_penalty', 'stop', 'temperature']);
  });

  it('lets sampling pass when the caller switched reasoning off', () => {
    expect(edit('{"model":"m-2","reasoning_effort":"none","temperature":0.2}', { traits: new Set(['no-sampling']) }).same).toBe(true);
  });

  it('drops top_p beside temperature for Claude models that refuse both', () => {
    const endpoint = { dialect: 'anthropic-messages' } as const;
    const traits = new Set(['temperature-xor-top-p']);

    expect(edit('{"model":"m-2","temperature":0.5,"top_p":0.9}', { endpoint, traits }).json).toEqual({ model: 'm-2', temperature: 0.5 });
    expect(edit('{"model":"m-2","top_p":0.9}', { endpoint, traits }).same).toBe(true);
  });

  it('does not parse what no reshape concerns, and re-serialises only what one changed', () => {
    const reshape = {
      name: 'test',
      members: ['messages', 'tools'],
      when: ['"mark"'],
      apply: (body: Record<string, unknown>) => {
        body['messages'] = ['new'];
      },
    };
    const endpoint = { rules: { reshapes: [reshape] } };

    expect(edit('{"messages":[ 1.0 ],"tools":[ 1.0 ],"model":"m-2"}', { endpoint }).same).toBe(true);
    expect(edit('{"messages":[ 1.0, "mark" ],"tools":[ 1.0 ],"model":"m-2"}', { endpoint }).text).toBe(
      '{"messages":["new"],"tools":[ 1.0 ],"model":"m-2"}',
    );
  });

  it('sends no byte order mark on', () => {
    expect(edit('\ufeff{"model":"m-2"}').text).toBe('{"model":"m-2"}');
  });
});

const part = fc.oneof(
  fc.record(
    { type: fc.constant('text'), text: fc.string(), cache_control: fc.constant({ type: 'ephemeral' }) },
    { requiredKeys: ['type', 'text'] },
  ),
  fc.constant({ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }),
);
const message = fc.record(
  {
    role: fc.constantFrom('system', 'user', 'assistant', 'tool', 'developer'),
    content: fc.oneof(fc.string(), fc.array(part, { maxLength: 3 }), fc.constant(null)),
    name: fc.string(),
    reasoning_content: fc.string(),
    reasoning_details: fc.constant([{ type: 'reasoning.text' }]),
    tool_call_id: fc.constantFrom('call_1', 'abcdefghi'),
    tool_calls: fc.constant([{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }]),
  },
  { requiredKeys: ['role', 'content'] },
);
const chatBody = fc.record(
  {
    model: fc.string(),
    messages: fc.array(message, { maxLength: 5 }),
    stream: fc.boolean(),
    stream_options: fc.constantFrom({ include_usage: true }, { include_usage: false }, {}, null),
    max_tokens: fc.integer(),
    max_completion_tokens: fc.integer(),
    temperature: fc.constantFrom(0, 0.5, 1),
    top_p: fc.constantFrom(0.5, 1),
    n: fc.constantFrom(1, 2),
    seed: fc.integer(),
    stop: fc.constantFrom('x', ['x'], null),
    user: fc.string(),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    response_format: fc.constantFrom(
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object', additionalProperties: false } } },
    ),
    tools: fc.constant([{ type: 'function', function: { name: 'f', parameters: { additionalProperties: false } }, cache_control: {} }]),
    thinking: fc.constantFrom({ type: 'adaptive' }, { type: 'enabled', budget_tokens: 5_000 }, { type: 'disabled' }),
    output_config: fc.constantFrom({ effort: 'high' }, {}),
    unheard_of: fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
    task: fc.string(),
  },
  { requiredKeys: [] },
);
const traitSet = fc
  .subarray(['max-completion-tokens', 'no-sampling', 'no-stop', 'temperature-xor-top-p', 'adaptive-thinking', 'thinking-budget'])
  .chain((some) =>
    fc.constantFrom([], ['reasoning-replay-always'], ['reasoning-replay-never']).map((replay) => new Set([...some, ...replay])),
  );
const endpoints = providers.flatMap((provider) => provider.chat.map((endpoint) => ({ provider: provider.id, endpoint })));

describe.each(endpoints)('the edits for $provider ($endpoint.dialect)', ({ endpoint }) => {
  it('are the same on bytes and on the parsed body, and are complete after one pass', () => {
    fc.assert(
      fc.property(chatBody, traitSet, fc.constantFrom(0, 2), (body, traits, indent) => {
        const remove = new Set(['task']);
        const shared = { endpoint, model: 'm-2', traits, remove, maxOutputTokens: 4_096 };
        const before = JSON.stringify(body, null, indent);
        const original = structuredClone(body);

        const onBytes = edit(before, shared);
        const onObject = editObject({ ...shared, body: body as never });
        expect(onBytes.json).toEqual(JSON.parse(JSON.stringify(onObject.body)));
        const fields = (warnings: readonly { field: string; kind: string }[]) =>
          warnings.map(({ field, kind }) => `${kind} ${field}`).sort();
        // A repeated prefix is mended where the answer is decoded, so only the byte path has to warn of it.
        const mended = onObject.repeatedPrefix === undefined ? [] : onBytes.warnings.filter((warning) => warning.kind === 'emulated');
        expect(fields(onBytes.warnings.filter((warning) => !mended.includes(warning)))).toEqual(fields(onObject.warnings));
        expect(body).toEqual(original);

        // Sampling passes because of the caller's `reasoning_effort: none`, which the provider's rules may rewrite.
        fc.pre(!(traits.has('no-sampling') && (body as { reasoning_effort?: string }).reasoning_effort === 'none'));
        expect(edit(onBytes.text, shared).json).toEqual(onBytes.json);
      }),
      { numRuns: 60 },
    );
  });
});
