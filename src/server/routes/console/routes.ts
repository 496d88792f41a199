import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { ConsoleKind } from '../../../api/console/messages.ts';
import { type Machine, machineKind } from '../../../api/machine/schema.ts';
import { group } from '../../../api/meta.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { takeSocket, wantsWebSocket } from '../../plugins/upgrades.ts';
import { ObjectPath } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody } from '../../route.ts';
import { callerToken } from '../../sign-in/caller-token.ts';
import type { SignedIn } from '../../sign-in/identify.ts';
import { consoleUrl, racksFor } from './racks.ts';
import { relay } from './relay.ts';
import { openUpstream, type RackAccess } from './upstream.ts';

/** The consoles that go through this server. */
export interface ConsoleProxy {
  routes: ApiRoute[];
  /** Ends all of them with a word. */
  stop(): void;
}

const ConsoleQuery = z.strictObject({
  watch: z.enum(['true', 'false']).optional().describe('true: only look, also when nobody types.'),
  kind: ConsoleKind.optional().describe(
    'BootLog: the account of the boot, also of a machine with a serial console.',
  ),
});

const mostConsoles = 256;
/** How often it is asked whether a viewer still may, in milliseconds. */
const againMs = 60_000;
/** For the goodbye of viewers, in milliseconds. */
const farewellMs = 3_000;
/** Racks that are tried, one after the other. */
const mostRacks = 4;

/** @param racks undefined: the server has no token of its own, and trusts for racks whom Node trusts */
export function consoleRoutes(
  deps: Pick<ServerDeps, 'access' | 'caches' | 'log' | 'timers'>,
  racks: RackAccess = { token: async () => undefined },
): ConsoleProxy {
  const { access, caches, log, timers } = deps;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 256 * 1024, perMessageDeflate: false });
  let opening = 0;

  const rightTo = (name: string) => ({
    ...{ verb: 'create', group, resource: 'machines', subresource: 'console', name },
  });

  /** Errors: ConsoleUnavailable. */
  async function connect(
    machine: Machine,
    signedIn: SignedIn,
    header: string | undefined,
    query: URLSearchParams,
  ) {
    const own = await racks.token();
    const token = own ?? callerToken(signedIn, header);
    if (token === undefined)
      throw serverError(
        'ConsoleUnavailable',
        'the server has no token with which racks know it: run it with a service account',
      );
    const user = own === undefined ? undefined : signedIn.caller.user.username;
    const { name } = machine.metadata;
    const candidates = racksFor(
      machine,
      caches
        .of('racks')
        .list()
        .map((rack) => rackKind.parse(rack)),
    );
    const seen: string[] = [];
    for (const rack of candidates.slice(0, mostRacks)) {
      const url = consoleUrl(rack.adminUrl, name, query);
      if (url === undefined) {
        seen.push(`${rack.name}: its admin endpoint has no TLS, and tokens do not go there without`);
        continue;
      }
      const upstream = await openUpstream({ url, token, user, ca: racks.ca, serverName: racks.serverName });
      if (upstream.kind === 'Open') return { socket: upstream.socket, rack: rack.name };
      const why = upstream.kind === 'Refused' ? `answers ${upstream.status} ${upstream.text}` : upstream.why;
      seen.push(`${rack.name}: ${why}`);
    }
    const none = 'no rack that may reach the BMC has an admin endpoint: METALWRIGHT_ADMIN_ADDRESS';
    throw serverError('ConsoleUnavailable', seen.length === 0 ? none : seen.join('; '));
  }

  /** Somebody who may no longer is shown out. */
  function look(viewer: WebSocket, may: () => Promise<void>): () => void {
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = timers.after(againMs, () => {
        may().then(next, () => viewer.close(1008, 'you may no longer'));
      });
    };
    next();
    return () => cancel();
  }

  const route = defineRoute({
    method: 'GET',
    path: '/api/v1/machines/{name}/console',
    id: 'openMachineConsole',
    tag: 'machines',
    summary: 'The serial console, as a WebSocket',
    description:
      'Needs the verb create on machines/console. Binary messages are the bytes of the line, both ways; text messages are JSON, as docs/reference/admin-endpoint.md has them. A browser’s session is taken from pages of this server alone.',
    pathSchema: ObjectPath,
    querySchema: ConsoleQuery,
    bodySchema: noBody,
    answers: { 101: { description: 'The connection is a WebSocket from now on.' } },
    problems: ['ConsoleUnavailable', 'Forbidden', 'NotFound', 'TooManyRequests'],
    async handle({ path: { name }, query, caller, signedIn, again, header }, reply) {
      await access.require(caller, rightTo(name));
      const found = caches.of('machines').get(name);
      if (found === undefined) throw serverError('NotFound', `there is no Machine ${name}`);
      const message: IncomingMessage = reply.request.raw;
      if (!wantsWebSocket(message)) throw serverError('BadRequest', 'connect with a WebSocket');
      if (sockets.clients.size + opening >= mostConsoles)
        throw serverError('TooManyRequests', `${mostConsoles} consoles are open`, { retryAfterSeconds: 30 });
      opening++;
      try {
        const asked = new URLSearchParams();
        for (const [key, value] of Object.entries(query)) if (value !== undefined) asked.set(key, value);
        const machine = machineKind.parse(found);
        const { socket: rack, rack: rackName } = await connect(
          machine,
          signedIn,
          header('authorization'),
          asked,
        );
        const upgrade = takeSocket(message);
        if (upgrade === undefined || upgrade.socket.destroyed) {
          rack.terminate();
          throw serverError('RequestTimeout', 'the client has gone');
        }
        reply.hijack();
        const who = { machine: name, rack: rackName, user: caller.user.username };
        sockets.handleUpgrade(upgrade.message, upgrade.socket, upgrade.head, (viewer) => {
          log.info(who, 'a console was opened');
          const stopLooking = look(viewer, async () => access.require(await again(), rightTo(name)));
          relay(viewer, rack, () => {
            stopLooking();
            log.info(who, 'a console was closed');
          });
          rack.resume();
        });
        // A handshake that is no WebSocket's was answered by then, without a viewer.
        if (upgrade.socket.destroyed || !upgrade.socket.writable) rack.terminate();
      } finally {
        opening--;
      }
      return undefined;
    },
  });

  return {
    routes: [route],
    stop() {
      for (const viewer of sockets.clients) viewer.close(1001, 'the server ends');
      sockets.close();
      // One that has gone without a word does not say goodbye.
      timers.after(farewellMs, () => {
        for (const viewer of sockets.clients) viewer.terminate();
      });
    },
  };
}
