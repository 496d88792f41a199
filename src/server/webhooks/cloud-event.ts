import type { Notice } from '../../store/webhooks.ts';

/** CloudEvents 1.0, structured JSON: what is sent to a webhook. */
export interface CloudEvent {
  specversion: '1.0';
  /** The same however often it is sent. */
  id: string;
  source: string;
  type: string;
  /** The machine; of a warning about something else, its kind, namespace and name. */
  subject: string;
  /** RFC 3339: when it happened. */
  time: string;
  datacontenttype: 'application/json';
  data: Readonly<Record<string, unknown>>;
}

export const cloudEventTypes = {
  phase: 'dev.metalwright.machine.phase',
  failure: 'dev.metalwright.machine.failure',
  test: 'dev.metalwright.machine.test',
  warning: 'dev.metalwright.event.warning',
} as const;

/** A row of history as an event. @param source of all events of this Metalwright: a URI */
export function cloudEventOf(notice: Notice, source: string): CloudEvent {
  const { id, at, kind, machine, word, message, outcome, failed, details = {} } = notice;
  const { kind: about, namespace, name } = details;
  const subject = machine ?? [about, namespace, name].filter((part) => part !== undefined).join('/');
  const shared = { specversion: '1.0', id, source, subject, time: at } as const;
  if (kind === 'Warning') {
    return {
      ...shared,
      type: cloudEventTypes.warning,
      datacontenttype: 'application/json',
      data: { ...details, ...(machine === undefined ? {} : { machine }), reason: word, message },
    };
  }
  if (kind === 'Test') {
    const { seconds } = details;
    return {
      ...shared,
      type: cloudEventTypes.test,
      datacontenttype: 'application/json',
      data: { machine, test: word, outcome, ...(seconds === undefined ? {} : { seconds }), message },
    };
  }
  const { reason } = details;
  return {
    ...shared,
    type: failed ? cloudEventTypes.failure : cloudEventTypes.phase,
    datacontenttype: 'application/json',
    data: { machine, phase: word, ...(reason === undefined ? {} : { reason }), message },
  };
}
