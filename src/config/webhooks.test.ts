import { describe, expect, it } from 'vitest';
import { messageOf } from '../errors/coded-error.ts';
import { webhookTopics } from '../store/webhooks.ts';
import { parseWebhooks } from './webhooks.ts';

const secret = crypto.randomUUID();
const webhook = (over: object = {}) => ({
  ...{
    name: 'pager',
    url: 'https://hooks.example.com/x?key=private',
    secrets: [secret],
    events: ['failures'],
  },
  ...over,
});
const file = (...webhooks: object[]) => JSON.stringify({ webhooks });

describe('the file of webhooks', () => {
  it('is YAML, with all that can be told', () => {
    const text = `webhooks:
  - name: pager
    url: http://127.0.0.1:8080/
    secrets: [${secret}]
    events: [${webhookTopics.join(', ')}]`;
    expect(parseWebhooks(text)).toEqual([
      {
        ...{ name: 'pager', url: new URL('http://127.0.0.1:8080/'), secrets: [secret] },
        events: [...webhookTopics],
      },
    ]);
  });

  it.each([
    ['no list', '[]', ''],
    ['no YAML', `{ ${secret}`, 'no YAML'],
    ['a URL without TLS', file(webhook({ url: 'http://hooks.example.com/?key=private' })), 'webhooks.0.url'],
    ['a URL with a user', file(webhook({ url: 'https://private:x@hooks.example.com' })), 'webhooks.0.url'],
    ['a short secret', file(webhook({ secrets: ['private'] })), 'webhooks.0.secrets.0: at least 24'],
    ['no secret', file(webhook({ secrets: [] })), 'webhooks.0.secrets'],
    ['events that there are not', file(webhook({ events: ['all'] })), 'webhooks.0.events.0'],
    ['two of one name', file(webhook(), webhook()), 'names that differ'],
    ['a name that is none', file(webhook({ name: 'Pager 1' })), 'webhooks.0.name'],
    ['an authority that is none', file(webhook({ ca: 'private' })), 'webhooks.0.ca'],
    ['what nobody knows', file(webhook({ colour: 'red' })), 'colour'],
  ])('is refused with %s, without a word of its secrets', (_, text, words) => {
    const thrown = (() => {
      try {
        return parseWebhooks(text);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: 'ConfigurationInvalid' });
    expect(messageOf(thrown)).toContain(words);
    expect(messageOf(thrown)).not.toMatch(/private/);
    expect(messageOf(thrown)).not.toContain(secret);
  });
});
