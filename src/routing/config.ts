// What the configuration has to know of routing: the classes of failures that policies name.
export { type FailureClass, failureClasses } from './fallback-policy.ts';
