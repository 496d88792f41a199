/** Where a BMC listens. `host` is a name or a literal address without brackets. */
export interface HostPort {
  host: string;
  port: number;
}

/** Reads `10.0.0.5`, `bmc1:6230`, `[2001:db8::5]:623` or `2001:db8::5`. @returns undefined when it is none of them. */
export function parseHostPort(address: string, defaultPort: number): HostPort | undefined {
  const bracketed = /^\[([0-9a-fA-F:.%\w]+)\](?::(\d{1,5}))?$/.exec(address);
  const plain = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(address);
  const bare = /^[0-9a-fA-F]*:[0-9a-fA-F:.]*$/.exec(address);
  const [, host, portText] = bracketed ?? plain ?? (bare ? [address, address] : []);
  if (host === undefined) return undefined;
  const port = portText === undefined ? defaultPort : Number(portText);
  return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** As it is written in URLs and messages. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
