export { bedrockConverse } from './dialect.ts';
