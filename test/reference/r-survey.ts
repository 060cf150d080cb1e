/** R `survey`'s figures and the data they are of. */
import { parse } from 'csv-parse/sync';
import { readReference } from '../support/reference.ts';

export interface School {
  readonly stype: 'E' | 'H' | 'M';
  readonly api00: number;
  readonly api99: number;
  readonly enroll: number;
  readonly schWide: boolean;
  readonly pw: number;
  readonly fpc: number;
}

export interface Interval {
  readonly lo: number;
  readonly hi: number;
}
export interface Truth {
  readonly estimate: number;
  readonly se: number;
  readonly degf: number;
  readonly ci95_normal: Interval;
  readonly ci95_t: Interval;
  readonly deff?: number;
}
interface Truths {
  readonly names: readonly string[];
  readonly estimate: readonly number[];
  readonly se: readonly number[];
  readonly ci95_normal: { readonly lo: readonly number[]; readonly hi: readonly number[] };
  readonly ci95_t: { readonly lo: readonly number[]; readonly hi: readonly number[] };
}
export interface DesignTruth {
  readonly degf: number;
  readonly svymean_api00: Truth;
  readonly svymean_api99_api00: Truths;
  readonly svytotal_enroll: Truth;
  readonly svytotal_api00: Truth;
  readonly svymean_stype: Truths;
  readonly svymean_schwide: Truths;
  readonly svyratio_apistu_enroll: Omit<Truth, 'degf'>;
  readonly svyby_api00_stype: Truths & { readonly stratum: readonly string[] };
  readonly svyby_api00_schwide: {
    readonly domain: readonly string[];
    readonly estimate: readonly number[];
    readonly se: readonly number[];
  };
  readonly subset_schwideYes_svymean_api00: Truth;
  readonly svyciprop_schwideYes: Readonly<
    Record<
      'logit' | 'likelihood' | 'asin' | 'beta' | 'mean' | 'xlogit',
      { readonly p: number; readonly se: number; readonly lo: number; readonly hi: number }
    >
  >;
}
export interface Expected {
  readonly strat_fpc: DesignTruth;
  readonly strat_nofpc: DesignTruth;
  readonly toy_edge_lonely_psu: {
    readonly results: Readonly<
      Record<
        'fail' | 'remove' | 'adjust' | 'average' | 'certainty',
        { est?: number; se?: number; degf?: number; error?: string }
      >
    >;
  };
  readonly toy_edge_census_plus_B: Truth;
}
export interface Intervals {
  readonly z: { readonly z90: number; readonly z95: number; readonly z99: number };
  readonly t: readonly {
    readonly df: number;
    readonly t90: number;
    readonly t95: number;
    readonly t99: number;
  }[];
  readonly proportions: readonly {
    readonly x: number;
    readonly n: number;
    readonly level: number;
    readonly wilson: readonly [number, number];
    readonly wilson_cc: readonly [number, number];
    readonly clopper_pearson: readonly [number, number];
  }[];
}

export function readTruth() {
  const schools = readReference('r-survey/apistrat.csv');
  const toy = readReference('r-survey/toy_edge.csv');
  const expected = readReference('r-survey/expected.json');
  const intervals = readReference('r-survey/intervals.json');
  const rows = (text: string) =>
    parse<Record<string, string>>(text, { columns: true, skip_empty_lines: true });
  return {
    schools: rows(schools).map((r): School => ({
      stype: r['stype'] as School['stype'],
      api00: Number(r['api00']),
      api99: Number(r['api99']),
      enroll: Number(r['enroll']),
      schWide: r['sch.wide'] === 'Yes',
      pw: Number(r['pw']),
      fpc: Number(r['fpc']),
    })),
    toy: rows(toy).map((r) => ({
      h: r['h']!,
      y: Number(r['y']),
      population: Number(r['N']),
      weight: Number(r['pw']),
    })),
    expected: JSON.parse(expected) as Expected,
    intervals: JSON.parse(intervals) as Intervals,
  };
}
