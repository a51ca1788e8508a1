// Everything the benchmark can compare, by the name `--against` takes.
import type { Candidate } from './candidate.ts';
import { litellm } from './litellm.ts';
import { nginx } from './nginx.ts';
import { node } from './node.ts';
import { portkey } from './portkey.ts';

export { direct } from './direct.ts';
export { mpc } from './mpc.ts';

export const rivals: readonly Candidate[] = [litellm, nginx, node, portkey];

/** Those of them that are gateways themselves. */
export const gateways: readonly string[] = [litellm.id, portkey.id];
