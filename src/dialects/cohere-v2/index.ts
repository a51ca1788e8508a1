export { cohereV2 } from './dialect.ts';
