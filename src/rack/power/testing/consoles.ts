import type { SshAnswer } from '../ssh/client.ts';

/** A controller with a command line: what it prints for a command, and what the command changes. */
export interface SimulatedConsole {
  /** By the name of the machine: whether it has power. May be changed. */
  machines: Record<string, string>;
  /** Answers in the place of the controller's own, by the begin of the command. */
  instead: Record<string, SshAnswer>;
  /** Everything that it was told, in order. */
  commands: string[];
  run(command: string): SshAnswer;
}

/** What a command printed that ended well. */
export function printed(stdout: string, code = 0): SshAnswer {
  return { code, stdout, stderr: '' };
}

function createConsole(
  machines: Record<string, string>,
  answer: (command: string, machines: Record<string, string>) => SshAnswer,
): SimulatedConsole {
  const instead: Record<string, SshAnswer> = {};
  const commands: string[] = [];
  return {
    machines,
    instead,
    commands,
    run(command) {
      commands.push(command);
      const begin = Object.keys(instead).find((each) => command.startsWith(each));
      return (begin === undefined ? undefined : instead[begin]) ?? answer(command, machines);
    },
  };
}

/** The iLO Chassis Manager of a Moonshot chassis. It repeats each command, and ends each line in its own way. */
export function createMscmConsole(
  machines: Record<string, string> = { c1n1: 'Off', c7n1: 'On' },
): SimulatedConsole {
  return createConsole(machines, (command, nodes) => {
    const echoed = (text: string): SshAnswer => printed(`${command}\n\n${text}`);
    const id = command.split(' ').at(-1) ?? '';
    const [cartridge = '', node = ''] = id.slice(1).split('n');
    if (command === 'show node list') {
      const rows = Object.entries(nodes).map(([name, state]) => {
        const slot = name.slice(1).split('n')[0] ?? '';
        return `${slot.padStart(3)}  ${name}  HP                     x86 Architecture     32 GB  ${state.padEnd(5)} OK`;
      });
      const head = 'Slot ID    Proc Manufacturer      Architecture         Memory Power Status';
      return echoed(
        [head, '---- ----- ---------------------- -------------------- ------ ----- ------', ...rows].join(
          '\n',
        ),
      );
    }
    if (nodes[id] === undefined) return echoed('Invalid node id');
    switch (command.slice(0, -id.length).trim()) {
      case 'show node power':
        return echoed(`Cartridge #${cartridge}\n  Node #${node}\n        Power State: ${nodes[id]}`);
      case 'show node info':
        return echoed(
          `  c${cartridge}: #Cartridge ${id}\n    Type: Compute\n    Product Name: ProLiant m400 Server Cartridge`,
        );
      case 'show node macaddr':
        return echoed(
          'Slot ID NIC 1 (Switch A)  NIC 2 (Switch B)  NIC 3 (Switch A)\n---- -- ----------------  ----------------  ---\n' +
            `  ${cartridge}  ${id} 00:11:22:33:44:0${cartridge} 00:11:22:33:55:0${cartridge} N/A`,
        );
      case 'set node power on':
        nodes[id] = 'On';
        return echoed('');
      case 'set node power off force':
      case 'set node power off shutdown':
        nodes[id] = 'Off';
        return echoed('');
      case 'set node bootonce pxe':
        return echoed('');
      default:
        return echoed('Invalid command');
    }
  });
}

/** `wedge_power.sh` of OpenBMC: on some boards the status ends with 1 when the power is off, and so does an On too many. */
export function createWedgeConsole(machines: Record<string, string> = { us: 'off' }): SimulatedConsole {
  return createConsole(machines, (command, boards) => {
    const word = /^\/usr\/local\/bin\/wedge_power\.sh (status|on|off)$/.exec(command)?.[1];
    if (word === undefined) return { code: 127, stdout: '', stderr: `sh: ${command}: not found` };
    if (word === 'status') return printed(`Microserver power is ${boards.us}`, boards.us === 'off' ? 1 : 0);
    if (word === 'on' && boards.us === 'on') return printed('Power on microserver ... Already on. Skip!', 1);
    boards.us = word;
    return printed(`Power ${word} microserver ... Done`);
  });
}

/** The restricted shell of an HMC with one managed system. */
export function createHmcConsole(
  machines: Record<string, string> = { 'web 7': 'Not Activated', db: 'Running' },
  server = 'Server-8284-22A-SN21AD4BV',
): SimulatedConsole {
  return createConsole(machines, (command, partitions) => {
    const words = (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
    const after = (flag: string): string => words[words.indexOf(flag) + 1] ?? '';
    const names = Object.keys(partitions);
    if (command === 'lssyscfg -r sys -F name') return printed(server);
    if (after('-m') !== server)
      return printed(`HSCL8018 The managed system ${after('-m')} was not found.`, 1);
    if (words[0] === 'lshwres')
      return printed(names.map((name) => `${name}:8E2F5A00C40${names.indexOf(name)}`).join('\n'));
    if (words[0] === 'lssyscfg') {
      const environment = after('-F') === 'name:state' ? '' : ':aixlinux';
      const vios = environment === '' ? 'vios1:Running' : 'vios1:vioserver:Running';
      return printed([...names.map((name) => `${name}${environment}:${partitions[name]}`), vios].join('\n'));
    }
    return words[0] === 'chsysstate'
      ? changeState(partitions, after('-n'), after('-o'))
      : printed('bash: command not found', 127);
  });
}

function changeState(partitions: Record<string, string>, name: string, operation: string): SshAnswer {
  if (partitions[name] === undefined) {
    return printed(`HSCL8012 The partition named ${name} was not found.`, 1);
  }
  const wanted = operation === 'on' ? 'Running' : 'Not Activated';
  if (partitions[name] === wanted) {
    return printed(`HSCL0237 This operation is not allowed when the partition is in the ${wanted} state.`, 1);
  }
  partitions[name] = wanted;
  return printed('');
}
