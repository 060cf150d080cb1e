/** The audit (design 8): rows decoded and counted without the writer's fold, on one read transaction, held against the stored tallies cell by cell. */
import { AppError } from '../../../domain/errors.ts';
import { effectiveRevision } from '../../../domain/fieldwork/revision.ts';
import type { CampaignId, CountyCode } from '../../../domain/ids.ts';
import { decodeAnswers } from '../../../domain/questionnaire/decode.ts';
import { createRecount, diffTally, recountAnswers, type Recount } from '../../../domain/scoring/recount.ts';
import { decodeTally, type TallyKey } from '../../../domain/scoring/tally.ts';
import { channels, countedSets } from '../../../domain/vocabulary.ts';
import type { RecountResult, TallyDifference } from '../../port.ts';
import type { Context, HotCampaign } from '../context.ts';
import { hotCampaign, readCells } from './answers.ts';
import { getCampaign } from './campaigns.ts';
import { respondents } from './closing.ts';

/** Differences named one by one; what lies beyond is only counted. */
const maximumNamed = 200;

function nameOf(key: TallyKey): string {
  const { questionnaire, samplingStratum, reportingStratum, channel, set, valid } = key;
  return `questionnaire ${questionnaire}, sampling stratum ${samplingStratum}, reporting stratum ${reportingStratum}, channel ${channel}, set ${set}, ${valid ? 'valid' : 'not valid'}`;
}

/** Strata, and the pairs of channel, set and validity, that a number has room for. */
const strata = 2 ** 18;
const kinds = channels.length * countedSets.length * 2;

/** A cell's key as one number: millions of answers look their cell up. */
function numberOf(key: TallyKey): number {
  const { questionnaire, samplingStratum, reportingStratum, channel, set, valid } = key;
  const kind =
    (channels.indexOf(channel) * countedSets.length + countedSets.indexOf(set)) * 2 + Number(valid);
  return ((questionnaire * strata + samplingStratum) * strata + reportingStratum) * kinds + kind;
}

function keyOf(number: number): TallyKey {
  const kind = number % kinds;
  const rest = Math.floor(number / kinds);
  return {
    questionnaire: Math.floor(rest / strata / strata),
    samplingStratum: Math.floor(rest / strata) % strata,
    reportingStratum: rest % strata,
    channel: channels[Math.floor(kind / 2 / countedSets.length)]!,
    set: countedSets[Math.floor(kind / 2) % countedSets.length]!,
    valid: kind % 2 === 1,
  };
}

export function recount(ctx: Context, id: CampaignId, county: CountyCode): RecountResult {
  ctx.raw.exec('BEGIN');
  try {
    return compare(ctx, id, county);
  } finally {
    ctx.raw.exec('COMMIT');
  }
}

function compare(ctx: Context, id: CampaignId, county: CountyCode): RecountResult {
  const hot = hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  const { expiryStep, expiredAt } = getCampaign(ctx.db, id);
  if (expiryStep !== null || expiredAt !== null) return compareNumbers(ctx, hot, id, county);
  const counted = new Map<number, Recount>();
  const differences: TallyDifference[] = [];
  const add = (cell: string, what: string, stored: string, recounted: string): void => {
    if (differences.length < maximumNamed) differences.push({ county, cell, what, stored, recounted });
  };
  let responses = 0;
  for (const revisions of respondents(ctx, hot.no, county)) {
    const last = effectiveRevision(revisions);
    if (last === undefined) continue;
    responses++;
    const q = hot.questionnaires.get(last.questionnaire);
    const place = `reporting stratum ${last.reportingStratum}, questionnaire ${last.questionnaire}`;
    if (!q || last.answers === null) {
      add(place, 'response', q ? 'contents missing' : 'unknown questionnaire', 'one counted response');
      continue;
    }
    try {
      decodeAnswers(q, last.answers);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      add(place, 'response', `cannot be decoded: ${error.message}`, 'one counted response');
      continue;
    }
    const key = numberOf({
      questionnaire: last.questionnaire,
      samplingStratum: last.samplingStratum,
      reportingStratum: last.reportingStratum,
      channel: last.channel,
      set: last.set,
      valid: hot.validity.get(last.questionnaire)?.(last.answers) === true,
    });
    let cell = counted.get(key);
    if (!cell) counted.set(key, (cell = createRecount(q)));
    recountAnswers(cell, last.answers);
  }
  const cells = readCells(ctx, 'tallies', id, county);
  for (const cell of cells) {
    const name = nameOf(cell);
    const key = numberOf(cell);
    const q = hot.questionnaires.get(cell.questionnaire);
    if (!q) {
      add(name, 'cell', 'unknown questionnaire', '');
      continue;
    }
    const expected = counted.get(key) ?? createRecount(q);
    counted.delete(key);
    try {
      for (const d of diffTally(cell.bytes, expected))
        add(
          name,
          `${d.what} ${d.where} ${d.code}`.replace(/ +/g, ' ').trim(),
          String(d.found),
          String(d.expected),
        );
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      add(name, 'cell', `cannot be decoded: ${error.message}`, `${expected.n} responses`);
    }
  }
  for (const [key, rest] of counted)
    if (rest.n > 0) add(nameOf(keyOf(key)), 'cell', 'missing', `${rest.n} responses`);
  return { responses, cells: cells.length, erased: false, differences };
}

/** After the storage period: there are rows without contents, which are counted, and tallies, whose numbers of respondents must be the same. */
function compareNumbers(ctx: Context, hot: HotCampaign, id: CampaignId, county: CountyCode): RecountResult {
  const placeOf = (k: Omit<TallyKey, 'valid'>) =>
    `questionnaire ${k.questionnaire}, sampling stratum ${k.samplingStratum}, reporting stratum ${k.reportingStratum}, channel ${k.channel}, set ${k.set}`;
  const rows = new Map<string, number>();
  let responses = 0;
  for (const revisions of respondents(ctx, hot.no, county)) {
    const last = effectiveRevision(revisions);
    if (last === undefined) continue;
    responses++;
    rows.set(placeOf(last), (rows.get(placeOf(last)) ?? 0) + 1);
  }
  const cells = readCells(ctx, 'tallies', id, county);
  const tallied = new Map<string, number>();
  for (const cell of cells) {
    const q = hot.questionnaires.get(cell.questionnaire);
    if (!q) throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'tallies.questionnaire' } });
    tallied.set(placeOf(cell), (tallied.get(placeOf(cell)) ?? 0) + decodeTally(q, cell.bytes).n);
  }
  const differences: TallyDifference[] = [];
  for (const place of new Set([...rows.keys(), ...tallied.keys()])) {
    const [stored, recounted] = [tallied.get(place) ?? 0, rows.get(place) ?? 0];
    if (stored !== recounted && differences.length < maximumNamed)
      differences.push({
        county,
        cell: place,
        what: 'respondents',
        stored: String(stored),
        recounted: String(recounted),
      });
  }
  return { responses, cells: cells.length, erased: true, differences };
}
