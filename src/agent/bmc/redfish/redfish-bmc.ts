import {
  decodeBootstrapCredentials,
  decodeCertificateFingerprint,
  getBootstrapCredentials,
  getCertificateFingerprint,
} from '../../../domain/ipmi/redfish-bootstrap.ts';
import { passwordLengths } from '../../../domain/redfish/accounts.ts';
import { messageOf } from '../../../errors/coded-error.ts';
import type { Files } from '../../host/files.ts';
import type { RunProgram } from '../../host/programs.ts';
import { type RedfishHostInterface, redfishHostInterfaces } from '../../inventory/host-interface.ts';
import { decodeSmbios } from '../../inventory/smbios.ts';
import type { Timing } from '../../time.ts';
import { bmcSetupError, isBmcSetupError } from '../errors.ts';
import type { SendIpmi } from '../ipmitool.ts';
import type { BmcSecrets, LocalBmc } from '../local-bmc.ts';
import type { BmcSetupOrder } from '../messages.ts';
import { type AccountService, readAccounts, readAddress, serves, setAccount } from './accounts.ts';
import { type ConnectRedfish, connectRedfish, type RedfishConnection } from './connection.ts';
import { openHostInterface, type ServiceEndpoint } from './link.ts';
import { type Login, withLogin } from './login.ts';

/** What looking for it needs. */
export interface RedfishDeps {
  files: Pick<Files, 'list' | 'readText' | 'readBytes' | 'resolve'>;
  run: RunProgram;
  /** To the same BMC by IPMI, which gives out the first credentials. */
  send: SendIpmi | undefined;
  timing: Timing;
  signal: AbortSignal;
  /** For tests. */
  connect?: ConnectRedfish;
}

/** A link of USB needs a moment; so does a BMC that was just switched on. */
const patienceMs = 30_000;
const pauseMs = 1_000;

/**
 * The BMC behind the host interface of Redfish (DSP0270), logged in with an account that it makes for its own machine.
 *
 * @returns undefined when the firmware names no such interface
 * @throws CodedError<BmcSetupFailure> when it does, and the BMC cannot be set up there
 */
export async function findRedfishBmc(
  { user, privilege }: Pick<BmcSetupOrder, 'user' | 'privilege'>,
  deps: RedfishDeps,
): Promise<LocalBmc | undefined> {
  const found = await readHostInterface(deps.files);
  if (found === undefined) return undefined;
  const { endpoint, connection } = await reach(found, deps);
  const { call, fingerprint } = connection;
  const login = await bootstrap(deps.send);
  const looked = await withLogin(call, login, async (as) => ({
    accounts: await readAccounts(as, user),
    address: await readAddress(as, [endpoint.host, found.host.address]),
  }));
  if (looked === undefined) throw denied('the account that it made for its own machine');
  const { accounts, address } = looked;
  if (address === undefined)
    throw bmcSetupError('BmcHasNoAddress', "none of the BMC's network interfaces has an address");
  return {
    driver: 'redfish',
    ...{ address, fingerprint, passwordLengths: passwordLengths(accounts.service) },
    apply: (secrets) => apply(connection, login, accounts, secrets, privilege),
  };
}

async function apply(
  { call }: RedfishConnection,
  login: Login,
  accounts: AccountService,
  secrets: BmcSecrets,
  privilege: BmcSetupOrder['privilege'],
): Promise<readonly string[] | 'PasswordRefused'> {
  const set = await withLogin(call, login, (as) => setAccount(as, accounts, secrets, privilege));
  if (set === undefined) throw denied('the account that it made for its own machine');
  if (set === 'PasswordRefused') return set;
  const isServed = await withLogin(call, secrets, (as) => serves(as, accounts));
  if (isServed !== true) throw denied('the new password, though it took it before');
  return [];
}

async function readHostInterface(files: RedfishDeps['files']): Promise<RedfishHostInterface | undefined> {
  const table = await files.readBytes('/sys/firmware/dmi/tables/DMI');
  if (table === undefined) return undefined;
  try {
    return redfishHostInterfaces(decodeSmbios(table))[0];
  } catch (error) {
    throw bmcSetupError('BmcNotFound', `the firmware's table is broken (${messageOf(error)})`);
  }
}

/** The connection, as soon as the other end answers. */
async function reach(
  found: RedfishHostInterface,
  { files, run, send, timing, signal, connect = connectRedfish }: RedfishDeps,
): Promise<{ endpoint: ServiceEndpoint; connection: RedfishConnection }> {
  const endpoint = await openHostInterface(found, files, run, signal);
  const expected = await expectedFingerprint(send);
  const deadline = timing.now() + patienceMs;
  for (;;) {
    try {
      return { endpoint, connection: await connect(endpoint, expected, signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (timing.now() >= deadline)
        throw bmcSetupError('BmcNotFound', `its Redfish service does not answer (${messageOf(error)})`);
      await timing.sleep(pauseMs, signal);
    }
  }
}

/** By IPMI, which a BMC need not have. */
async function expectedFingerprint(send: SendIpmi | undefined): Promise<string | undefined> {
  try {
    const answer = await send?.(getCertificateFingerprint);
    return answer?.completionCode === 0 ? decodeCertificateFingerprint(answer.data) : undefined;
  } catch {
    return undefined;
  }
}

async function bootstrap(send: SendIpmi | undefined): Promise<Login> {
  const why = 'the BMC makes no account for its own machine';
  if (send === undefined) throw bmcSetupError('BmcRefusedSetup', `${why}: it has no IPMI to ask by`);
  try {
    const { completionCode, data } = await send(getBootstrapCredentials);
    if (completionCode === 0) return decodeBootstrapCredentials(data);
    const words = completionCode === 0x80 ? 'switched off' : `completion code ${completionCode}`;
    throw bmcSetupError('BmcRefusedSetup', `${why} (credential bootstrapping: ${words})`);
  } catch (error) {
    if (isBmcSetupError(error)) throw error;
    throw bmcSetupError('BmcRefusedSetup', `${why} (${messageOf(error)})`);
  }
}

function denied(what: string): Error {
  return bmcSetupError('BmcRefusedSetup', `the BMC denies ${what}`);
}
