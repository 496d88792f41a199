import type { IconName } from '../components/icon.tsx';

export interface Place {
  to:
    | '/'
    | '/machines'
    | '/allocations'
    | '/allocate'
    | '/networks'
    | '/images'
    | '/racks'
    | '/search'
    | '/audit';
  label: string;
  icon: IconName;
  /** In the bar at the lower end of a phone; the others are behind "More". */
  inBar?: boolean;
  /** Other words for it, for the quick search. */
  words?: string;
}

/** The places of the UI, in the order of the navigation. */
export const places: readonly Place[] = [
  { to: '/', label: 'Overview', icon: 'overview', words: 'dashboard home failures capacity' },
  { to: '/machines', label: 'Machines', icon: 'machines', inBar: true, words: 'servers nodes' },
  { to: '/allocations', label: 'Allocations', icon: 'allocations', inBar: true, words: 'deployed mine' },
  { to: '/allocate', label: 'Allocate', icon: 'allocate', inBar: true, words: 'deploy new request' },
  {
    to: '/networks',
    label: 'Networks',
    icon: 'networks',
    words: 'fabrics vlans subnets leases addresses ipam',
  },
  { to: '/images', label: 'Images', icon: 'images', words: 'os import operating systems' },
  { to: '/racks', label: 'Racks', icon: 'racks', words: 'services dhcp tftp health' },
  { to: '/search', label: 'Search', icon: 'search', words: 'history events results full text find' },
  { to: '/audit', label: 'Audit', icon: 'audit', words: 'history who wrote changes users' },
];
