import { parseArgs } from 'node:util';
import { architectures } from '../lib/architecture.ts';
import { buildContainerImage } from './build.ts';
import { buildContainerImages } from './multi.ts';

/** `node images/container/cli.ts [--arch amd64|arm64|all]`: builds the image and prints where it is, as JSON. */

const { values } = parseArgs({ options: { arch: { type: 'string' } } });
const architecture = architectures.find((each) => each === values.arch);
if (values.arch !== undefined && values.arch !== 'all' && architecture === undefined) {
  console.error(`unknown architecture "${values.arch}": one of ${architectures.join(', ')}, all`);
  process.exit(2);
}
const built = await (values.arch === 'all' ? buildContainerImages() : buildContainerImage(architecture));
console.log(JSON.stringify(built, undefined, 2));
