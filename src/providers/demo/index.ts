export { createDemoDispatcher, demoBaseUrl, demoOptionHeader, type DemoParts } from './dispatcher.ts';
export { createdSeconds, demoModels, type DemoModel } from './models.ts';
