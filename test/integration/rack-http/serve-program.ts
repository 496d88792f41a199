import { createFileSender } from '../../../src/rack/net/native-file-sender.ts';
import { startRack } from './rack.ts';

/** Run in a network namespace: serves one image of 64 MiB until it is ended; says where, as JSON. */
const sender = createFileSender();
const rack = await startRack({}, { server: sender === undefined ? {} : { sender } });
const digest = await rack.addImage(Buffer.alloc(64 * 1024 * 1024, 'image'));
await rack.images.ensure(digest);
process.stdout.write(`${JSON.stringify({ port: rack.port, path: `/images/${digest}` })}\n`);
process.stdin.resume();
process.stdin.once('end', async () => {
  await rack.stop();
  process.exit(0);
});
