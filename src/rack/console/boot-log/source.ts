import type { Machine } from '../../../api/machine/schema.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { ConsoleSource } from '../serial-console.ts';
import { bootLines, printed } from './lines.ts';

/** For machines without a serial console: what racks see of the boot and what the agent says, as it comes. Read only. */
export function bootLogSource(machines: Pick<Informer<Machine>, 'onChange'>): ConsoleSource {
  return {
    kind: 'BootLog',
    readOnly: true,
    async open(machine, listener) {
      const told = new Set<string>();
      const text = new TextEncoder();
      const tell = (current: Machine): void => {
        const lines = bootLines(current).map(printed);
        const news = lines.filter((line) => !told.has(line));
        // Of the boot before nothing is needed any more.
        for (const line of told) if (!lines.includes(line)) told.delete(line);
        for (const line of news) told.add(line);
        if (news.length > 0) listener.data(text.encode(news.join('')));
      };
      tell(machine);
      const cancel = machines.onChange((change) => {
        if (change.object.metadata.name === machine.metadata.name && change.type !== 'Deleted')
          tell(change.object);
      });
      return { write: () => true, close: async () => cancel() };
    },
  };
}
