// Not mistakes, but worth a line at start.
import { providerSettings } from '../providers/config.ts';
import type { Environment } from './environment.ts';
import { variablesOf } from './field.ts';
import { fields } from './fields.ts';
import { editDistance } from './nearest-name.ts';

/** Always there, without key or address. */
export const builtInProviders = providerSettings.filter((provider) => provider.builtIn === true);

const otherVariables = ['MPC_CONFIG', 'MPC_NODE', 'MPC_FIXTURES', 'MPC_URL', 'MPC_KEY'];

/** `MPC_DATADIR` changes nothing, and its owner thinks it does. Unrelated variables that begin with MPC_ stay unmentioned. */
export function strayVariables(env: Environment): string[] {
  const known = new Set([...fields.flatMap(variablesOf), ...otherVariables]);
  return Object.keys(env)
    .filter((name) => name.startsWith('MPC_') && !known.has(name))
    .flatMap((name) => {
      const near = [...known].find((candidate) => editDistance(name, candidate) <= 2);
      return near === undefined ? [] : [`${name} is no setting; did you mean ${near}?`];
    });
}
