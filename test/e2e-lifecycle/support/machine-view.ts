import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import type { Visitor } from './visitor.ts';

/** The head of the page of a machine or an Allocation: its name, its state, what can be done with it. */
export function headOf({ page }: Visitor, name: string): Locator {
  return page.locator('header').filter({ has: page.getByRole('heading', { level: 1, name, exact: true }) });
}

/** Waits until the head says this state, or one of several (`Releasing|Erasing`). Throws at once when it says that something failed. */
export async function showsState(
  visitor: Visitor,
  name: string,
  state: string,
  timeoutMs: number,
): Promise<void> {
  const words = headOf(visitor, name)
    .getByText(new RegExp(`^(${state}|Failed|.* failed)$`))
    .first();
  await words.waitFor({ timeout: timeoutMs });
  expect(state.split('|')).toContain(await words.innerText());
}

/** Finds a machine in the list by a word, and opens it. */
export async function findMachine(visitor: Visitor, name: string): Promise<void> {
  const { page, press } = visitor;
  await page.getByRole('searchbox', { name: 'Filter machines' }).fill(name);
  // One row beside the head: until then the rows move.
  await page.locator('[aria-rowcount="2"]').waitFor();
  await press(page.getByRole('link', { name, exact: true }).first());
  await headOf(visitor, name).waitFor();
}

/** Waits until the console shows a text, and answers all that it shows. */
export async function consoleShows(
  { page }: Visitor,
  machine: string,
  text: RegExp,
  timeoutMs: number,
): Promise<string> {
  const screen = page.getByRole('region', { name: `Console of ${machine}` }).locator('.xterm-rows');
  await screen.filter({ hasText: text }).waitFor({ timeout: timeoutMs });
  return await screen.innerText();
}
