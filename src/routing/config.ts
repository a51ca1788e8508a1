// What the configuration has to know of routing: the classes of failures that policies name, and how equals share the load.
export { type FailureClass, failureClasses } from './fallback-policy.ts';
export { balances } from './strategies/balance.ts';
