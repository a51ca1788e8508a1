export { anthropicMessages } from './dialect.ts';
