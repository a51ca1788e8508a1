import { mistralDriver } from '../drivers/mistral.ts';
import { describeClient } from '../support/laws.ts';

describeClient(mistralDriver);
