import { describe, expect, it } from 'vitest';
import { bmcDrivers } from './drivers.ts';
import { renderDrivers } from './reference.ts';

describe('the reference of power drivers', () => {
  // After a change: npx vitest run --project unit src/api/bmc -u
  it('is that of the table', async () => {
    await expect(renderDrivers(bmcDrivers)).toMatchFileSnapshot('../../../docs/reference/power-drivers.md');
  });
});
