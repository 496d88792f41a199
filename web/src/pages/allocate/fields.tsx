import { useQuery } from '@tanstack/react-query';
import { allQuery, countsQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { Card } from '../../components/card.tsx';
import { conditionOf } from '../../components/conditions.tsx';
import { SelectField, TextArea, TextField } from '../../components/field.tsx';
import styles from './allocate.module.css';
import { Disks } from './disks.tsx';
import type { AllocateForm, FieldErrors } from './form.ts';

export interface FieldsProps {
  form: AllocateForm;
  errors: FieldErrors;
  set(change: Partial<AllocateForm>): void;
}

type TextName = Exclude<keyof AllocateForm, 'disks' | 'architecture' | 'erase' | 'image'>;

function useText({ form, errors, set }: FieldsProps) {
  return (field: TextName) => ({
    name: field,
    value: form[field],
    error: errors[field],
    autoComplete: 'off',
    spellCheck: false,
    onChange: ({ target }: { target: { value: string } }) => set({ [field]: target.value }),
  });
}

/** What it is called and what runs on it. */
export function WhatFields(props: FieldsProps) {
  const { form, errors, set } = props;
  const text = useText(props);
  useWatch('images', 'allocations');
  const images = useQuery(allQuery('images'));
  const allocations = useQuery(allQuery('allocations'));
  const namespaces = new Set([
    'default',
    ...(allocations.data ?? []).map(({ metadata }) => metadata.namespace),
  ]);
  const disks = (images.data ?? []).filter(({ spec }) => spec.purpose === 'Disk');
  const isKnown = form.image === '' || disks.some(({ metadata }) => metadata.name === form.image);
  return (
    <Card title="What">
      <div className={styles.grid}>
        <TextField label="Name" placeholder="web-1" required {...text('name')} />
        <TextField label="Namespace" list="namespaces" required {...text('namespace')} />
        <datalist id="namespaces">
          {[...namespaces].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <SelectField
          label="Image"
          required
          value={form.image}
          error={errors.image}
          hint={images.error === null ? undefined : 'The images cannot be listed now.'}
          onChange={({ target }) => set({ image: target.value })}
        >
          <option value="">Choose…</option>
          {isKnown ? undefined : <option>{form.image}</option>}
          {disks.map(({ metadata, spec, status }) => (
            <option key={metadata.name} value={metadata.name}>
              {`${metadata.name} · ${spec.os} ${spec.release} ${spec.architecture}`}
              {conditionOf(status?.conditions, 'Ready')?.status === 'True' ? '' : ' · not imported yet'}
            </option>
          ))}
        </SelectField>
        <TextField label="Host name" placeholder="as the name" {...text('hostname')} />
      </div>
    </Card>
  );
}

/** What the machine must be. */
export function MachineFields(props: FieldsProps) {
  const { form, errors, set } = props;
  const text = useText(props);
  const counts = useQuery(countsQuery).data?.machines;
  return (
    <Card title="Machine">
      <div className={styles.grid}>
        <TextField label="Cores, at least" inputMode="numeric" placeholder="any" {...text('cores')} />
        <TextField label="Memory, at least" placeholder="32 GiB" {...text('memory')} />
        <TextField
          label="Network interfaces, at least"
          inputMode="numeric"
          placeholder="any"
          {...text('nics')}
        />
        <SelectField
          label="Architecture"
          value={form.architecture}
          error={errors.architecture}
          onChange={({ target }) => set({ architecture: architectureOf(target.value) })}
        >
          <option value="">As the image</option>
          <option>amd64</option>
          <option>arm64</option>
        </SelectField>
        <TextField label="Pool" list="pools" placeholder="any" {...text('pool')} />
        <TextField label="Zone" list="zones" placeholder="any" {...text('zone')} />
        <TextField label="Tags" placeholder="nvme, gpu" hint="It has all of these." {...text('tags')} />
        <TextField label="Without tags" placeholder="old" hint="It has none of these." {...text('notTags')} />
        <Options id="pools" of={counts?.byPool} />
        <Options id="zones" of={counts?.byZone} />
      </div>
      <Disks rows={form.disks} errors={errors} onChange={(disks) => set({ disks })} />
      <details className={styles.more} open={form.machine !== '' || form.erase !== 'Quick' || undefined}>
        <summary>One machine and no other; erasing</summary>
        <div className={styles.grid}>
          <TextField label="Machine" placeholder="any that fits" {...text('machine')} />
          <SelectField
            label="Disks when released"
            value={form.erase}
            onChange={({ target }) => set({ erase: eraseOf(target.value) })}
          >
            <option value="Quick">Erased quickly</option>
            <option value="Full">Overwritten in full</option>
            <option value="None">Kept</option>
          </SelectField>
        </div>
      </details>
    </Card>
  );
}

/** Who gets in, and what cloud-init is told. */
export function AccessFields(props: FieldsProps) {
  const text = useText(props);
  const { name: _name, ...keys } = text('sshKeys');
  return (
    <Card title="Access">
      <div className={styles.stack}>
        <TextArea
          label="SSH keys"
          rows={3}
          placeholder="ssh-ed25519 AAAA… you@example.com"
          hint="Public keys of those who may log in, one a line, as in ~/.ssh/id_ed25519.pub."
          {...keys}
        />
        <TextArea
          label="User data for cloud-init"
          rows={4}
          placeholder="#cloud-config"
          {...text('userData')}
          hint="It goes into a Secret, which the manifest has: apply that before, as this page writes no Secrets."
        />
        <TextField
          label="Secret with user data"
          placeholder="one that is there already"
          {...text('userDataSecret')}
        />
      </div>
    </Card>
  );
}

function Options({ id, of }: { id: string; of: Readonly<Record<string, number>> | undefined }) {
  return (
    <datalist id={id}>
      {Object.entries(of ?? {}).map(([name, machines]) => (
        <option key={name} value={name}>
          {machines === 1 ? '1 machine' : `${machines} machines`}
        </option>
      ))}
    </datalist>
  );
}

function architectureOf(text: string): AllocateForm['architecture'] {
  return text === 'amd64' || text === 'arm64' ? text : '';
}

function eraseOf(text: string): AllocateForm['erase'] {
  return text === 'None' || text === 'Full' ? text : 'Quick';
}
