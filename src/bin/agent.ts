import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
const up = () => readFileSync('/proc/uptime', 'utf8').split(' ')[0];
const say = (t: string) => writeFileSync('/dev/ttyS0', `agent: ${t} at ${up()}\n`);
say('started');
const t = setInterval(() => {
  const a = Object.values(networkInterfaces()).flat().find((i) => i && !i.internal && i.family === 'IPv4');
  if (a) { say(`address ${a.address}`); clearInterval(t); }
}, 50);
