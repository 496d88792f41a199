import type { Target } from './target.ts';
import { agentTargets } from './targets/agent.ts';
import { dhcp4Targets } from './targets/dhcp4.ts';
import { httpTargets } from './targets/http.ts';
import { ipmiTargets } from './targets/ipmi.ts';
import { networkTargets } from './targets/network.ts';
import { stateTargets } from './targets/state.ts';
import { tftpTargets } from './targets/tftp.ts';

/** Every decoder of bytes that others can choose. */
export const targets: readonly Target[] = [
  ...dhcp4Targets,
  ...tftpTargets,
  ...httpTargets,
  ...ipmiTargets,
  ...networkTargets,
  ...stateTargets,
  ...agentTargets,
];
