import { cohereDriver } from '../drivers/cohere.ts';
import { describeClient } from '../support/laws.ts';

describeClient(cohereDriver);
