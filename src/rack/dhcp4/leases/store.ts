/** Where dynamic leases live. Implemented by `openLeaseStore` below. */
export interface LeaseStore {
  /** Leases that are on disk or offered, for people and metrics. */
  list(): Lease[];
  close(): Promise<void>;
}

/** One dynamic address and who has it. */
export interface Lease {
  /** Dotted quad. */
  address: string;
  subnet: string;
  /** Who holds it: see `identity.ts`. */
  client: string;
  mac: string;
  hostname: string | undefined;
  state: 'Offered' | 'Bound' | 'Released' | 'Declined';
  /** Milliseconds since the Unix epoch: from then on the address may go to another client. */
  end: number;
}
