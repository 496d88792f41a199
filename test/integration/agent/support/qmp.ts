import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Sends one command to QEMU's monitor (QMP) and waits until it was carried out. @throws when QEMU refuses */
export async function qmp(socketPath: string, execute: string, args: object): Promise<void> {
  const socket = connect(socketPath);
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async (): Promise<object> => {
    for (;;) {
      const { value, done } = await answers.next();
      if (done === true) throw new Error('QEMU has closed its monitor');
      const answer: object = JSON.parse(value);
      if (!('event' in answer)) return answer;
    }
  };
  try {
    await next();
    for (const command of [{ execute: 'qmp_capabilities' }, { execute, arguments: args }]) {
      socket.write(`${JSON.stringify(command)}\n`);
      const answer = await next();
      if ('error' in answer)
        throw new Error(`QEMU refuses ${command.execute}: ${JSON.stringify(answer.error)}`);
    }
  } finally {
    socket.destroy();
  }
}
