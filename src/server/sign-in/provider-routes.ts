import { z } from 'zod';
import { messageOf } from '../../errors/coded-error.ts';
import type { UserInfo } from '../../kube/endpoint/reviews.ts';
import type { Logger } from '../../log/logger.ts';
import { ServerError, type ServerErrorCode, serverError } from '../errors.ts';
import { type Answer, type ApiRoute, defineOpenRoute, noBody, noParameters } from '../route.ts';
import type { AdminLinks } from './admin-links.ts';
import type { CookieJar } from './cookies.ts';
import type { OidcProvider } from './oidc.ts';
import type { Sealer } from './seal.ts';
import type { Sessions, SignInMethod } from './sessions.ts';

export interface ProviderOptions {
  sessions: Sessions;
  sealer(): Sealer;
  /** Holds what a browser keeps while it is at the provider. */
  jar: CookieJar;
  /** Undefined: none, or nobody knows where browsers find us. */
  oidc: { provider: OidcProvider; publicUrl: URL } | undefined;
  links: AdminLinks;
  log: Logger;
  /** Milliseconds since 1970. */
  now(): number;
}

const oidcPath = '/api/v1/sign-in/oidc';
const callbackPath = `${oidcPath}/callback`;
export const linkPath = '/api/v1/sign-in/link';

/** The page of the UI for whoever is not signed in. */
const signInPage = '/sign-in';

/** How long somebody may take at the provider. */
const transactionSeconds = 15 * 60;
const purpose = 'sign-in';

const SealedTransaction = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  to: z.string(),
  expiresAt: z.int(),
});

/** A path of our own: nothing that a browser takes for another host. */
const LocalPath = z
  .string()
  .max(1024)
  .regex(/^\/(?![/\\])[\x21-\x7e]*$/, 'a path of this server, with its query');

const Text = z.string().max(4096).optional();

/** Other ways of signing in than a token: a provider of OpenID Connect, and links that are good for once. */
export function providerRoutes(options: ProviderOptions): ApiRoute[] {
  const { sessions, jar, oidc, links, log } = options;
  const sealer = (): Sealer => options.sealer();
  const seconds = (): number => Math.floor(options.now() / 1000);

  /** Browsers are here: whatever goes wrong is told by the page to sign in. */
  async function redirecting(run: () => Promise<Answer>, clear: readonly string[]): Promise<Answer> {
    try {
      return await run();
    } catch (error) {
      const code: ServerErrorCode = error instanceof ServerError ? error.code : 'Internal';
      log.warn({ code, error: messageOf(error) }, 'somebody could not sign in');
      return { status: 303, headers: { location: `${signInPage}?problem=${code}` }, cookies: clear };
    }
  }

  function enter(
    who: { method: SignInMethod; user: UserInfo },
    { cookie, to, clear }: { cookie: string | undefined; to: string; clear: readonly string[] },
  ): Answer {
    const { username, groups = [] } = who.user;
    const user = { username, groups: [...groups] };
    const begun = sessions.begin({ method: who.method, user }, cookie);
    if (begun === undefined) throw serverError('SignInRefused', 'too many groups for a cookie');
    log.info({ user: username, method: who.method }, 'signed in');
    return { status: 303, headers: { location: to }, cookies: [...clear, ...begun.cookies] };
  }

  const redirect = {
    303: {
      description: `To where the sign-in goes on, or to ${signInPage}?problem= and the code of what is wrong.`,
      headers: { Location: 'Where to.', 'Set-Cookie': 'The session, or what is needed on the way to it.' },
    },
  };
  const shared = {
    method: 'GET',
    tag: 'session',
    signsIn: true,
    bodySchema: noBody,
    answers: redirect,
    problems: [],
  } as const;

  return [
    defineOpenRoute({
      method: 'GET',
      path: '/api/v1/sign-in',
      id: 'getSignIn',
      tag: 'session',
      summary: 'How people can sign in',
      querySchema: noParameters,
      bodySchema: noBody,
      answers: {
        200: {
          description: 'The ways that there are.',
          schema: z.object({
            methods: z.array(
              z.object({
                method: z.enum(['Token', 'Oidc']),
                title: z.string().describe('What people know it by.'),
                path: z.string().optional().describe('Where a browser goes to; it comes back signed in.'),
              }),
            ),
          }),
        },
      },
      problems: [],
      handle: async () => ({
        status: 200,
        body: {
          methods: [
            ...(oidc === undefined ? [] : [{ method: 'Oidc', title: oidc.provider.title, path: oidcPath }]),
            { method: 'Token', title: 'Token' },
          ],
        },
      }),
    }),
    defineOpenRoute({
      ...shared,
      path: oidcPath,
      id: 'signInOidc',
      summary: 'Sign in at the provider: a redirect to it',
      querySchema: z.strictObject({ to: LocalPath.optional().describe('Where to go then. Default: /.') }),
      handle: async ({ query, header }) =>
        redirecting(async () => {
          if (oidc === undefined) throw serverError('SignInRefused', 'there is no provider');
          const { url, transaction } = await oidc.provider.begin(new URL(callbackPath, oidc.publicUrl));
          const kept = { ...transaction, to: query.to ?? '/', expiresAt: seconds() + transactionSeconds };
          const cookies = jar.write(sealer().seal(purpose, JSON.stringify(kept)), header('cookie'));
          return { status: 303, headers: { location: url.href }, cookies: cookies ?? [] };
        }, []),
    }),
    defineOpenRoute({
      ...shared,
      path: callbackPath,
      id: 'signInOidcCallback',
      summary: 'Where the provider sends browsers back to',
      querySchema: z.looseObject({ code: Text, state: Text, error: Text }),
      async handle({ url, header }) {
        const cookie = header('cookie');
        const clear = jar.clear(cookie);
        return redirecting(async () => {
          const sealed = jar.read(cookie);
          const text = sealed === undefined ? undefined : sealer().open(purpose, sealed);
          const kept = text === undefined ? undefined : SealedTransaction.safeParse(JSON.parse(text)).data;
          if (oidc === undefined || kept === undefined || kept.expiresAt <= seconds()) {
            throw serverError('SignInRefused', 'this browser did not begin to sign in, or too long ago');
          }
          const user = await oidc.provider.finish(new URL(url, oidc.publicUrl), kept);
          return enter({ method: 'Oidc', user }, { cookie, to: kept.to, clear });
        }, clear);
      },
    }),
    defineOpenRoute({
      ...shared,
      path: linkPath,
      id: 'signInLink',
      summary: 'Sign in by a link that is good for once',
      querySchema: z.strictObject({ code: z.string().max(128) }),
      async handle({ query, header }) {
        return redirecting(async () => {
          const user = links.redeem(query.code);
          if (user === undefined) throw serverError('SignInRefused', 'the link was used, or is too old');
          return enter({ method: 'AdminLink', user }, { cookie: header('cookie'), to: '/', clear: [] });
        }, []);
      },
    }),
  ];
}
