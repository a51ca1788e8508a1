// Structured logs. What may be secret is never put in: entries hold no bodies, and known credential fields are cut at the source.
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Observer } from '../gateway/events.ts';

export type { Logger };

const secretFields = [
  'authorization',
  'api-key',
  'x-api-key',
  'xi-api-key',
  'x-goog-api-key',
  'x-portkey-api-key',
  'x-litellm-api-key',
  'cookie',
  'apiKey',
  'secret',
  'token',
];

const flushEveryMs = 200;

export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretFields.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: '[hidden]' },
      formatters: { level: (label) => ({ level: label }) },
    },
    // Without the periodic flush a quiet gateway's lines wait for 4 KiB to fill: nobody would see a refused reload for hours.
    destination ?? pino.destination({ fd: 2, sync: false, minLength: 4_096, periodicFlush: flushEveryMs }),
  );
}

/** One line per failed exchange; successful ones at debug level, because the ledger has them all. */
export function createLogObserver(logger: Logger): Observer {
  return {
    exchangeEnded({ entry, error }) {
      if (error === undefined) {
        if (logger.isLevelEnabled('debug'))
          logger.debug({ request_id: entry.id, model: entry.model, status: entry.status, ms: entry.timings.totalMs }, 'served');
        return;
      }
      const facts = {
        request_id: entry.id,
        principal: entry.principal,
        endpoint: entry.endpoint,
        requested_model: entry.requestedModel,
        model: entry.model,
        connection: entry.connection,
        status: entry.status,
        error_code: error.code,
        attempts: entry.attempts.length,
        ms: entry.timings.totalMs,
      };
      if (error.code === 'internal_error') logger.error({ ...facts, err: error.details.cause }, 'a bug in the gateway');
      else if (error.code.startsWith('upstream_')) logger.warn(facts, error.message);
      else logger.info(facts, error.message);
    },
  };
}
