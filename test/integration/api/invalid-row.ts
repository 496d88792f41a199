/** An example with one change that makes it wrong. */
export interface Invalid {
  what: string;
  /** A file of `docs/examples/` with one object. */
  example: string;
  /** Where it is changed, and to what. */
  path: string;
  value: unknown;
  /** What the refusal must say: the field, and why. */
  refusal: string[];
}

/** One row of a table. `example` is the file's name without its ending; `refusal` are parts of the answer. */
export const row = (
  what: string,
  example: string,
  path: string,
  value: unknown,
  ...refusal: string[]
): Invalid => ({
  what,
  example: `${example}.yaml`,
  path,
  value,
  refusal,
});
