/** The county's roll and its schools as pages, for all routes that show them or return to them. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SchoolId } from '../../../domain/model/ids.ts';
import type { School } from '../../../domain/model/school.ts';
import { isLateWaiting } from '../../../operations/draw/late.ts';
import { getCoverage, type Coverage } from '../../../operations/frame/coverage.ts';
import { listRollFiles } from '../../../operations/frame/files.ts';
import { listHandIns } from '../../../operations/frame/hand-in.ts';
import { listImports } from '../../../operations/frame/roll.ts';
import { listSchools, type SchoolImport } from '../../../operations/frame/schools.ts';
import { memoizeByIdentity } from '../../../operations/memoize.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import type { PageProblem } from '../page-view.ts';
import { contextOf, placeOf, type PagesOptions } from '../pages.ts';
import { rollPage } from './roll-view.ts';
import { schoolsPage } from './schools-view.ts';

export const shownFaults = 50;

/** The county's page, for the other routes that return to it. */
export type ShowRoll = (
  request: FastifyRequest,
  reply: FastifyReply,
  problem?: PageProblem,
) => Promise<ReturnType<typeof rollPage>>;

export function showRollOf({ deps }: Pick<PagesOptions, 'deps'>): ShowRoll {
  return async (request, reply, problem) => {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const actor = actorOfRequest(request);
    const schools = await listSchools(deps, actor, id, code);
    return rollPage(contextOf(request, reply), {
      campaign,
      county,
      schools: schools.length,
      files: await listRollFiles(deps, actor, id, code),
      imports: await listImports(deps, actor, id, code),
      coverage: schools.length > 0 ? await getCoverage(deps, actor, id, code) : null,
      handIn: (await listHandIns(deps, actor, id, code))[0] ?? null,
      lateWaiting: await isLateWaiting(deps, actor, id, code),
      ...(problem && { problem }),
    });
  };
}

/** Data of the page of schools. */
export async function readSchools(deps: PagesOptions['deps'], request: FastifyRequest) {
  const { campaign, county, id, code } = await placeOf(deps, request);
  const actor = actorOfRequest(request);
  const schools = await listSchools(deps, actor, id, code);
  const coverage = schools.length > 0 ? await getCoverage(deps, actor, id, code) : null;
  return { campaign, county, schools, unused: coverage === null ? none : unusedOf(coverage, schools) };
}

const none: ReadonlySet<SchoolId> = new Set();
const unusedOf = memoizeByIdentity(
  ({ missing }: Coverage, schools: readonly School[]): ReadonlySet<SchoolId> => {
    const parents = new Set(schools.map((s) => s.parent));
    return new Set(missing.map((m) => m.id).filter((own) => !parents.has(own)));
  },
);

export function showSchoolsOf({ deps }: Pick<PagesOptions, 'deps'>) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    problem?: PageProblem,
    sent: Pick<SchoolImport, 'faults' | 'warnings'> = { faults: [], warnings: [] },
  ) =>
    schoolsPage(contextOf(request, reply), {
      ...(await readSchools(deps, request)),
      faults: sent.faults.slice(0, shownFaults),
      warnings: sent.warnings,
      ...(problem && { problem }),
    });
}
