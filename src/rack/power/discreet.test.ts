import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../log/logger.ts';
import { censorFor, censorTexts, discreetError, discreetLogger } from './discreet.ts';
import type { PowerTarget } from './driver.ts';
import { powerError } from './errors.ts';

const password = `${randomBytes(9).toString('base64url')}&<"`;
const target = (secret: Record<string, string>, own = password): PowerTarget => ({
  ...{ address: '192.0.2.1', username: 'rack', password: own, secret },
  ...{ bootMode: 'UEFI', parameters: {} },
});
const candidate = `candidate-${randomBytes(6).toString('hex')}`;
const censor = censorFor(
  target({ username: 'rack', password, candidates: JSON.stringify([{ id: 'a', password: candidate }]) }),
);

describe('a text about a BMC', () => {
  it.each([
    ['as it is', password],
    ['in base64', Buffer.from(password).toString('base64')],
    ['in hex', Buffer.from(password).toString('hex').toUpperCase()],
    ['in a URL', encodeURIComponent(password)],
    ['in JSON', JSON.stringify(password)],
    ['as Basic authentication', Buffer.from(`rack:${password}`).toString('base64')],
    ['in XML', password.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
    ['that may be set instead', candidate],
  ])('shows no password %s', (_sentence, form) => {
    const clean = censor(`before ${form} after`);
    expect(clean).toMatch(/^before .*\[redacted\].* after$/);
    expect(clean).not.toContain(form);
  });

  it('keeps who logs in, where, and words that are too short to be a secret', () => {
    expect(censorFor(target({ username: 'rack', password: 'abc' }, 'abc'))('rack at abc')).toBe(
      'rack at abc',
    );
    expect(censor('rack at 192.0.2.1')).toBe('rack at 192.0.2.1');
  });

  it('shows none of any secret, whatever is around it', () => {
    const secret = fc.string({ minLength: 4, maxLength: 20 });
    fc.assert(
      fc.property(secret, fc.string(), (own, around) => {
        const clean = censorFor(target({ password: own }, own))(`${around}${own}`);
        // A secret may be part of the word that stands for it.
        expect(clean.replaceAll('[redacted]', '')).not.toContain(own);
      }),
    );
  });
});

describe('what goes wrong at a BMC', () => {
  it('keeps code and advice, and loses the secret with its cause', () => {
    const cause = new Error(`sent ${password}`);
    const error = powerError('BmcBusy', 'the answer', { retryable: true, cause });
    const clean = discreetError(error, censor);
    expect(clean).toMatchObject({ code: 'BmcBusy', retryable: true, message: error.message });
    expect(clean).not.toHaveProperty('cause');
    const harmless = powerError('BmcBusy', 'nothing to hide', { cause: new Error('x') });
    expect(discreetError(harmless, censor)).toBe(harmless);
  });

  it('is logged without it, in fields, children and messages', () => {
    const lines: string[] = [];
    const log = discreetLogger(
      createLogger('rack', 'debug', { write: (line) => void lines.push(line) }),
      censor,
    );
    log
      .child({ about: password })
      .warn({ deep: [{ [password]: password }], err: new Error(password) }, password);
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain(JSON.stringify(password).slice(1, -1));
    expect(censorTexts({ a: [1, undefined, password] }, censor)).toEqual({ a: [1, undefined, '[redacted]'] });
  });
});
