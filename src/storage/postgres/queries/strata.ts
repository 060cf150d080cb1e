import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import {
  reportingLevels,
  type ReportingStratum,
  type SamplingStratum,
} from '../../../domain/frame/strata.ts';
import { schoolIdSchema, type CampaignId, type CountyCode } from '../../../domain/model/ids.ts';
import { groupSchema, locationSchema } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import { parseJson } from '../../shared/json.ts';
import { reportingStrata, samplingStrata } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';

// Created once: building a schema costs more than reading a row.
const stratumKindSchema = z.enum(['frame', 'slips']);
const reportingLevelSchema = z.enum(reportingLevels);
const schoolsSchema = z.array(schoolIdSchema);
const issuedCountsSchema = z.object({ drawn: z.number(), replacement: z.number(), other: z.number() });

export async function readStrata(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<{
  readonly sampling: readonly SamplingStratum[];
  readonly reporting: readonly ReportingStratum[];
}> {
  const campaign = await campaignNo(tx, id);
  const sampling = (
    await tx
      .select()
      .from(samplingStrata)
      .where(and(eq(samplingStrata.campaign, campaign), eq(samplingStrata.county, county)))
      .orderBy(asc(samplingStrata.no))
  ).map(({ campaign: _c, county: _k, ...s }) => ({
    ...s,
    group: groupSchema.parse(s.group),
    location: s.location === null ? null : locationSchema.parse(s.location),
    kind: stratumKindSchema.parse(s.kind),
  }));
  const reporting = (
    await tx
      .select()
      .from(reportingStrata)
      .where(and(eq(reportingStrata.campaign, campaign), eq(reportingStrata.county, county)))
      .orderBy(asc(reportingStrata.no))
  ).map(({ campaign: _c, county: _k, ...s }) => ({
    ...s,
    group: groupSchema.parse(s.group),
    level: reportingLevelSchema.parse(s.level),
    location: s.location === null ? null : locationSchema.parse(s.location),
    schools: parseJson(schoolsSchema, s.schools, 'reporting_strata.schools'),
    issued: parseJson(issuedCountsSchema, s.issued, 'reporting_strata.issued'),
  }));
  return { sampling, reporting };
}
