import { expect, it } from 'vitest';
import { Continuing } from './continuing.ts';

it('follows the caller, then the alias, then the configuration', () => {
  const aliases = { Always: { continueStreams: true }, never: { continueStreams: false }, plain: {} };
  const on = new Continuing({ isOn: true, aliases });
  const off = new Continuing({ isOn: false, aliases });

  expect([on.isWanted({}, undefined), off.isWanted({}, undefined)]).toEqual([true, false]);
  expect([on.isWanted({}, 'plain'), off.isWanted({}, 'plain')]).toEqual([true, false]);
  expect([off.isWanted({}, 'always'), on.isWanted({}, 'NEVER')]).toEqual([true, false]);
  expect([off.isWanted({ continues: true }, 'never'), on.isWanted({ continues: false }, 'always')]).toEqual([true, false]);
});
