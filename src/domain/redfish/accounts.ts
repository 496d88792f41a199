/**
 * The accounts of a Redfish service (DSP0268, AccountService and ManagerAccount): what to do so that one is there with a password. Pure.
 * What services answer is read leniently: a property of another type is as if it were not there.
 */

/** One account. */
export interface Account {
  path: string;
  /** Empty: a slot that nobody has. */
  name: string;
}

/** How an account comes to be there. */
export type AccountPlan =
  /** It is there: it gets the password. */
  | { kind: 'Change'; path: string }
  /** It is made; services with a fixed number of slots want one of these filled instead. */
  | { kind: 'Make'; slots: readonly string[] };

/** What it is given. */
export interface AccountBody {
  UserName?: string;
  Password: string;
  RoleId: 'Administrator' | 'Operator';
  Enabled: true;
}

/** Where the service's accounts are, from the AccountService. */
export function accountsPath(service: unknown): string {
  return linkOf(fields(service).Accounts) ?? '/redfish/v1/AccountService/Accounts';
}

/** Links of a collection's members, at most `most`. */
export function memberPaths(collection: unknown, most: number): string[] {
  const { Members } = fields(collection);
  return (Array.isArray(Members) ? Members : []).flatMap((member) => linkOf(member) ?? []).slice(0, most);
}

/** @param path where it was read. A name of null is an empty slot, as is one of white space. */
export function readAccount(path: string, account: unknown): Account {
  const { UserName } = fields(account);
  return { path, name: typeof UserName === 'string' ? UserName.trim() : '' };
}

/** Slot 1 is the maker's own where slots are numbered, named or not. */
export function planAccount(accounts: readonly Account[], user: string): AccountPlan {
  const own = accounts.find(({ name }) => name === user);
  if (own !== undefined) return { kind: 'Change', path: own.path };
  const empty = accounts.filter(({ name, path }) => name === '' && !/\/1\/?$/.test(path));
  return { kind: 'Make', slots: empty.map(({ path }) => path) };
}

/** The properties to send, the name where it is not there yet. */
export function accountBody(
  password: string,
  role: AccountBody['RoleId'],
  newName: string | undefined,
): AccountBody {
  return {
    ...(newName === undefined ? {} : { UserName: newName }),
    Password: password,
    RoleId: role,
    Enabled: true,
  };
}

/** Lengths of passwords that the service takes, the best first: of those that IPMI can keep too, where its rules leave one. */
export function passwordLengths(service: unknown): number[] {
  const { MinPasswordLength: min, MaxPasswordLength: max } = fields(service);
  const least = typeof min === 'number' && min > 0 ? min : 0;
  // 0 is how some say that there is no limit.
  const most = typeof max === 'number' && max > 0 ? max : 64;
  const usual = [20, 16].filter((length) => length >= least && length <= most);
  if (usual.length > 0) return usual;
  const other = most < 16 ? most : least;
  return other >= 8 && other <= 64 ? [other] : [];
}

/** What a service means by refusing. Its sentences are not for people: they may repeat the password. */
export type Refusal = 'Password' | 'NoPost' | 'Other';

/** @param status of HTTP, 400 or more */
export function refusalOf(status: number, body: unknown): Refusal {
  const ids = messageIds(body).join(' ');
  if (/password/i.test(ids)) return 'Password';
  const isOfValue =
    /PropertyValue(FormatError|TypeError|External|OutOfRange|Error|Incorrect)|StringValueTooLong/;
  if (status === 400 && isOfValue.test(ids)) return 'Password';
  const isNoPost =
    /OperationNotAllowed|ActionNotSupported|ResourceCannotBeCreated|MethodNotAllowed|CreateFailed/i;
  return status === 404 || status === 405 || status === 501 || isNoPost.test(ids) ? 'NoPost' : 'Other';
}

/** Ids of the messages in an error (`Base.1.8.AccessDenied`). They are of registries, and hold no value that was sent. */
export function messageIds(body: unknown): string[] {
  const error = fields(fields(body).error);
  const extended = error['@Message.ExtendedInfo'];
  const ids = [
    error.code,
    ...(Array.isArray(extended) ? extended : []).map((message) => fields(message).MessageId),
  ];
  return ids
    .filter((id) => typeof id === 'string')
    .filter((id) => /^[A-Za-z0-9._-]{1,80}$/.test(id))
    .slice(0, 5);
}

/** The link of an object, `@odata.id`. */
export function linkOf(value: unknown): string | undefined {
  const link = fields(value)['@odata.id'];
  return typeof link === 'string' && link.startsWith('/') && !link.startsWith('//') ? link : undefined;
}

/** The properties of an object; none of anything else. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
