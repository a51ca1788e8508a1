// Where rivals are installed once and kept between runs: never inside the repository.
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mpc-bench');
}
