import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { assertRollOpen } from '../../../domain/frame/decide-hand-in.ts';
import {
  decideSchoolEdit,
  decideSchoolRemoval,
  decideSchools,
  type SchoolEdit,
} from '../../../domain/frame/decide-schools.ts';
import type { PlacedSchool, SchoolPlan } from '../../../domain/frame/roll/school-plan.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import type { School } from '../../../domain/model/school.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import {
  locationSchema,
  ownershipSchema,
  schoolCategorySchema,
  schoolLevelSchema,
} from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import { insertRows, type Columns } from '../bulk.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../../shared/json.ts';
import { schools } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';

const aliasesSchema = z.array(z.string());

const columns: Columns = {
  ...{ campaign: 'integer', county: 'text', id: 'text', name: 'text', category: 'text', location: 'text' },
  ...{ level: 'text', ownership: 'text', pupils: 'integer', staff: 'integer', township: 'text' },
  ...{ parent: 'text', code: 'text', aliases: 'text' },
};

export async function putSchools(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  list: readonly PlacedSchool[],
): Promise<SchoolPlan> {
  const state = await readCountyState(tx, id, county);
  const { no } = state;
  assertRollOpen(state.handIn, stamp.actor);
  const decision = decideSchools({ ...state, known: await listSchools(tx, id, county) }, list);
  await writeSchools(tx, no, county, decision.changes.schools);
  await recordDecision(tx, stamp, { no, id }, decision);
  return decision.changes;
}

async function writeSchools(
  tx: Tx,
  campaign: number,
  county: CountyCode,
  list: readonly School[],
): Promise<void> {
  const rows = new Map(
    list.map((s) => [
      s.id,
      [
        ...[campaign, county, s.id, s.name, s.category, s.location, s.level, s.ownership, s.pupils, s.staff],
        ...[s.township, s.parent, s.code, JSON.stringify(s.aliases)],
      ],
    ]),
  );
  await insertRows(
    tx.$raw,
    'schools',
    columns,
    [...rows.values()],
    `ON CONFLICT (campaign, county, id) DO UPDATE SET name = excluded.name, category = excluded.category, location = excluded.location,
       level = excluded.level, ownership = excluded.ownership, pupils = excluded.pupils, staff = excluded.staff,
       township = excluded.township, parent = excluded.parent, code = excluded.code, aliases = excluded.aliases`,
  );
}

export async function editSchool(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId,
  edit: SchoolEdit,
): Promise<void> {
  const state = await readCountyState(tx, id, county);
  assertRollOpen(state.handIn, stamp.actor);
  const decision = decideSchoolEdit({ ...state, known: await listSchools(tx, id, county) }, school, edit);
  await writeSchools(tx, state.no, county, [decision.changes]);
  await recordDecision(tx, stamp, { no: state.no, id }, decision);
}

export async function removeSchool(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId,
): Promise<void> {
  const tx = ctx.db;
  const state = await readCountyState(tx, id, county);
  const { no } = state;
  assertRollOpen(state.handIn, stamp.actor);
  const exists = async (sqlText: string) =>
    (await ctx.raw.prepare(sqlText).get({ no, county, school })) !== undefined;
  const isNamed =
    (await exists(
      'SELECT 1 FROM contact_schools WHERE campaign = @no AND county = @county AND school = @school LIMIT 1',
    )) ||
    (await exists(
      `SELECT 1 FROM import_rows
       WHERE school = @school AND import IN (SELECT id FROM imports WHERE campaign = @no AND county = @county) LIMIT 1`,
    ));
  const known = await listSchools(tx, id, county);
  const decision = decideSchoolRemoval({ ...state, known }, school, isNamed);
  await tx
    .delete(schools)
    .where(
      and(eq(schools.campaign, no), eq(schools.county, county), eq(schools.id, decision.changes.removed)),
    );
  await recordDecision(tx, stamp, { no, id }, decision);
}

export async function listSchools(tx: Tx, id: CampaignId, county: CountyCode): Promise<readonly School[]> {
  return (
    await tx
      .select()
      .from(schools)
      .where(and(eq(schools.campaign, await campaignNo(tx, id)), eq(schools.county, county)))
      .orderBy(asc(schools.id))
  ).map((s) => ({
    id: s.id as SchoolId,
    name: s.name,
    code: s.code,
    aliases: parseJson(aliasesSchema, s.aliases, 'schools.aliases'),
    category: schoolCategorySchema.parse(s.category),
    location: s.location === null ? null : locationSchema.parse(s.location),
    level: s.level === null ? null : schoolLevelSchema.parse(s.level),
    ownership: ownershipSchema.parse(s.ownership),
    pupils: s.pupils,
    staff: s.staff,
    township: s.township,
    parent: s.parent as SchoolId | null,
  }));
}
