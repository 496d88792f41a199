import { z } from 'zod';
import { Label } from '../../api/fields.ts';
import type { Access } from '../access.ts';
import { serverError } from '../errors.ts';
import { sameOriginHeader } from '../plugins/same-origin.ts';
import { apiResources } from '../resources.ts';
import { type ApiRoute, defineOpenRoute, defineRoute, noBody, noParameters } from '../route.ts';
import type { SignedIn } from './identify.ts';
import { rightsOf } from './rights.ts';
import { type Session, type Sessions, signInMethods } from './sessions.ts';

const Who = z.object({
  user: z.object({
    name: z.string(),
    uid: z.string().optional(),
    groups: z.array(z.string()),
  }),
  by: z.enum(['Token', 'Session', 'ApiKey']).describe('What says who you are.'),
  session: z
    .object({
      method: z.enum(signInMethods),
      issuedAt: z.iso.datetime(),
      expiresAt: z.iso.datetime().describe('It ends then, however busy it is.'),
      idleExpiresAt: z.iso.datetime().describe('It ends then, unless it is used.'),
    })
    .optional()
    .describe('Of browsers alone.'),
});

const Right = z.enum(['list', 'watch', 'create', 'replace', 'patch', 'delete']);

const WhoAndRights = Who.extend({
  rights: z
    .object(Object.fromEntries(apiResources.map(({ noun }) => [noun, z.array(Right)])))
    .describe(
      'What you may do in the whole cluster, or in the namespace of the query, by noun. For buttons: what you may do is decided when you do it.',
    ),
});

const SignIn = z.strictObject({
  token: z
    .string()
    .regex(/^[A-Za-z0-9._~+/=-]{1,8192}$/, 'a bearer token')
    .describe('A token that the API server of the cluster knows, of a service account for one.'),
});

const csrf = { [sameOriginHeader]: 'Anything, 1 for one: no page of another origin can send it.' };

/** A browser's session: signing in with a token, who am I, and signing out. */
export function sessionRoutes({ access, sessions }: { access: Access; sessions: Sessions }): ApiRoute[] {
  const sessionOf = (session: Session) => ({
    method: session.method,
    issuedAt: timeOf(session.issuedAt),
    expiresAt: timeOf(session.expiresAt),
    idleExpiresAt: timeOf(sessions.idleExpiresAt(session)),
  });
  const whoOf = ({ caller: { user }, by, session }: SignedIn) => ({
    user: {
      name: user.username,
      ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
      groups: [...(user.groups ?? [])],
    },
    by,
    ...(session === undefined ? {} : { session: sessionOf(session) }),
  });

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/session',
      id: 'getSession',
      tag: 'session',
      summary: 'Who you are, and what you may do',
      pathSchema: noParameters,
      querySchema: z.strictObject({
        namespace: Label.optional().describe('Rights on what lies in namespaces are those in this one.'),
      }),
      bodySchema: noBody,
      answers: { 200: { description: 'You.', schema: WhoAndRights } },
      problems: [],
      async handle({ query, caller, signedIn }) {
        const rights = await rightsOf(access, caller, query.namespace);
        return { status: 200, body: { ...whoOf(signedIn), rights } };
      },
    }),
    defineOpenRoute({
      method: 'POST',
      path: '/api/v1/session',
      id: 'createSession',
      signsIn: true,
      tag: 'session',
      summary: 'Sign in with a token: a browser’s session',
      headers: csrf,
      querySchema: noParameters,
      bodySchema: SignIn,
      answers: {
        201: {
          description: 'You are signed in.',
          schema: Who,
          headers: { 'Set-Cookie': 'The session, sealed.' },
        },
      },
      problems: ['CrossSite'],
      async handle({ body, header }) {
        const caller = await access.identify(body.token);
        const begun = sessions.begin({ method: 'Token', token: body.token }, header('cookie'));
        if (begun === undefined) throw serverError('BadRequest', 'body.token: too long for a cookie');
        const { session, cookies } = begun;
        return { status: 201, body: whoOf({ caller, by: 'Session', session }), cookies };
      },
    }),
    defineOpenRoute({
      method: 'DELETE',
      path: '/api/v1/session',
      id: 'deleteSession',
      tag: 'session',
      summary: 'Sign out',
      headers: csrf,
      querySchema: noParameters,
      bodySchema: noBody,
      answers: { 204: { description: 'You are signed out.', headers: { 'Set-Cookie': 'Takes it away.' } } },
      problems: ['CrossSite'],
      handle: async ({ header }) => ({ status: 204, cookies: sessions.end(header('cookie')) }),
    }),
  ];
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
