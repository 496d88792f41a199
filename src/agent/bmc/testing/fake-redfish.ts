import type { RedfishAnswer, RedfishAsked } from '../redfish/connection.ts';

/** A Redfish service with accounts, in memory. Names and passwords by path of the account; an empty name is a slot. */
export interface FakeRedfish {
  accounts: Map<string, { name: string; password: string; role: string; etag: number }>;
  /** What its own machine logs in with. */
  bootstrap: { username: string; password: string };
  /** Whether accounts can be made by POST; else empty slots are filled. */
  makes: boolean;
  least: number;
  most: number;
  /** Longer passwords it takes, and says nothing. */
  keeps: number;
  address: string;
  hasSessions: boolean;
  wantsEtag: boolean;
  sessions: Map<string, string>;
  seen: RedfishAsked[];
  answer(asked: RedfishAsked): RedfishAnswer;
}

const accountsPath = '/redfish/v1/AccountService/Accounts';
const link = (path: string): unknown => ({ '@odata.id': path });

/** Three accounts: `root` and two empty slots, of which the first is the maker's own. */
export function aRedfish(differences: Partial<FakeRedfish> = {}): FakeRedfish {
  const bmc: FakeRedfish = {
    accounts: new Map([
      [`${accountsPath}/1`, { name: '', password: '', role: 'None', etag: 1 }],
      [`${accountsPath}/2`, { name: 'root', password: 'factory', role: 'Administrator', etag: 1 }],
      [`${accountsPath}/3`, { name: '', password: '', role: 'None', etag: 1 }],
    ]),
    bootstrap: { username: 'boot-1', password: 'bootstrap-secret' },
    makes: true,
    least: 8,
    most: 64,
    keeps: 64,
    address: '192.0.2.78',
    hasSessions: true,
    wantsEtag: false,
    sessions: new Map(),
    seen: [],
    answer(asked) {
      bmc.seen.push(asked);
      const { method, path } = asked;
      if (path === '/redfish/v1/') return ok(root());
      if (path === '/redfish/v1/SessionService/Sessions' && method === 'POST') return logIn(asked.json);
      if (!mayIn(asked)) return error(401, 'Base.1.8.NoValidSession');
      if (method === 'DELETE') {
        bmc.sessions.delete(path.split('/').at(-1) ?? '');
        return { status: 204, headers: {}, body: undefined };
      }
      if (method === 'POST') return path === accountsPath ? make(asked.json) : error(404, 'Base.1.8.Missing');
      if (method === 'PATCH') return change(asked);
      return read(path);
    },
    ...differences,
  };

  function root(): unknown {
    const sessions = { Links: { Sessions: link('/redfish/v1/SessionService/Sessions') } };
    const services = {
      AccountService: link('/redfish/v1/AccountService'),
      Managers: link('/redfish/v1/Managers'),
    };
    return { ...services, ...(bmc.hasSessions ? sessions : {}) };
  }

  function logIn(json: unknown): RedfishAnswer {
    if (!bmc.hasSessions) return error(404, 'Base.1.8.ResourceMissing');
    const { UserName, Password } = Object(json);
    if (!isRight(String(UserName), String(Password))) return error(401, 'Base.1.8.AccessDenied');
    const token = `token-${bmc.seen.length}`;
    bmc.sessions.set(token, String(UserName));
    const location = `https://bmc/redfish/v1/SessionService/Sessions/${token}`;
    return { status: 201, headers: { 'x-auth-token': token, location }, body: {} };
  }

  function isRight(name: string, password: string): boolean {
    const { bootstrap } = bmc;
    if (name === bootstrap.username) return password === bootstrap.password;
    return [...bmc.accounts.values()].some(
      (one) => one.name === name && name !== '' && one.password === password,
    );
  }

  function mayIn({ headers = {} }: RedfishAsked): boolean {
    const token = headers['x-auth-token'];
    if (token !== undefined) return bmc.sessions.has(token);
    const basic = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
    return isRight(basic.split(':')[0] ?? '', basic.split(':')[1] ?? '');
  }

  function make(json: unknown): RedfishAnswer {
    if (!bmc.makes) return error(405, 'Base.1.8.OperationNotAllowed');
    const { UserName, Password, RoleId } = Object(json);
    const wrong = refuse(String(Password));
    if (wrong !== undefined) return wrong;
    const path = `${accountsPath}/${bmc.accounts.size + 1}`;
    bmc.accounts.set(path, {
      name: UserName,
      password: String(Password).slice(0, bmc.keeps),
      role: RoleId,
      etag: 1,
    });
    return { status: 201, headers: { location: path }, body: {} };
  }

  function change({ path, json, headers = {} }: RedfishAsked): RedfishAnswer {
    const account = bmc.accounts.get(path);
    if (account === undefined) return error(404, 'Base.1.8.ResourceMissing');
    if (bmc.wantsEtag && headers['if-match'] !== `"${account.etag}"`)
      return error(412, 'Base.1.8.PreconditionFailed');
    const { UserName, Password, RoleId } = Object(json);
    const wrong = refuse(String(Password));
    if (wrong !== undefined) return wrong;
    account.name = UserName ?? account.name;
    account.password = String(Password).slice(0, bmc.keeps);
    account.role = RoleId ?? account.role;
    account.etag += 1;
    return { status: 200, headers: {}, body: {} };
  }

  /** As BMCs do, the refusal repeats the value. */
  function refuse(password: string): RedfishAnswer | undefined {
    if (password.length >= bmc.least && password.length <= bmc.most) return undefined;
    return error(400, 'Base.1.8.PropertyValueFormatError', `The value ${password} is not taken.`);
  }

  function read(path: string): RedfishAnswer {
    const account = bmc.accounts.get(path);
    if (account !== undefined) return ok({ UserName: account.name }, { etag: `"${account.etag}"` });
    const members = (paths: readonly string[]): RedfishAnswer => ok({ Members: paths.map(link) });
    switch (path) {
      case '/redfish/v1/AccountService':
        return ok({ Accounts: link(accountsPath) });
      case accountsPath:
        return members([...bmc.accounts.keys()]);
      case '/redfish/v1/Managers':
        return members(['/redfish/v1/Managers/bmc']);
      case '/redfish/v1/Managers/bmc':
        return ok({ EthernetInterfaces: link('/redfish/v1/Managers/bmc/EthernetInterfaces') });
      case '/redfish/v1/Managers/bmc/EthernetInterfaces':
        return members([`${path}/usb0`, `${path}/eth0`]);
      case '/redfish/v1/Managers/bmc/EthernetInterfaces/usb0':
        return ok({ IPv4Addresses: [{ Address: '169.254.0.17' }] });
      case '/redfish/v1/Managers/bmc/EthernetInterfaces/eth0':
        return ok({ LinkStatus: 'LinkUp', IPv4Addresses: [{ Address: bmc.address }] });
      default:
        return error(404, 'Base.1.8.ResourceMissing');
    }
  }
  return bmc;
}

function ok(body: unknown, headers: RedfishAnswer['headers'] = {}): RedfishAnswer {
  return { status: 200, headers, body };
}

function error(status: number, MessageId: string, Message = 'no'): RedfishAnswer {
  return { status, headers: {}, body: { error: { '@Message.ExtendedInfo': [{ MessageId, Message }] } } };
}
