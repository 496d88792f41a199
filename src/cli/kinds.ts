import generated from './kinds.json' with { type: 'json' };

/** A printer column of a kind. */
export interface Column {
  name: string;
  /** `date` columns show an age. */
  type: string;
  jsonPath: string;
  /** 0: always shown; 1: with `-o wide`. */
  priority: number;
}

/** Every kind of Metalwright: a `Resource` for the client, with its printer columns. Made from `src/api`. */
export const kinds = generated;

export type KindName = keyof typeof generated;

/** Of any kind. */
export interface Kind {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  columns: readonly Column[];
  /** Hash of the fields of its schema. */
  fields: string;
}
