import { stringify } from 'yaml';
import { apiVersion } from '../../../../src/api/meta.ts';
import type { NewObject } from '../../api/writes.ts';
import { type AllocateForm, type FormReading, readForm, secretName } from './form.ts';

/** The Allocation that a form describes, also while it is not complete. */
export function allocationOf(form: AllocateForm, reading: FormReading = readForm(form)): NewObject {
  const { image, ...rest } = reading.spec;
  return {
    metadata: { name: form.name.trim(), namespace: form.namespace.trim() },
    spec: { image, constraints: reading.constraints, ...rest },
  };
}

/** What would be committed to Git: the Allocation, and the Secret with its user data when some was typed. */
export function manifestOf(form: AllocateForm): string {
  const { metadata, spec } = allocationOf(form);
  const named = { ...metadata, name: metadata.name === '' ? 'NAME' : metadata.name };
  const documents: object[] = [{ apiVersion, kind: 'Allocation', metadata: named, spec }];
  if (needsSecret(form)) {
    documents.unshift({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secretName(form), namespace: metadata.namespace },
      stringData: { userData: form.userData },
    });
  }
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

/** Whether user data was typed for which there is no Secret yet. */
export function needsSecret({ userData, userDataSecret }: AllocateForm): boolean {
  return userData.trim() !== '' && userDataSecret.trim() === '';
}
