import * as client from 'openid-client';
import { Agent, fetch } from 'undici';
import { messageOf } from '../../errors/coded-error.ts';
import type { UserInfo } from '../../kube/endpoint/reviews.ts';
import type { Timers } from '../../kube/timers.ts';
import { serverError } from '../errors.ts';
import { type ClaimMapping, hasClaims, userOfClaims } from './claims.ts';

export interface OidcOptions extends ClaimMapping {
  issuer: URL;
  clientId: string;
  /** Undefined: a public client, which PKCE alone protects. */
  clientSecret: string | undefined;
  scopes: readonly string[];
  /** What people know the provider by. */
  title: string;
  /** PEM: who may have signed the provider's certificate. Default: whom Node believes. */
  ca?: Buffer | undefined;
}

/** What a browser keeps while it is at the provider. */
export interface Transaction {
  state: string;
  nonce: string;
  verifier: string;
}

/** A provider of OpenID Connect: authorization code flow with PKCE (RFC 7636), state and nonce. */
export interface OidcProvider {
  title: string;
  /** Where the browser has to go. Errors: ProviderUnavailable. */
  begin(redirectUri: URL): Promise<{ url: URL; transaction: Transaction }>;
  /**
   * Who has come back.
   *
   * @param callback what the browser was sent to, with everything that the provider added. Errors: SignInRefused,
   * ProviderUnavailable
   */
  finish(callback: URL, transaction: Transaction): Promise<UserInfo>;
}

const timeoutSeconds = 10;

/** How long is believed what a provider says of itself; after that a failure to ask again changes nothing. */
const believeMs = 3_600_000;

/** Nothing is asked before somebody wants to sign in: a provider that is away keeps no server from starting. */
export function createOidcProvider(options: OidcOptions, timers: Timers): OidcProvider {
  const { issuer, clientId, clientSecret, scopes, title, ca } = options;
  const dispatcher = new Agent({
    connect: { timeout: timeoutSeconds * 1000, ...(ca === undefined ? {} : { ca }) },
  });
  let known: { configuration: client.Configuration; until: number } | undefined;

  async function discover(): Promise<client.Configuration> {
    const authentication =
      clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
    const insecure = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
    return client.discovery(issuer, clientId, undefined, authentication, {
      // Also what came straight from the provider has to be signed.
      execute: [client.enableNonRepudiationChecks, ...insecure],
      timeout: timeoutSeconds,
      [client.customFetch]: (url, { body, headers, method, redirect, signal }) =>
        fetch(url, {
          body: body ?? null,
          headers,
          method,
          redirect,
          signal: signal ?? null,
          dispatcher,
        }),
    });
  }

  async function configuration(): Promise<client.Configuration> {
    if (known !== undefined && timers.monotonic() < known.until) return known.configuration;
    try {
      known = { configuration: await discover(), until: timers.monotonic() + believeMs };
    } catch (cause) {
      if (known === undefined) {
        throw serverError('ProviderUnavailable', `${title} does not say how to sign in`, { cause });
      }
    }
    return known.configuration;
  }

  async function claimsOf(config: client.Configuration, tokens: Tokens): Promise<Record<string, unknown>> {
    const claims: Record<string, unknown> = { ...tokens.claims() };
    const { sub } = claims;
    if (hasClaims(claims, options) || typeof sub !== 'string') return claims;
    if (config.serverMetadata().userinfo_endpoint === undefined) return claims;
    return { ...(await client.fetchUserInfo(config, tokens.access_token, sub)), ...claims };
  }

  return {
    title,
    async begin(redirectUri) {
      const config = await configuration();
      const transaction = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri.href,
        scope: scopes.join(' '),
        state: transaction.state,
        nonce: transaction.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(transaction.verifier),
        code_challenge_method: 'S256',
      });
      return { url, transaction };
    },
    async finish(callback, { state, nonce, verifier }) {
      const config = await configuration();
      const claims = await client
        .authorizationCodeGrant(config, callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        .then((tokens) => claimsOf(config, tokens))
        .catch((cause: unknown) => {
          throw serverError('SignInRefused', `${title}: ${messageOf(cause)}`, { cause });
        });
      const mapped = userOfClaims(claims, options);
      if (mapped.kind === 'User') return mapped.user;
      throw serverError('SignInRefused', `${title}: ${mapped.reason}`);
    },
  };
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;
