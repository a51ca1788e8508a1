// Where the commands find the version.
export { version } from '../core/version.ts';
