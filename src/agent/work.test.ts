import { describe, expect, it } from 'vitest';
import type { Task, TaskEvent, TaskResult } from './contract.ts';
import { agentError } from './errors.ts';
import { createIdleLimit } from './idle-limit.ts';
import type { RackClient } from './rack/client.ts';
import { systemTiming } from './time.ts';
import { type TaskHandlers, work } from './work.ts';

const session = { sessionKey: 'k', machine: 'm', generation: 1, pollSeconds: 0.001 };

/** A rack that hands out these tasks (undefined: nothing yet) and keeps what it is told. */
function setup(tasks: (Task | undefined | { refused: string })[], handlers: Partial<TaskHandlers>) {
  const events: TaskEvent[] = [];
  const results: [string, TaskResult][] = [];
  const said: string[] = [];
  let unwanted = false;
  const client: RackClient = {
    enlist: () => Promise.reject(new Error('not here')),
    openSession: () => Promise.reject(new Error('not here')),
    nextTask: async () => tasks.shift(),
    async postEvent(_key, _task, event) {
      events.push(event);
      return unwanted ? { refused: 'the rack answered HTTP 409: aborted' } : undefined;
    },
    async putResult(_key, task, result) {
      results.push([task, result]);
      return undefined;
    },
  };
  const missing = () => Promise.reject(new Error('not in this test'));
  const deps = {
    client,
    console: { say: (message: string) => said.push(message) },
    timing: systemTiming,
    handlers: {
      ...{ inventory: missing, install: missing, erase: missing, test: missing, rescue: missing },
      ...handlers,
    },
    idle: createIdleLimit(60_000),
  };
  return { run: () => work(session, deps), events, results, said, refuse: () => (unwanted = true) };
}

describe('the work of a session', () => {
  it('goes from task to task until the rack says how to end', async () => {
    const { run, results, events } = setup(
      [undefined, { id: '1', kind: 'Erase', mode: 'Quick' }, undefined, { id: '2', kind: 'Reboot' }],
      {
        async erase(task, context) {
          context.report('Zero', 'zeroing');
          return { message: `done ${task.mode}` };
        },
      },
    );
    expect(await run()).toBe('Reboot');
    expect(results).toEqual([
      ['1', { outcome: 'Succeeded', message: 'done Quick' }],
      ['2', { outcome: 'Succeeded', message: 'restarting' }],
    ]);
    expect(events).toMatchObject([{ sequence: 1, step: 'Zero', message: 'zeroing' }]);
  });

  it.each([
    ['by its code', agentError('EraseFailed', 'byte 7'), 'EraseFailed'],
    ['by its task when nobody foresaw it', new Error('boom'), 'EraseFailed'],
  ])('names a failure %s, and goes on', async (_name, error, reason) => {
    const tasks: Task[] = [
      { id: '1', kind: 'Erase', mode: 'Full' },
      { id: '2', kind: 'PowerOff' },
    ];
    const { run, results, said } = setup(tasks, { erase: () => Promise.reject(error) });
    expect(await run()).toBe('PowerOff');
    expect(results[0]).toMatchObject(['1', { outcome: 'Failed', reason }]);
    expect(said.some((line) => line.includes('FAILED'))).toBe(true);
  });

  it('ends when the rack ends the session', async () => {
    const { run, said } = setup([{ refused: 'the rack answered HTTP 401: unknown session' }], {});
    expect(await run()).toBe('PowerOff');
    expect(said.join()).toContain('unknown session');
  });

  it('stops a task that the rack no longer wants', async () => {
    const scene = setup(
      [
        { id: '1', kind: 'Erase', mode: 'Full' },
        { id: '2', kind: 'PowerOff' },
      ],
      {
        erase(_task, context) {
          scene.refuse();
          context.report('Zero', 'zeroing');
          const { promise, reject } = Promise.withResolvers<never>();
          context.signal.addEventListener('abort', () => reject(context.signal.reason));
          return promise;
        },
      },
    );
    expect(await scene.run()).toBe('PowerOff');
    expect(scene.results[0]).toMatchObject(['1', { outcome: 'Failed' }]);
  });
});
