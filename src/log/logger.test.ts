import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/coded-error.ts';
import { createLogger, silentLogger } from './logger.ts';
import { redactText } from './redact.ts';

function logged(level = 'debug') {
  const lines: string[] = [];
  const log = createLogger('rack', level, { write: (line) => lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('the log', () => {
  it('is one JSON object a line, with time, program, fields and sentence', () => {
    const { log, last } = logged();
    log.info({ machine: 'm1', count: 3 }, 'machine seen');
    expect(last()).toMatchObject({
      level: 30,
      program: 'rack',
      machine: 'm1',
      count: 3,
      msg: 'machine seen',
    });
    expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = logged('warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(lines).toHaveLength(2);
  });

  it('carries the fields of its parents', () => {
    const { log, last } = logged();
    log.child({ controller: 'x' }).child({ machine: 'm1' }).info({}, 'y');
    expect(last()).toMatchObject({ program: 'rack', controller: 'x', machine: 'm1' });
  });

  it.each<[string, object]>([
    ['at the top', { password: 'hunter2' }],
    ['one level down', { bmc: { password: 'hunter2' } }],
    ['deep down', { a: { b: { c: { d: { bmcPassword: 'hunter2' } } } } }],
    ['in a list', { all: [{ token: 'hunter2' }] }],
    ['under a longer name', { bootToken: 'hunter2', session_key: 'hunter2', 'private-key': 'hunter2' }],
    ['in capitals', { AUTHORIZATION: 'hunter2' }],
    ['in headers', { headers: { authorization: 'Bearer hunter2', cookie: 'id=hunter2' } }],
    ['as bytes', { bmcKey: Buffer.from('hunter2'), other: Buffer.from('hunter2') }],
    ['in the text of a header', { seen: 'Authorization: Bearer hunter2' }],
    ['on a kernel command line', { line: 'quiet mw.token=hunter2 console=ttyS0' }],
    ['in a URL', { url: 'https://admin:hunter2@10.0.0.5/redfish?token=hunter2' }],
    ['in the message of an error', { err: new Error('refused Basic hunter2') }],
    ['in the cause of an error', { err: new CodedError('X', 'x', { cause: new Error('token=hunter2') }) }],
    [
      'too deep to be looked at',
      { a: { a: { a: { a: { a: { a: { a: { a: { a: { b: 'hunter2' } } } } } } } } } },
    ],
  ])('hides a secret %s', (_sentence, fields) => {
    const { log, lines } = logged();
    log.info(fields, 'x');
    log.child(fields).info({}, 'y');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).not.toContain(Buffer.from('hunter2').toJSON().data.join());
  });

  it('hides a secret in the sentence', () => {
    const { log, lines } = logged();
    log.warn({}, 'GET /boot?token=hunter2 failed');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('hides every user and password that follow Basic, of any length, whole or cut off', () => {
    const credentials = fc.tuple(fc.string(), fc.string()).map((pair) => pair.join(':'));
    fc.assert(
      fc.property(credentials, (text) => {
        const word = Buffer.from(text).toString('base64');
        expect(redactText(`authorization: Basic ${word}`)).toBe('authorization: Basic [redacted]');
      }),
    );
    const long = Buffer.from(`admin:${randomUUID()}`).toString('base64');
    for (const cut of [long.slice(2, -3), long.slice(0, 11), `${long}.`]) {
      expect(redactText(`refused basic ${cut} here`)).toBe('refused basic [redacted] here');
    }
  });

  it.each([
    'The BMC allows no Basic authentication.',
    'basic auth is off, and so are BASIC CREDENTIALS',
    'Basic Authentication (RFC 7617)',
    'Basic read-only access',
  ])('leaves alone the sentence: %s', (sentence) => {
    expect(redactText(sentence)).toBe(sentence);
  });

  it('shows names of Secrets, hashes, and what was never set', () => {
    const { log, last } = logged();
    log.info({ credentialsSecret: 'bmc-1', tokenHash: 'abc', key: 'm1', password: undefined }, 'x');
    expect(last()).toMatchObject({ credentialsSecret: 'bmc-1', tokenHash: 'abc', key: 'm1' });
    expect(last()).not.toHaveProperty('password');
  });

  it('shows of an error what helps to find it', () => {
    const { log, last } = logged();
    log.error({ err: new CodedError('BmcBusy', 'busy', { cause: new TypeError('inner') }) }, 'x');
    expect(last().err).toMatchObject({
      type: 'CodedError',
      code: 'BmcBusy',
      message: 'busy',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { type: 'TypeError', message: 'inner' },
    });
  });

  it('takes big numbers, dates and cycles', () => {
    const { log, last } = logged();
    const cycle: Record<string, unknown> = { size: 10n, at: new Date(0) };
    cycle.self = cycle;
    log.info(cycle, 'x');
    expect(last()).toMatchObject({ size: '10', at: '1970-01-01T00:00:00.000Z' });
  });

  it('can say nothing at all', () => {
    expect(() => silentLogger.child({}).error({}, 'x')).not.toThrow();
    expect(silentLogger.child({})).toBe(silentLogger);
  });
});
