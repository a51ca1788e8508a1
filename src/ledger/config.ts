// What the configuration has to know of the ledger: budgets and rate limits, read and checked.
export type { Budget } from './budgets/budget.ts';
export { findOverlap, findTighter, readBudget } from './budgets/read-budget.ts';
export type { RateLimit } from './limits/rate-limit.ts';
export { findSameLimit, readRateLimit } from './limits/read-rate-limit.ts';
