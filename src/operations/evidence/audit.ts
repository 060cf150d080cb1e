/**
 * The audit against the log: after close and then daily, before the release, before every report and export of figures, and on
 * request. The last result of each county is stored; while it has differences, no verdict is shown.
 */
import type { CountyAudit } from '../../domain/evidence/audit/audit-county.ts';
import { recordOf } from '../../domain/evidence/decide-audit.ts';
import { encodeFrameEntry } from '../../domain/evidence/frame-entry.ts';
import { createTreeBuilder, leafHash } from '../../domain/evidence/merkle.ts';
import type { NoteKey } from '../../domain/evidence/note.ts';
import type { TrailBreak } from '../../domain/evidence/trail.ts';
import { AppError } from '../../domain/errors.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import { toHex } from '../../domain/hash.ts';
import type { AuditRecord } from '../../domain/model/audit.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Storage } from '../../storage/port/index.ts';
import { campaignKey, countyOf, getVisibleCampaign } from '../campaign/lookup.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { stamp, type Deps } from '../deps.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { frameEntries } from '../frame/frame.ts';
import { listLogKeys } from './evidence.ts';
import { commitmentOf } from './sealing.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Every county of the campaign that the actor may see and that has a log. */
export async function auditCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
): Promise<readonly (CountyAudit & { readonly name: string })[]> {
  assertMay(actor, 'recount.run');
  const { counties } = await getVisibleCampaign(deps, actor, id);
  const names = new Map(counties.map(({ code, name }) => [code, name]));
  const audits = await runAudits(
    deps,
    actor,
    id,
    counties.map((c) => c.code),
    true,
  );
  return audits.map((audit) => ({ ...audit, name: names.get(audit.county) ?? '' }));
}

/** The trail of the whole installation. */
export function auditTrail(
  deps: Deps,
  actor: Actor,
): Promise<{ readonly entries: number; readonly breaks: readonly TrailBreak[] }> {
  assertMay(actor, 'recount.run');
  return deps.storage.auditTrail();
}

async function runAudits(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  counties: readonly CountyCode[],
  withRoll = false,
): Promise<readonly CountyAudit[]> {
  const asked = await Promise.all(
    counties.map(async (county) => ({ county, key: await findCheckpointKey(deps, id, county) })),
  );
  const found = (await auditReadable(deps, id, asked)).filter((audit) => audit !== null);
  const audits: CountyAudit[] = [];
  for (const audit of found) audits.push(withRoll ? await withRollRoot(deps, id, audit) : audit);
  for (const audit of audits) {
    if (audit.count > 0)
      deps.log.error(
        { campaign: id, county: audit.county, differences: audit.count, first: audit.differences[0] },
        'audit.failed',
      );
    await keep(deps, actor, id, audit);
  }
  return audits;
}

/** The root of the roll is recomputed: this needs the contacts key, and takes some microseconds for each contact. */
async function withRollRoot(deps: Deps, id: CampaignId, audit: CountyAudit): Promise<CountyAudit> {
  const campaign = await getVisibleCampaign(deps, systemActor, id);
  const { frame } = countyOf(campaign, audit.county);
  if (frame === null || frame.size === 0) return audit;
  const found = await rollRoot(deps, campaign, audit.county);
  const expected = toHex(frame.root);
  if (found === null || found === expected) return audit;
  const difference = {
    table: 'contacts, contact_schools',
    row: 'frame',
    leaf: 0,
    what: 'root',
    expected,
    found,
  };
  return { ...audit, count: audit.count + 1, differences: [...audit.differences, difference] };
}

/** null: neither the key nor the commitments that replace it exist. */
async function rollRoot(deps: Deps, campaign: Campaign, county: CountyCode): Promise<string | null> {
  try {
    const key =
      campaign.expiryStep === null && campaign.expiredAt === null
        ? campaignKey(deps, campaign, 'contacts')
        : null;
    const tree = createTreeBuilder();
    const yieldToEventLoop = createYielder();
    for await (const { entry, group, affiliations, sealed, commitment } of frameEntries(
      deps,
      campaign.id,
      county,
    )) {
      const kept = key && sealed ? commitmentOf(key, entry, sealed) : commitment;
      if (kept === null) return null;
      tree.append(leafHash(encodeFrameEntry({ id: entry, group, affiliations, commitment: kept })));
      await yieldToEventLoop();
    }
    return toHex(tree.root());
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // A phone that the key cannot decrypt was not sealed with it.
    return error.message === 'keys.unsealable' ? 'cannot be opened' : null;
  }
}

