import { randomBytes } from 'node:crypto';
import type { Change } from '../../../kube/informer.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { textOf } from '../../list/text.ts';

export type EventKind = 'added' | 'modified' | 'deleted';

/** One change of one object, as all streams send it. */
export interface StreamEvent {
  sequence: number;
  noun: string;
  namespace: string | undefined;
  name: string;
  kind: EventKind;
  /** The text of the event, made once for all streams. */
  frame: string;
}

/** The last changes, so that a stream that broke goes on where it was. */
export interface History {
  record(noun: string, change: Change<KubeObject>): StreamEvent;
  /** The id of what was recorded last. */
  lastId(): string;
  /** What came after an id; undefined: it is too old, or another process gave it. */
  since(id: string): readonly StreamEvent[] | undefined;
  /** The text of an event as one of another kind: for streams that see only some objects. */
  frameAs(event: StreamEvent, kind: EventKind): string;
  /** The same, with another form of its object. */
  frameOf(event: StreamEvent, kind: EventKind, object: KubeObject): string;
}

const kinds = {
  Added: 'added',
  Modified: 'modified',
  Deleted: 'deleted',
} as const satisfies Record<string, EventKind>;

/** The JSON of an event. */
export function dataOf({ frame }: Pick<StreamEvent, 'frame'>): string {
  return frame.slice(frame.indexOf(dataLine) + dataLine.length, -2);
}

function dataFor(noun: string, object: KubeObject): string {
  return `{"resource":${JSON.stringify(noun)},"object":${textOf(object)}}`;
}

const dataLine = '\ndata: ';

/** @param limits events and characters that are kept, the oldest go first */
export function createHistory(limits: { events: number; characters: number }): History {
  // Sequences begin anew with every process, and every replica has its own.
  const epoch = randomBytes(6).toString('hex');
  let events: StreamEvent[] = [];
  let from = 0;
  let characters = 0;
  let sequence = 0;

  function forget(): void {
    while (events.length - from > limits.events || characters > limits.characters) {
      characters -= events[from]?.frame.length ?? 0;
      from += 1;
    }
    if (from > 1024 && from > events.length / 2) {
      events = events.slice(from);
      from = 0;
    }
  }

  const frame = (number: number, kind: EventKind, data: string): string =>
    `id: ${epoch}-${number}\nevent: ${kind}${dataLine}${data}\n\n`;

  return {
    frameAs: (event, kind) =>
      kind === event.kind ? event.frame : frame(event.sequence, kind, dataOf(event)),
    frameOf: ({ sequence: number, noun }, kind, object) => frame(number, kind, dataFor(noun, object)),
    record(noun, { type, object }) {
      sequence += 1;
      const data = dataFor(noun, object);
      const kind = kinds[type];
      const text = frame(sequence, kind, data);
      const { name, namespace } = object.metadata;
      const event = { sequence, noun, namespace, name, kind, frame: text };
      events.push(event);
      characters += text.length;
      forget();
      return event;
    },
    lastId: () => `${epoch}-${sequence}`,
    since(id) {
      const [givenEpoch, number = ''] = id.split('-');
      if (givenEpoch !== epoch || !/^\d{1,15}$/.test(number)) return undefined;
      const seen = Number(number);
      const oldest = events[from]?.sequence ?? sequence + 1;
      if (seen > sequence || seen < oldest - 1) return undefined;
      return events.slice(from + (seen - oldest + 1));
    },
  };
}
