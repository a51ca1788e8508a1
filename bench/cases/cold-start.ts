// From starting the process to the first complete chat answer, with an empty data directory.
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { newInstallation, startGateway } from '../candidates/mpc.ts';
import { stopProcess } from '../measure/child-process.ts';
import { createAnswerReader } from '../wire/answer-reader.ts';
import { endFault, type Expectation, textFault } from '../wire/check-answer.ts';
import type { Case } from './case.ts';

const patienceMs = 20_000;
const expected: Expectation = { dialect: 'openai', stream: false, text: undefined };
const body = JSON.stringify({ model: 'demo-fast', messages: [{ role: 'user', content: 'Are you there?' }] });

export const coldStart: Case = {
  id: 'cold-start',
  title: 'cold start to first answer',
  about: 'Process start to the last byte of the first chat answer of the built-in demo model; the database is created on the way.',
  route: { client: 'openai', upstream: 'openai' },
  who: 'own',
  metrics: [{ id: 'start', label: 'start to answer', unit: 'ms', against: 'nothing', most: 400 }],
  async measure({ lab }) {
    const installation = newInstallation(lab);
    const { child, port, startedAt } = await startGateway(lab, installation);
    try {
      await firstAnswer(port, startedAt + patienceMs);
      return { start: performance.now() - startedAt };
    } finally {
      await stopProcess(child);
    }
  },
};

async function firstAnswer(port: number, giveUpAt: number): Promise<void> {
  while (!(await ask(port))) {
    if (performance.now() > giveUpAt) throw new Error(`no answer within ${patienceMs / 1000} s of the start`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** False while nobody listens yet; a wrong answer throws. */
function ask(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const reader = createAnswerReader();
    reader.reset({ collect: true });
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.on('data', (bytes: Buffer) => {
      try {
        if (!reader.push(bytes)) return;
        const text = reader.text();
        const fault =
          reader.status === 200 ? (endFault(expected, reader.tail()) ?? textFault(expected, text)) : `status ${reader.status}: ${text}`;
        if (fault === undefined) resolve(true);
        else reject(new Error(fault));
      } catch (error) {
        reject(error);
      }
      socket.destroy();
    });
  });
}