type Asked = readonly { readonly county: CountyCode; readonly key: NoteKey | null }[];

/** Unreadable rows are a difference of their county, and do not prevent the audit of others. */
async function auditReadable(
  deps: Deps,
  id: CampaignId,
  asked: Asked,
): Promise<readonly (CountyAudit | null)[]> {
  try {
    return await deps.storage.auditLogs(id, asked);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'corrupt') throw error;
    const [only, ...others] = asked;
    if (only === undefined) return [];
    if (others.length === 0) return [unreadable(only.county, error)];
  }
  const audits: (CountyAudit | null)[] = [];
  for (const one of asked) audits.push(...(await auditReadable(deps, id, [one])));
  return audits;
}

function unreadable(county: CountyCode, { params, message }: AppError): CountyAudit {
  const [table = 'database', what = ''] = String(params['column'] ?? '').split('.');
  const difference = { table, row: '', leaf: null, what, expected: '', found: message };
  return { county, size: 0, responses: 0, count: 1, differences: [difference], uncommitted: [] };
}

/** null: it is missing here, and signatures are not checked. */
export async function findCheckpointKey(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
): Promise<NoteKey | null> {
  try {
    return (await listLogKeys(deps, id, county))[0] ?? null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** An unchanged result of the last hour is not written again. */
async function keep(deps: Deps, actor: Actor, id: CampaignId, audit: CountyAudit): Promise<void> {
  const record = recordOf(audit, deps.now());
  const before = await deps.storage.findAudit(id, audit.county);
  const isSame =
    before !== undefined &&
    before.differences === record.differences &&
    before.logSize === record.logSize &&
    record.at - before.at < hour;
  if (isSame && actor.role === 'system') return;
  try {
    await deps.storage.recordAudit(stamp(deps, actor), id, audit.county, record);
  } catch (error) {
    // A read-only command, beside the service.
    if (!(error instanceof AppError) || error.message !== 'storage.look-only') throw error;
  }
}

interface Known {
  readonly changes: string;
  readonly record: AuditRecord;
}
/** By campaign and county: valid as long as the database does not change. */
const known = new WeakMap<Storage, Map<string, Known>>();

/** Before figures are shown: an audit is not repeated if nobody has written to the database since. */
export async function auditForReports(
  deps: Deps,
  id: CampaignId,
  counties: readonly CountyCode[],
): Promise<ReadonlyMap<CountyCode, AuditRecord>> {
  const own = known.get(deps.storage) ?? new Map<string, Known>();
  known.set(deps.storage, own);
  const changes = await deps.storage.readChangeCount();
  const found = new Map<CountyCode, AuditRecord>();
  const open = counties.filter((county) => {
    const last = own.get(`${id} ${county}`);
    if (last?.changes !== changes) return true;
    found.set(county, last.record);
    return false;
  });
  if (open.length === 0) return found;
  const audits = await runAudits(deps, systemActor, id, open);
  const isUnchanged = (await deps.storage.readChangeCount()) === changes;
  for (const audit of audits) {
    const record = recordOf(audit, deps.now());
    found.set(audit.county, record);
    if (isUnchanged) own.set(`${id} ${audit.county}`, { changes, record });
  }
  return found;
}

/** @throws AppError conflict `audit.failed` unless every county's tables agree with its log */
export async function assertAudited(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  counties: readonly CountyCode[],
): Promise<void> {
  for (const { county, count } of await runAudits(deps, actor, id, counties, true))
    if (count > 0) throw auditFailed(county, count);
}

export function auditFailed(county: CountyCode, differences: number): AppError {
  return new AppError('conflict', 'audit.failed', { params: { county, differences } });
}

/** Once a minute: campaigns closed since their last audit, and all closed ones once a day. */
export async function auditDue(deps: Deps): Promise<void> {
  await forEachCampaign(deps, 'audit', async ({ id, counties, closedAt, closingStep, expiryStep }) => {
    if (closedAt === null || closingStep !== null || expiryStep !== null) return;
    const due: CountyCode[] = [];
    for (const { code } of counties) {
      const last = await deps.storage.findAudit(id, code);
      if (last === undefined || last.at < closedAt || deps.now() - last.at >= day) due.push(code);
    }
    if (due.length > 0) await runAudits(deps, systemActor, id, due, true);
  });
}
