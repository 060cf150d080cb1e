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
import type { Context } from '../context.ts';
import { parseJson } from '../../shared/json.ts';
import { schools } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';

const aliasesSchema = z.array(z.string());

export function putSchools(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  list: readonly PlacedSchool[],
): SchoolPlan {
  const state = readCountyState(tx, id, county);
  const { no } = state;
  assertRollOpen(state.handIn, stamp.actor);
  const decision = decideSchools({ ...state, known: listSchools(tx, id, county) }, list);
  writeSchools(tx, no, county, decision.changes.schools);
  recordDecision(tx, stamp, { no, id }, decision);
  return decision.changes;
}

function writeSchools(tx: Tx, campaign: number, county: CountyCode, list: readonly School[]): void {
  // Prepared once: with thousands of schools the query builder would block the writer.
  const put = tx.$client.prepare(
    `INSERT INTO schools (campaign, county, id, name, category, location, level, ownership, pupils, staff, township, parent, code, aliases)
     VALUES (@campaign, @county, @id, @name, @category, @location, @level, @ownership, @pupils, @staff, @township, @parent, @code, @aliases)
     ON CONFLICT (campaign, county, id) DO UPDATE SET name = excluded.name, category = excluded.category, location = excluded.location,
       level = excluded.level, ownership = excluded.ownership, pupils = excluded.pupils, staff = excluded.staff,
       township = excluded.township, parent = excluded.parent, code = excluded.code, aliases = excluded.aliases`,
  );
  for (const school of list)
    put.run({ campaign, county, ...school, aliases: JSON.stringify(school.aliases) });
}

export function editSchool(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId,
  edit: SchoolEdit,
): void {
  const state = readCountyState(tx, id, county);
  assertRollOpen(state.handIn, stamp.actor);
  const decision = decideSchoolEdit({ ...state, known: listSchools(tx, id, county) }, school, edit);
  writeSchools(tx, state.no, county, [decision.changes]);
  recordDecision(tx, stamp, { no: state.no, id }, decision);
}

export function removeSchool(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId,
): void {
  const tx = ctx.db;
  const state = readCountyState(tx, id, county);
  const { no } = state;
  assertRollOpen(state.handIn, stamp.actor);
  const exists = (sqlText: string) => ctx.raw.prepare(sqlText).get({ no, county, school }) !== undefined;
  const isNamed =
    exists(
      'SELECT 1 FROM contact_schools WHERE campaign = @no AND county = @county AND school = @school LIMIT 1',
    ) ||
    exists(
      `SELECT 1 FROM import_rows
       WHERE school = @school AND import IN (SELECT id FROM imports WHERE campaign = @no AND county = @county) LIMIT 1`,
    );
  const known = listSchools(tx, id, county);
  const decision = decideSchoolRemoval({ ...state, known }, school, isNamed);
  tx.delete(schools)
    .where(
      and(eq(schools.campaign, no), eq(schools.county, county), eq(schools.id, decision.changes.removed)),
    )
    .run();
  recordDecision(tx, stamp, { no, id }, decision);
}

export function listSchools(tx: Tx, id: CampaignId, county: CountyCode): readonly School[] {
  return tx
    .select()
    .from(schools)
    .where(and(eq(schools.campaign, campaignNo(tx, id)), eq(schools.county, county)))
    .orderBy(asc(schools.id))
    .all()
    .map((s) => ({
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
