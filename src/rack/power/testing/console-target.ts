import type { PowerTarget } from '../driver.ts';
import type { OpenSsh } from '../ssh/client.ts';
import type { SimulatedConsole } from './consoles.ts';

/** SSH that leads straight to a simulated console, and counts how often it was closed. */
export function sshTo(console: SimulatedConsole): { openSsh: OpenSsh; closed: () => number } {
  let closed = 0;
  return {
    closed: () => closed,
    openSsh: () => ({
      run: async (command, signal) => {
        signal.throwIfAborted();
        return console.run(command);
      },
      close: () => {
        closed++;
      },
    }),
  };
}

/** A target whose SSH is simulated. */
export function consoleTarget(parameters: Record<string, string>): PowerTarget {
  return {
    ...{ address: '192.0.2.1', username: 'rack', password: '', secret: {} },
    ...{ bootMode: 'UEFI', parameters },
  };
}
