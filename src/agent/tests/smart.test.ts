import { describe, expect, it } from 'vitest';
import { judgeSmart } from './smart.ts';

const healthy = { smart_status: { passed: true } };
const nvme = {
  ...healthy,
  nvme_smart_health_information_log: {
    ...{ critical_warning: 0, available_spare: 100, available_spare_threshold: 10 },
    ...{ percentage_used: 3, media_errors: 0 },
  },
};
const withLog = (differences: object): object => ({
  ...nvme,
  nvme_smart_health_information_log: { ...nvme.nvme_smart_health_information_log, ...differences },
});
const withAttribute = (attribute: object): object => ({
  ...healthy,
  ata_smart_attributes: { table: [{ id: 1, name: 'Raw_Read_Error_Rate', when_failed: '' }, attribute] },
});

describe('what a disk says of its health', () => {
  it.each<[string, object, string[], string[]]>([
    ['is fine', healthy, [], []],
    ['is fine on NVMe', nvme, [], []],
    ['is that it fails', { smart_status: { passed: false } }, ['it says that it is failing'], []],
    ['is a warning', withLog({ critical_warning: 4 }), ['reliability is degraded'], []],
    ['is two warnings', withLog({ critical_warning: 9 }), ['spare blocks', 'read-only'], []],
    ['is a hot room, which is no fault of it', withLog({ critical_warning: 2 }), [], []],
    ['is that its spare is used up', withLog({ available_spare: 9 }), ['9 % are left'], []],
    ['is age', withLog({ percentage_used: 130, media_errors: 2 }), [], ['130 %', '2 media errors']],
    [
      'is an attribute that fails now',
      withAttribute({ id: 3, name: 'Spin_Up_Time', when_failed: 'now' }),
      ['Spin_Up_Time'],
      [],
    ],
    [
      'is an attribute that failed once',
      withAttribute({ id: 190, name: 'Airflow_Temperature_Cel', when_failed: 'past' }),
      [],
      [],
    ],
    [
      'is sectors that wait',
      withAttribute({ id: 197, name: 'Current_Pending_Sector', when_failed: '', raw: { value: 8 } }),
      [],
      ['8 sectors that wait'],
    ],
    [
      'is errors of a SAS disk',
      {
        ...healthy,
        ...{ scsi_grown_defect_list: 3, scsi_error_counter_log: { read: { total_uncorrected_errors: 1 } } },
      },
      [],
      ['1 reads', '3 grown defects'],
    ],
  ])('%s', (_name, json, problems, notes) => {
    const health = judgeSmart(JSON.stringify(json));
    expect(health?.problems).toEqual(problems.map((words) => expect.stringContaining(words)));
    expect(health?.notes).toEqual(notes.map((words) => expect.stringContaining(words)));
  });

  it.each([
    ['', 'nothing'],
    ['{', 'half an answer'],
    ['[]', 'a list'],
    ['{"smartctl":{"exit_status":2}}', 'that it cannot be asked'],
  ])('is nothing when it says %s: %s', (json) => expect(judgeSmart(json)).toBeUndefined());
});
