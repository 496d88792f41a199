import { type Answer, problem, type Route } from '../http/answer.ts';
import { etagOf, type Loaders } from './loaders.ts';

/** `/loaders/<name>`: what UEFI loads by HTTP; EDK2 wants the type of an EFI program. */
export function loaderRoute(loaders: Pick<Loaders, 'files' | 'modifiedAt'>): Route {
  const answers = new Map<string, Answer>();
  for (const [name, bytes] of loaders.files) {
    const contentType = name.endsWith('.efi') ? 'application/efi' : 'application/octet-stream';
    answers.set(name, {
      ...{ kind: 'Bytes', bytes, contentType, etag: etagOf(bytes) },
      modifiedAt: loaders.modifiedAt?.get(name),
    });
  }
  return {
    pattern: '/loaders/:name',
    methods: ['GET'],
    errors: 'Text',
    handle: ({ parameters: [name = ''] }) => answers.get(name) ?? problem('NotFound'),
  };
}
