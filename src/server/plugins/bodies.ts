import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { messageOf } from '../../errors/coded-error.ts';
import { parseJson } from '../../kube/json.ts';
import { serverError } from '../errors.ts';

/** Deeper than any of our kinds; what is nested without end would exhaust the stack of whoever walks through it. */
const deepest = 64;

/** Of a body that its handler reads by itself. */
export const streamType = 'application/octet-stream';

/** JSON and JSON merge patches, and bytes as a stream, which few routes take; everything else is refused. */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    async (_request: unknown, text: string | Buffer) => parseBody(text.toString()),
  );
  app.addContentTypeParser(streamType, async (_request: unknown, bytes: IncomingMessage) => bytes);
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    if (depthOf(text) > deepest) throw new SyntaxError(`more than ${deepest} levels`);
    return JSON.parse(text, refusePrototype) ?? parseJson(text);
  } catch (error) {
    throw serverError('BadRequest', `the body is not JSON that can be taken: ${messageOf(error)}`);
  }
}

function refusePrototype(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new SyntaxError('a member may not be called __proto__');
  return value;
}

/** How deep brackets are nested, in texts or not: an upper bound. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) most = Math.max(most, ++depth);
    else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return most;
}
