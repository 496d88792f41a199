import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SelfSigned } from './self-signed.ts';

/** A request as it came. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** What the BMC answers instead of what it should. */
export type Misanswer =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | 'reset'
  | 'hang'
  | 'garbage'
  | 'dribble';

/** What the simulated BMC is like, and what is wrong with it. May be changed while it runs. */
export interface RedfishFaults {
  sessionService: boolean;
  maxSessions: number;
  /** `wants strong`: gives a weak ETag and takes only the strong form; `wants none`: refuses any. */
  etags: 'none' | 'empty' | 'strong' | 'wants strong' | 'wants none';
  /** Has a settings resource; whether it takes a PATCH. */
  settings: 'none' | 'works' | 'refuses';
  /** Reset answers with a task that runs for as many looks, and ends in this state. */
  task?: { looks: number; state: string };
  /** Wants compression. */
  refusesIdentity: boolean;
  /** Laid over the system's properties. */
  system: Record<string, unknown>;
  /** Further resources, by path; they can be read. */
  resources: Record<string, Record<string, unknown>>;
  /**
   * The virtual drive at `mediaPath`: how it takes an image. `strict`: by the action with the image alone; `protocol`: by the
   * action with its transfer protocol; `forgets`: it answers, and stays empty.
   */
  media: 'none' | 'action' | 'strict' | 'protocol' | 'patch' | 'forgets';
  /** So long it copies an image before it answers that it has it, in milliseconds. */
  copyMs: number;
  /** The account of the user: `refuses` repeats the password that it does not take, as BMCs do; `forgets` takes it, and keeps its own. */
  account: 'none' | 'works' | 'refuses' | 'forgets';
  /** Other members of the collection. */
  others: Record<string, Record<string, unknown>>;
  /** @param nth of this method and path, from 1. */
  misanswer(request: SeenRequest, nth: number): Misanswer | undefined;
}

export interface RedfishSimulator {
  address: string;
  faults: RedfishFaults;
  requests: SeenRequest[];
  power: string;
  boot: Record<string, unknown>;
  sessions: Set<string>;
  /** What is in the virtual drive. */
  image: string | undefined;
  /** Resets that were carried out. */
  resets: string[];
  close(): Promise<void>;
}

/** Where the simulated virtual drive is. */
export const mediaPath = '/redfish/v1/Managers/1/VirtualMedia/Cd';

const accountPath = '/redfish/v1/AccountService/Accounts/2';

