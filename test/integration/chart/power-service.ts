import { createServer } from 'node:http';

/** Run as a program: switches one pretended machine by HTTP, for the BMC driver `webhook`. */
let isOn = false;
createServer((request, response) => {
  if (request.url === '/on') isOn = true;
  if (request.url === '/off') isOn = false;
  response.end(`status: ${isOn ? 'running' : 'stopped'}\n`);
}).listen(9000, '127.0.0.1', () => console.log('switches'));
