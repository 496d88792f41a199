import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, oneController, requireProgram, startPeer } from '../../power/peers.ts';

/** A BMC that is reached from within the machine, as the kernel's driver does it, and over the network. */
export interface SimulatedBmc {
  /** UDP port of the loopback interface, where it speaks IPMI over LAN. */
  lanPort: number;
  /** What QEMU needs to give it to a machine. */
  qemuArguments: readonly string[];
  stop(): Promise<void>;
}

/** The address that it says it has; nothing is there. */
export const bmcAddress = '192.0.2.77';

/** What ipmi_sim asks for the address that its BMC shall have. */
const lanProgram = `#!/bin/sh
shift 2
for name; do
  case $name in
    ip_addr_src) echo "$name:static" ;;
    ip_addr) echo "$name:${bmcAddress}" ;;
    mac_addr) echo "$name:52:54:00:00:00:77" ;;
    subnet_mask) echo "$name:255.255.255.0" ;;
    *) echo "$name:0.0.0.0" ;;
  esac
done
`;

/** Starts ipmi_sim with one BMC on which nobody has a user. @param directory where it makes a folder of its own */
export async function startSimulatedBmc(directory: string): Promise<SimulatedBmc> {
  const program = requireProgram('ipmi_sim', 'openipmi');
  const lanPort = await freePort();
  const systemPort = await freePort();
  const home = join(directory, 'bmc');
  const state = join(home, 'state');
  mkdirSync(state, { recursive: true });
  const lan = join(home, 'lan.sh');
  writeFileSync(lan, lanProgram);
  chmodSync(lan, 0o700);
  const configuration = join(home, 'lan.conf');
  writeFileSync(configuration, configurationOf(lan, lanPort, systemPort));
  const commands = join(home, 'sim.emu');
  writeFileSync(commands, oneController);
  const peer = startPeer(program, ['-c', configuration, '-f', commands, '-s', state, '-n'], home);
  return {
    lanPort,
    qemuArguments: [
      ...['-chardev', `socket,id=bmc,host=127.0.0.1,port=${systemPort},reconnect=1`],
      ...['-device', 'ipmi-bmc-extern,id=bmc0,chardev=bmc', '-device', 'isa-ipmi-kcs,bmc=bmc0'],
    ],
    stop: () => peer.stop(),
  };
}

function configurationOf(lan: string, lanPort: number, systemPort: number): string {
  return `name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${lanPort}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
    lan_config_program "${lan} 1"
  endlan
  serial 15 127.0.0.1 ${systemPort} codec VM
  user 1 false "" "" user 10 none md2 md5 straight
`;
}
