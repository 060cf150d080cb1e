import type { CountyCode } from '../../domain/model/ids.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface DivisionReader {
  findDivision(code: CountyCode): Promise<{ readonly name: string; readonly asOf: string } | undefined>;
  /** With exactly that name, or with it as a prefix (云溪 for 云溪县); by code, a limited number. */
  findDivisionsByName(name: string): Promise<readonly { readonly code: CountyCode; readonly name: string }[]>;
  countDivisions(): Promise<number>;
}

export interface DivisionWriter {
  /** Replaces the whole list. */
  replaceDivisions(
    stamp: Stamp,
    list: {
      readonly asOf: string;
      readonly rows: readonly { readonly code: CountyCode; readonly name: string }[];
    },
  ): Promise<void>;
}
