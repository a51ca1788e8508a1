import { openaiLikeDrivers } from '../drivers/openai-likes.ts';
import { describeClient } from '../support/laws.ts';

for (const driver of openaiLikeDrivers) describeClient(driver);
