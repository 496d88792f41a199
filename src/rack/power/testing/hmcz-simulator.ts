import { randomBytes } from 'node:crypto';
import type { ServiceAnswer, ServiceRequest } from './http-service.ts';

/** A partition of the simulated HMC. */
export interface SimulatedPartition {
  cpc: string;
  uri: string;
  name: string;
  status: string;
  nics: string[];
  /** Path of the volume for booting in a storage group; undefined: it has none. */
  volume?: string;
  properties: Record<string, unknown>;
}

/** The Web Services API of an HMC of IBM Z, from its public documentation: what the driver needs of it, and its faults. */
export function createHmczSimulator(user: { username: string; password: string }) {
  const sessions = new Set<string>();
  const jobs = new Map<string, { status: string; 'job-status-code'?: number; 'job-results'?: unknown }>();
  const cpcs = [
    { name: 'M35', 'object-uri': '/api/cpcs/m35', 'dpm-enabled': true },
    { name: 'M36', 'object-uri': '/api/cpcs/m36', 'dpm-enabled': true },
    { name: 'CLASSIC', 'object-uri': '/api/cpcs/classic', 'dpm-enabled': false },
  ];
  const partitions: SimulatedPartition[] = [
    partition('m35', 'web-7', ['02:00:00:00:00:01', '02:00:00:00:00:02'], true),
    partition('m35', 'twin', [], false),
    partition('m36', 'twin', ['02:00:00:00:00:03'], false),
  ];
  const faults = {
    /** What is answered in the place of a request. */
    answer: (_method: string, _path: string): ServiceAnswer | undefined => undefined,
    /** Set: starting is taken, and its job fails with these words. */
    jobFails: undefined as string | undefined,
    /** Jobs and states stay under way. */
    slow: false,
  };
  /** Every change of a partition, in order. */
  const orders: string[] = [];

  const logOn = (body: string): ServiceAnswer => {
    const { userid, password } = JSON.parse(body);
    if (userid !== user.username || password !== user.password) return refusal(403, 0, 'Logon failed.');
    const session = randomBytes(16).toString('hex');
    sessions.add(session);
    return { body: { 'api-session': session, 'api-major-version': 4, 'api-minor-version': 1 } };
  };

  const operate = (found: SimulatedPartition, operation: string): ServiceAnswer => {
    const allowed = operation === 'start' ? ['stopped'] : ['active', 'paused', 'terminated', 'degraded'];
    if (!allowed.includes(found.status)) return refusal(409, 1, `The partition is ${found.status}.`);
    orders.push(`${operation} ${found.name}`);
    const job = `/api/jobs/${randomBytes(4).toString('hex')}`;
    if (faults.jobFails !== undefined) {
      jobs.set(job, {
        status: 'complete',
        'job-status-code': 500,
        'job-results': { message: faults.jobFails },
      });
    } else if (faults.slow) {
      found.status = operation === 'start' ? 'starting' : 'stopping';
      jobs.set(job, { status: 'running' });
    } else {
      found.status = operation === 'start' ? 'active' : 'stopped';
      jobs.set(job, { status: 'complete', 'job-status-code': 204 });
    }
    return { status: 202, body: { 'job-uri': job } };
  };

  const onPartition = (method: string, path: string, body: string): ServiceAnswer | undefined => {
    const found = partitions.find(({ uri }) => path === uri || path.startsWith(`${uri}/`));
    if (found === undefined) return undefined;
    const rest = path.slice(found.uri.length);
    const operation = /^\/operations\/(start|stop)$/.exec(rest)?.[1];
    if (method === 'POST' && operation !== undefined) return operate(found, operation);
    const nic = found.nics[Number(/^\/nics\/(\d+)$/.exec(rest)?.[1])];
    if (method === 'GET' && nic !== undefined) return { body: { 'mac-address': nic, class: 'nic' } };
    if (rest !== '') return undefined;
    if (method === 'POST') {
      Object.assign(found.properties, JSON.parse(body));
      orders.push(`update ${found.name} ${body}`);
      return { status: 204 };
    }
    const groups = found.volume === undefined ? [] : ['/api/storage-groups/1'];
    const nics = found.nics.map((_, nth) => `${found.uri}/nics/${nth}`);
    const { name, status } = found;
    return { body: { name, status, 'nic-uris': nics, 'storage-group-uris': groups, ...found.properties } };
  };

  const onJob = (method: string, path: string): ServiceAnswer | undefined => {
    const job = jobs.get(path);
    if (job === undefined) return undefined;
    if (method === 'GET') return { body: job };
    jobs.delete(path);
    return { status: 204 };
  };

  const onOthers = (method: string, path: string): ServiceAnswer | undefined => {
    if (method !== 'GET') return undefined;
    if (path === '/api/cpcs') return { body: { cpcs } };
    const cpc = cpcs.find((each) => path === `${each['object-uri']}/partitions`);
    if (cpc?.['dpm-enabled'] === false) return refusal(409, 5, 'The CPC is not in DPM mode.');
    if (cpc !== undefined) {
      const own = partitions.filter((each) => cpc['object-uri'] === `/api/cpcs/${each.cpc}`);
      return {
        body: {
          partitions: own.map(({ name, uri, status }) => ({
            name,
            status,
            type: 'linux',
            'object-uri': uri,
          })),
        },
      };
    }
    const volume = partitions.find((each) => each.volume !== undefined)?.volume;
    if (path === '/api/storage-groups/1') {
      return { body: { 'storage-volume-uris': ['/api/storage-groups/1/storage-volumes/data', volume] } };
    }
    if (path.startsWith('/api/storage-groups/1/storage-volumes/')) {
      return { body: { usage: path === volume ? 'boot' : 'data' } };
    }
    return undefined;
  };

  return {
    sessions,
    jobs,
    partitions,
    faults,
    orders,
    handle({ method, path, headers, body }: ServiceRequest): ServiceAnswer {
      const replaced = faults.answer(method, path);
      if (replaced !== undefined) return replaced;
      if (method === 'POST' && path === '/api/sessions') return logOn(body);
      const session = String(headers['x-api-session'] ?? '');
      if (session === '') return refusal(403, 4, 'The request requires authentication.');
      if (!sessions.has(session)) return refusal(403, 5, 'The session ID is not valid.');
      if (method === 'DELETE' && path === '/api/sessions/this-session') {
        sessions.delete(session);
        return { status: 204 };
      }
      const answer = onPartition(method, path, body) ?? onJob(method, path) ?? onOthers(method, path);
      return answer ?? refusal(404, 1, `No object has the URI ${path}.`);
    },
  };
}

function partition(cpc: string, name: string, nics: string[], storage: boolean): SimulatedPartition {
  return {
    ...{ cpc, name, nics, status: 'stopped', uri: `/api/partitions/${cpc}-${name}` },
    ...(storage ? { volume: '/api/storage-groups/1/storage-volumes/boot' } : {}),
    properties: { 'boot-device': 'none', 'boot-network-device': null, 'boot-storage-volume': null },
  };
}

/** A body of an error, as all of them are. */
export function refusal(status: number, reason: number, message: string): ServiceAnswer {
  return { status, body: { 'http-status': status, reason, message } };
}
