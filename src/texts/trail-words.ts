/**
 * The audit trail in words: every detail that is useful for people has a name and a value in the reader's language. Details for
 * programs (ids, fingerprints of files and keys) are only in the export, which also has each stored entry.
 */
import type { TrailEntry } from '../domain/model/trail.ts';
import type { Translate } from './texts.ts';
import { serviceMinute } from '../domain/time-zone.ts';

export interface TrailNames {
  readonly campaigns: ReadonlyMap<string, string>;
  readonly counties: ReadonlyMap<string, string>;
}
export interface TrailWord {
  readonly label: string;
  readonly value: string;
}
interface Speech {
  readonly t: Translate;
  readonly names: TrailNames;
  readonly entry: Pick<TrailEntry, 'action' | 'details'>;
}
/** Null: nothing worth a word. */
type Say = (value: unknown, speech: Speech) => string | null;

const text: Say = (value) => (typeof value === 'string' && value !== '' ? value : null);
const number: Say = (value) =>
  typeof value === 'number' ? String(value).replace(/\B(?=(?:\d{3}){1,7}$)/g, ',') : null;
const bytes: Say = (value, { t }) =>
  typeof value === 'number' ? t('staff.trail.megabytes', { count: Math.round(value / 100_000) / 10 }) : null;
const time: Say = (value) => (typeof value === 'number' ? serviceMinute(value) : null);
const yes: Say = (value, { t }) =>
  typeof value === 'boolean' ? t(value ? 'staff.trail.yes' : 'staff.trail.no-word') : null;
const known = (key: string): Say => {
  return (value, { t }) => (typeof value === 'string' ? word(t, `${key}.${value}`) : null);
};
const listOf =
  (say: Say): Say =>
  (value, speech) => {
    const parts = Array.isArray(value) ? value.flatMap((one) => say(one, speech) ?? []) : [];
    return parts.length === 0 ? null : parts.join(speech.t('staff.list-comma'));
  };
/** A number, or the length of a list. */
const howMany: Say = (value, speech) => number(Array.isArray(value) ? value.length : value, speech);
const county: Say = (value, { names }) =>
  typeof value === 'string' ? (names.counties.get(value) ?? value) : null;
/** A time if a clock jumped, else the state before. */
const from: Say = (value, speech) =>
  typeof value === 'number' ? serviceMinute(value) : known('staff.state')(value, speech);
const messageKey: Say = (value, { t, entry }) =>
  typeof value === 'string' ? word(t, value, paramsOf(entry.details['params'])) : null;
const fates: Say = (value, speech) =>
  typeof value === 'object' && value !== null
    ? listOf((pair) => {
        const [name, count] = pair as [string, number];
        return `${word(speech.t, `staff.monitor.fate.${name}`) ?? name} ${count}`;
      })(Object.entries(value), speech)
    : null;
const part: Say = (value, { t }) => (typeof value === 'number' ? t('staff.trail.one-unit') : null);

function paramsOf(value: unknown): Record<string, string | number> {
  const params = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(
    params.filter(([, v]) => typeof v === 'string' || typeof v === 'number') as [string, string | number][],
  );
}

/** Null if there is no such text: a key is never shown. */
function word(t: Translate, key: string, params?: Record<string, string | number>): string | null {
  const found = t(key, params);
  return found === key ? null : found;
}

/** In display order. Details not listed here are not shown. */
const details: Readonly<Record<string, Say>> = {
  name: text,
  login: text,
  role: known('staff.role'),
  county,
  counties: listOf(county),
  group: known('staff.group'),
  groups: listOf(known('staff.group')),
  reportingStratum: part,
  samplingStratum: part,
  kind: (value, speech) => known('codes.kind')(value, speech) ?? known('staff.trail.kind')(value, speech),
  channel: known('sending.channel'),
  sendings: howMany,
  masked: text,
  numbers: number,
  format: (value) => (typeof value === 'string' ? value.toUpperCase() : null),
  changed: listOf(known('staff.trail.field')),
  password: (_, { t }) => t('staff.trail.password-changed'),
  disabled: yes,
  scopes: listOf(known('staff.scope')),
  from,
  to: time,
  closesAt: time,
  storageUntil: time,
  expiresAt: time,
  proposedBy: text,
  schools: howMany,
  file: (value, { entry }) => (entry.action === 'fates.import' ? text(value, emptySpeech) : null),
  rows: number,
  good: number,
  bad: number,
  added: number,
  duplicates: number,
  joined: number,
  corrected: number,
  removed: number,
  kept: number,
  doubts: number,
  missing: number,
  late: yes,
  size: number,
  dice: text,
  strata: howMany,
  reportingStrata: number,
  moves: howMany,
  codes: number,
  count: number,
  links: number,
  contacts: number,
  issued: number,
  counts: fates,
  'not-issued': number,
  altered: number,
  answered: number,
  erased: howMany,
  failed: howMany,
  respondentsWithErasedRevisions: number,
  backup: text,
  database: text,
  bytes,
  sound: yes,
  responses: number,
  campaigns: number,
  logSize: number,
  differences: number,
  uncommitted: howMany,
  witness: text,
  signed: yes,
  message: messageKey,
  fault: messageKey,
  left: number,
  asOf: text,
  title: text,
  questionnaires: howMany,
  note: text,
  why: text,
  record: known('inspection.record'),
  version: number,
  reason: text,
};
const emptySpeech: Speech = {
  t: (key) => key,
  names: { campaigns: new Map(), counties: new Map() },
  entry: { action: '', details: {} },
};

export function actionName(t: Translate, action: string): string {
  return word(t, `staff.act.${action}`) ?? t('staff.act.other');
}

export function trailWords(
  t: Translate,
  entry: Pick<TrailEntry, 'action' | 'details'>,
  names: TrailNames,
): readonly TrailWord[] {
  const speech: Speech = { t, names, entry };
  return Object.entries(details).flatMap(([name, say]) => {
    if (!(name in entry.details)) return [];
    const value = say(entry.details[name], speech);
    // One name can have two meanings: the size of a roll, the length of a log.
    const key = `staff.trail.detail.${name}`;
    const label = word(t, `${key}.${entry.action}`) ?? word(t, key);
    return value === null || label === null ? [] : [{ label, value }];
  });
}

/** An entry's survey, county and details as the cells of a table. */
export function trailCells(
  t: Translate,
  entry: Pick<TrailEntry, 'action' | 'details' | 'campaign' | 'county'>,
  names: TrailNames,
): readonly [campaign: string, county: string, details: string] {
  const { campaign, county } = entry;
  return [
    campaign === null ? '' : (names.campaigns.get(campaign) ?? t('staff.trail.gone')),
    county === null ? '' : (names.counties.get(county) ?? county),
    trailWords(t, entry, names)
      .map(({ label, value }) => `${label}${t('staff.colon')}${value}`)
      .join(t('staff.trail.semicolon')),
  ];
}
