import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat.ts';
import { type JsonValue, tryParseJson } from '../../core/json.ts';
import { createCallAssembler, readCallPiece } from './tool-calls.ts';

interface Heard {
  readonly calls: readonly { id: string; name: string; arguments: string }[];
  /** Types and blocks in order, to see that blocks never overlap. */
  readonly order: readonly string[];
}

function assemble(...wires: readonly JsonValue[]): Heard {
  const calls: { id: string; name: string; arguments: string }[] = [];
  const order: string[] = [];
  const emit = (event: ChatEvent): void => {
    if (event.type === 'tool-call-start') calls.push({ id: event.id, name: event.name, arguments: '' });
    const last = calls[calls.length - 1];
    if (event.type === 'tool-call-delta' && last !== undefined) last.arguments += event.arguments;
    if ('block' in event) order.push(`${event.type} ${event.block}`);
  };
  let blocks = 0;
  const assembler = createCallAssembler({
    openBlock: () => {
      blocks += 1;
      return blocks - 1;
    },
    makeId: (position) => `made_${position}`,
  });
  for (const wire of wires) {
    const piece = readCallPiece(wire);
    if (piece !== undefined) assembler.push(piece, emit);
  }
  assembler.flush(emit);
  return { calls, order };
}

const args = (text: string) => ({ index: 0, function: { arguments: text } });

describe('createCallAssembler', () => {
  it('joins the pieces of one call', () => {
    const { calls } = assemble({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }, args('{"x"'), args(':1}'));

    expect(calls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('takes a piece without index, type and id for the last call', () => {
    const { calls } = assemble({ id: 'a', function: { name: 'f', arguments: '{"x"' } }, { function: { arguments: ':1}' } });

    expect(calls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('makes an id where none was given', () => {
    expect(assemble({ function: { name: 'f', arguments: '{}' } }).calls[0]?.id).toBe('made_0');
  });

  it('waits for a name that comes late', () => {
    const { calls } = assemble(
      { index: 0, id: 'a', function: { arguments: '{"x"' } },
      { index: 0, function: { name: 'f', arguments: ':1}' } },
    );

    expect(calls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('ignores empty names and "null" ids in later pieces (Mistral)', () => {
    const { calls } = assemble(
      { index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } },
      { index: 0, id: 'null', function: { name: '', arguments: ':1}' } },
    );

    expect(calls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('reads sparse indexes', () => {
    const { calls } = assemble(
      { index: 1, id: 'a', function: { name: 'f', arguments: '{}' } },
      { index: 4, id: 'b', function: { name: 'g', arguments: '{}' } },
    );

    expect(calls.map((call) => call.id)).toEqual(['a', 'b']);
  });

  it('takes an id that is repeated with every piece for the same call', () => {
    const piece = (text: string) => ({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: text } });

    expect(assemble(piece('{"x"'), piece(':1}')).calls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('opens a new call for a new id on the same index', () => {
    const { calls } = assemble(
      { index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
      { index: 0, id: 'b', function: { name: 'f', arguments: '{"x":2}' } },
    );

    expect(calls).toEqual([
      { id: 'a', name: 'f', arguments: '{"x":1}' },
      { id: 'b', name: 'f', arguments: '{"x":2}' },
    ]);
  });

  it('reads whole calls without index or id, one after the other', () => {
    const { calls } = assemble({ function: { name: 'f', arguments: '{"x":1}' } }, { function: { name: 'f', arguments: '{"x":2}' } });

    expect(calls.map((call) => call.arguments)).toEqual(['{"x":1}', '{"x":2}']);
  });

  it('reads arguments that are an object', () => {
    expect(assemble({ id: 'a', function: { name: 'f', arguments: { x: 1 } } }).calls[0]?.arguments).toBe('{"x":1}');
  });

  it.each([
    ['nothing', [undefined]],
    ['null', [null]],
    ['an empty text', ['']],
    ['the text null', ['null']],
    ['the text null in pieces', ['nu', 'll']],
    ['an empty object', ['{}']],
    ['an empty object twice', ['{}', '{}']],
    ['an empty object with a space', ['{', ' }']],
  ])('says {} for a call without arguments sent as %s', (_name, texts) => {
    const wires = texts.map((text) => ({ index: 0, id: 'a', function: { name: 'f', ...(text !== undefined && { arguments: text }) } }));

    const [call] = assemble(...wires).calls;

    expect(tryParseJson(call?.arguments ?? '')).toEqual({});
  });

  it('never takes {} for the end: real arguments may follow', () => {
    expect(assemble({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }, args('{"x":'), args('1}')).calls[0]?.arguments).toBe(
      '{"x":1}',
    );
  });

  it('keeps arguments that begin like null', () => {
    expect(assemble({ index: 0, id: 'a', function: { name: 'f', arguments: 'n' } }, args('ope')).calls[0]?.arguments).toBe('nope');
  });

  it('says interleaved calls one after the other', () => {
    const { calls, order } = assemble(
      { index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } },
      { index: 1, id: 'b', function: { name: 'g', arguments: '{"y"' } },
      { index: 0, function: { arguments: ':1}' } },
      { index: 1, function: { arguments: ':2}' } },
    );

    expect(calls).toEqual([
      { id: 'a', name: 'f', arguments: '{"x":1}' },
      { id: 'b', name: 'g', arguments: '{"y":2}' },
    ]);
    expect(order.indexOf('block-end 0')).toBeLessThan(order.indexOf('tool-call-start 1'));
  });

  it('refuses arguments for a call that was whole already', () => {
    expect(() =>
      assemble(
        { index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
        { index: 1, id: 'b', function: { name: 'g', arguments: '{' } },
        { index: 0, function: { arguments: ',"z":2}' } },
      ),
    ).toThrow('mixed the arguments');
  });

  it('drops an entry without name and arguments, and refuses one without a name', () => {
    expect(assemble({ index: 0 }, 'noise', null).calls).toEqual([]);
    expect(() => assemble({ index: 0, id: 'a', function: { arguments: '{"x":1}' } })).toThrow('without a name');
  });
});