/** Where the simulated system is. */
export const systemPath = '/redfish/v1/Systems/1';

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A BMC in this process that speaks Redfish, for faults that no real one can be brought to make. Loopback only. */
export async function startRedfishSimulator(
  { ...user }: { username: string; password: string },
  tls?: SelfSigned,
): Promise<RedfishSimulator> {
  const counts = new Map<string, number>();
  const sockets = new Set<{ destroy(): void }>();
  let taskLooks = 0;

  const listener: RequestListener = (request, response) => {
    serve(request, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;

  const bmc: RedfishSimulator = {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    faults: {
      sessionService: true,
      maxSessions: 4,
      etags: 'none',
      settings: 'none',
      refusesIdentity: false,
      system: {},
      resources: {},
      media: 'none',
      copyMs: 0,
      account: 'none',
      others: {},
      misanswer: () => undefined,
    },
    requests: [],
    power: 'Off',
    boot: {},
    sessions: new Set(),
    image: undefined,
    resets: [],
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    bmc.requests.push(seen);
    const name = `${seen.method} ${seen.path}`;
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    const wrong = bmc.faults.misanswer(seen, nth);
    if (wrong === 'hang') return;
    if (wrong === 'reset') {
      request.socket.destroy();
      return;
    }
    if (wrong === 'garbage') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('<html>not JSON');
      return;
    }
    if (wrong === 'dribble') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      return;
    }
    const answer = wrong ?? (await answerInTime(seen));
    const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(body);
  }

  async function answerInTime(request: SeenRequest): Promise<Answer> {
    const { copyMs } = bmc.faults;
    if (request.path.endsWith('InsertMedia') && copyMs > 0) await sleep(copyMs);
    return answerTo(request);
  }

  function answerTo(request: SeenRequest): Answer {
    const { method, path } = request;
    if (bmc.faults.refusesIdentity && request.headers['accept-encoding'] === 'identity')
      return { status: 406 };
    if (method === 'GET' && path === '/redfish/v1/') return { status: 200, body: rootBody() };
    if (method === 'POST' && path === '/redfish/v1/SessionService/Sessions') return logIn(request.body);
    if (!mayIn(request)) return { status: 401, body: { error: { message: 'log in' } } };
    if (method === 'DELETE' && path.startsWith('/redfish/v1/SessionService/Sessions/')) {
      bmc.sessions.delete(path.split('/').at(-1) ?? '');
      return { status: 204 };
    }
    if (path.startsWith('/redfish/v1/AccountService') && bmc.faults.account !== 'none')
      return account(request);
    return systems(request);
  }

  /** The user's own account, which the user may give another password. */
  function account({ method, path, body }: SeenRequest): Answer {
    const list = '/redfish/v1/AccountService/Accounts';
    if (path === '/redfish/v1/AccountService')
      return { status: 200, body: { Accounts: { '@odata.id': list } } };
    if (path === list) {
      const Members = [`${list}/1`, accountPath].map((each) => ({ '@odata.id': each }));
      return { status: 200, body: { Members } };
    }
    if (path === `${list}/1`) return { status: 200, body: { UserName: '' } };
    if (path !== accountPath) return { status: 404 };
    if (method === 'GET') return { status: 200, body: { UserName: user.username } };
    const Message = `the value ${JSON.stringify(body)} is not taken`;
    const info = [{ MessageId: 'Base.1.8.PropertyValueFormatError', Message }];
    if (bmc.faults.account === 'refuses')
      return { status: 400, body: { error: { '@Message.ExtendedInfo': info } } };
    if (bmc.faults.account === 'works') user.password = String(Object(body).Password);
    return { status: 204 };
  }

  function rootBody(): unknown {
    const session = { Links: { Sessions: { '@odata.id': '/redfish/v1/SessionService/Sessions' } } };
    return {
      Systems: { '@odata.id': '/redfish/v1/Systems' },
      ...(bmc.faults.sessionService ? session : {}),
    };
  }

  function logIn(body: unknown): Answer {
    if (!bmc.faults.sessionService) return { status: 404 };
    const right =
      JSON.stringify(body) === JSON.stringify({ UserName: user.username, Password: user.password });
    if (!right) return { status: 401 };
    if (bmc.sessions.size >= bmc.faults.maxSessions) {
      const full = [{ MessageId: 'Base.1.8.SessionLimitExceeded', Message: 'too many sessions' }];
      return { status: 503, body: { error: { '@Message.ExtendedInfo': full } } };
    }
    const token = randomBytes(8).toString('hex');
    bmc.sessions.add(token);
    const location = `/redfish/v1/SessionService/Sessions/${token}`;
    return { status: 201, headers: { 'x-auth-token': token, location } };
  }

  function mayIn(request: SeenRequest): boolean {
    const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
    const token = request.headers['x-auth-token'];
    if (typeof token === 'string') return bmc.sessions.has(token);
    return request.headers.authorization === basic;
  }

  function systems(request: SeenRequest): Answer {
    const { method, path } = request;
    const { faults } = bmc;
    const members = [systemPath, ...Object.keys(faults.others)].map((each) => ({ '@odata.id': each }));
    if (method === 'GET' && path === '/redfish/v1/Systems')
      return { status: 200, body: { Members: members } };
    if (path.startsWith(mediaPath) && faults.media !== 'none') return virtualDrive(request);
    const other = faults.resources[path] ?? faults.others[path];
    if (method === 'GET' && other !== undefined)
      return { status: 200, body: { '@odata.id': path, ...other } };
    if (path === systemPath || path === `${systemPath}/Settings`) return theSystem(request);
    if (method === 'POST' && path === `${systemPath}/Actions/ComputerSystem.Reset`)
      return reset(request.body);
    if (method === 'GET' && path === '/redfish/v1/TaskService/Tasks/7') return task();
    return { status: 404, body: { error: { message: 'no such resource' } } };
  }

  function driveBody(): unknown {
    const target = (action: string): unknown => ({ target: `${mediaPath}/Actions/VirtualMedia.${action}` });
    const actions = {
      '#VirtualMedia.InsertMedia': target('InsertMedia'),
      '#VirtualMedia.EjectMedia': target('EjectMedia'),
    };
    const image = { Image: bmc.image ?? null, Inserted: bmc.image !== undefined };
    return {
      ...{ MediaTypes: ['CD', 'DVD'], ...image },
      ...(bmc.faults.media === 'patch' ? {} : { Actions: actions }),
    };
  }

  function virtualDrive({ method, path, body }: SeenRequest): Answer {
    const { media } = bmc.faults;
    const asked: Record<string, unknown> = { ...Object(body) };
    if (method === 'GET') return { status: 200, body: driveBody() };
    if (method === 'PATCH' && media !== 'patch') return { status: 405 };
    if (method === 'POST' && media === 'patch') return { status: 404 };
    if (path.endsWith('EjectMedia') || asked.Image === null) {
      bmc.image = undefined;
      return { status: 204 };
    }
    const isTooMuch = media === 'strict' && Object.keys(asked).length > 1;
    const isTooLittle = media === 'protocol' && asked.TransferProtocolType !== 'HTTP';
    const message = `${String(asked.Image)} is not taken so`;
    if (isTooMuch || isTooLittle) return { status: 400, body: { error: { message } } };
    // A drive that is full takes nothing.
    if (bmc.image !== undefined) return { status: 400, body: { error: { message } } };
    if (media !== 'forgets') bmc.image = String(asked.Image);
    return { status: 204 };
  }

  function theSystem(request: SeenRequest): Answer {
    const missing = request.path !== systemPath && bmc.faults.settings === 'none';
    if (missing) return { status: 404 };
    if (request.method === 'PATCH') return patch(request);
    return { status: 200, headers: etag(), body: systemBody(request.path) };
  }

  function systemBody(path: string): unknown {
    const settings = { '@Redfish.Settings': { SettingsObject: { '@odata.id': `${systemPath}/Settings` } } };
    return {
      '@odata.id': path,
      Id: '1',
      UUID: '6695EB01-F6A4-8304-79AA-97F2502E193F',
      PowerState: bmc.power,
      Boot: bmc.boot,
      Actions: { '#ComputerSystem.Reset': { target: `${systemPath}/Actions/ComputerSystem.Reset` } },
      ...(bmc.faults.settings === 'none' ? {} : settings),
      ...bmc.faults.system,
    };
  }

  function etag(): Record<string, string> {
    const { etags } = bmc.faults;
    if (etags === 'none') return {};
    if (etags === 'empty') return { etag: '' };
    return { etag: etags === 'wants strong' ? 'W/"e1"' : '"e1"' };
  }

  function patch(request: SeenRequest): Answer {
    const { etags, settings } = bmc.faults;
    const match = request.headers['if-match'];
    const refused =
      (etags === 'strong' || etags === 'wants strong') && match !== '"e1"'
        ? 412
        : etags === 'wants none' && match !== undefined
          ? 412
          : undefined;
    if (refused !== undefined) return { status: refused };
    if (settings === 'refuses' && request.path.endsWith('/Settings')) return { status: 400 };
    if (typeof request.body === 'object' && request.body !== null && 'Boot' in request.body) {
      bmc.boot = { ...bmc.boot, ...Object(request.body.Boot) };
    }
    return { status: 200, body: systemBody(request.path) };
  }

  function reset(body: unknown): Answer {
    const type =
      typeof body === 'object' && body !== null && 'ResetType' in body ? String(body.ResetType) : '';
    bmc.resets.push(type);
    if (bmc.faults.task !== undefined) {
      taskLooks = bmc.faults.task.looks;
      return { status: 202, headers: { location: '/redfish/v1/TaskService/Tasks/7' } };
    }
    bmc.power = type === 'ForceOff' ? 'Off' : 'On';
    return { status: 204 };
  }

  function task(): Answer {
    const state = bmc.faults.task?.state ?? 'Completed';
    if (taskLooks-- > 0) return { status: 202, body: { TaskState: 'Running' } };
    if (state === 'Completed') bmc.power = bmc.resets.at(-1) === 'ForceOff' ? 'Off' : 'On';
    const Messages = [{ MessageId: 'X.1.0.Failed', Message: 'the fan is missing' }];
    return { status: 200, body: { TaskState: state, Messages } };
  }

  return bmc;
}
