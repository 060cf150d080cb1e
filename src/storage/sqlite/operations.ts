/**
 * Every operation of the port as a synchronous function of one connection, with where it runs: `write` in the writer (one transaction each), `batch` in the
 * writer with a transaction of its own making, `read` on the caller's own read connection (a look-up by key), `scan` beside both on the
 * reader (whatever may take longer than a millisecond).
 */
import type { CampaignId } from '../../domain/ids.ts';
import type { Storage } from '../port.ts';
import { compact, inTx } from './connection.ts';
import type { Context } from './context.ts';
import { eraseCopies } from './copies.ts';
import * as answers from './queries/answers.ts';
import * as campaigns from './queries/campaigns.ts';
import * as canaries from './queries/canaries.ts';
import * as closing from './queries/closing.ts';
import * as divisions from './queries/divisions.ts';
import * as draw from './queries/draw.ts';
import * as evidence from './queries/evidence.ts';
import * as fates from './queries/fates.ts';
import * as expiry from './queries/expiry.ts';
import * as frame from './queries/frame.ts';
import { recount } from './queries/recount.ts';
import * as trail from './queries/trail.ts';
import * as users from './queries/users.ts';
import * as witnesses from './queries/witnesses.ts';
import * as watch from './queries/watch.ts';
import { backupTo, sealedCampaigns, unsealIn } from './sealed-backup.ts';

export type PortOperation = Exclude<keyof Storage, 'close' | 'health'>;
type Run<K extends PortOperation> = (
  ctx: Context,
  ...args: Parameters<Storage[K]>
) => Awaited<ReturnType<Storage[K]>>;
export type Mode = 'write' | 'batch' | 'read' | 'kept' | 'scan';
interface Operation<K extends PortOperation> {
  readonly mode: Mode;
  readonly run: Run<K>;
}

const write = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'write', run });
const batch = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'batch', run });
const read = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'read', run });
/** A look-up that answers change nothing of, only staff's work and the service's own: the serving process keeps its result until the next write but an answer. */
const kept = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'kept', run });
const scan = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'scan', run });

/** The writer remembers campaigns; whoever changes one says so. */
function changing(ctx: Context, id: CampaignId): void {
  ctx.hot.delete(id);
}

export const operations: { readonly [K in PortOperation]: Operation<K> } = {
  createUser: write((c, ...a) => users.createUser(c.db, ...a)),
  updateUser: write((c, ...a) => users.updateUser(c.db, ...a)),
  findUserByLogin: read((c, ...a) => users.findUserByLogin(c.db, ...a)),
  findUser: kept((c, ...a) => users.findUser(c.db, ...a)),
  listUsers: read((c) => users.listUsers(c.db)),

  replaceDivisions: write((c, ...a) => divisions.replaceDivisions(c.db, ...a)),
  findDivision: read((c, ...a) => divisions.findDivision(c.db, ...a)),
  countDivisions: read((c) => divisions.countDivisions(c.db)),

  createCampaign: write((c, ...a) => campaigns.createCampaign(c.db, ...a)),
  updateCampaign: write((c, stamp, id, ...a) => {
    changing(c, id);
    campaigns.updateCampaign(c.db, stamp, id, ...a);
  }),
  findCampaign: kept((c, ...a) => campaigns.findCampaign(c.db, ...a)),
  listCampaigns: kept((c) => campaigns.listCampaigns(c.db)),
  findDocument: kept((c, ...a) => campaigns.findDocument(c.db, ...a)),
  openCampaign: write((c, stamp, id) => {
    changing(c, id);
    campaigns.openCampaign(c.db, stamp, id);
  }),
  releaseCampaign: write((c, stamp, id) => {
    changing(c, id);
    campaigns.releaseCampaign(c.db, stamp, id);
  }),
  createProposal: write((c, ...a) => campaigns.createProposal(c.db, ...a)),
  decideProposal: write((c, ...a) => campaigns.decideProposal(c, c.db, ...a)),
  listProposals: kept((c, ...a) => campaigns.listProposals(c.db, ...a)),

  putSchools: write((c, ...a) => frame.putSchools(c.db, ...a)),
  listSchools: read((c, ...a) => frame.listSchools(c.db, ...a)),
  createImport: write((c, ...a) => frame.createImport(c.db, ...a)),
  stageRows: write((c, ...a) => frame.stageRows(c, ...a)),
  finishStaging: write((c, ...a) => frame.finishStaging(c.db, ...a)),
  findImport: read((c, ...a) => frame.findImport(c.db, ...a)),
  listImports: read((c, ...a) => frame.listImports(c.db, ...a)),
  listImportsIn: read((c, ...a) => frame.listImportsIn(c.db, ...a)),
  listFaults: read((c, ...a) => frame.listFaults(c.db, ...a)),
  applyImport: write((c, ...a) => frame.applyImport(c, c.db, ...a)),
  discardImport: write((c, ...a) => frame.discardImport(c.db, ...a)),
  countFrame: scan((c, ...a) => frame.countFrame(c, ...a)),
  listFrame: scan((c, ...a) => frame.listFrame(c.db, ...a)),
  freezeFrame: write((c, ...a) => frame.freezeFrame(c.db, ...a)),
  beginDraw: write((c, ...a) => draw.beginDraw(c.db, ...a)),
  resetDraw: write((c, ...a) => draw.resetDraw(c.db, ...a)),
  saveDrawn: write((c, ...a) => draw.saveDrawn(c, ...a)),
  finishDraw: write((c, stamp, id, ...a) => {
    changing(c, id);
    draw.finishDraw(c, stamp, id, ...a);
  }),
  sealCanaries: write((c, ...a) => canaries.sealCanaries(c, ...a)),
  listCanaries: read((c, ...a) => canaries.listCanaries(c.db, ...a)),
  findCanaries: read((c, ...a) => canaries.findCanaries(c, ...a)),
  readCanaries: scan((c, ...a) => canaries.readCanaries(c, ...a)),
  recordOpenedCanaries: write((c, ...a) => canaries.recordOpenedCanaries(c.db, ...a)),
  readStrata: kept((c, ...a) => draw.readStrata(c.db, ...a)),
  listLateContacts: scan((c, ...a) => frame.listLateContacts(c.db, ...a)),
  issueLate: write((c, ...a) => draw.issueLate(c, ...a)),

  listMessageContacts: scan((c, ...a) => draw.listMessageContacts(c.db, ...a)),
  haveAnswered: scan((c, ...a) => answers.haveAnswered(c, ...a)),
  recordExport: write((c, ...a) => draw.recordExport(c, ...a)),
  findContacts: scan((c, ...a) => fates.findContacts(c, ...a)),
  saveFates: write((c, ...a) => fates.saveFates(c, ...a)),
  listFates: scan((c, ...a) => fates.listFates(c, ...a)),
  listIneligible: kept((c, ...a) => campaigns.listIneligible(c.db, ...a)),
  countDrawnCodes: scan((c, ...a) => draw.countDrawnCodes(c, ...a)),
  listExports: read((c, ...a) => draw.listExports(c.db, ...a)),
  createLinks: write((c, ...a) => draw.createLinks(c.db, ...a)),
  findLink: read((c, ...a) => draw.findLink(c, ...a)),
  listLinks: read((c, ...a) => draw.listLinks(c.db, ...a)),

  findIssued: read((c, ...a) => answers.findIssued(c, ...a)),
  recordResponses: batch((c, ...a) => answers.recordResponses(c, ...a)),
  listPressure: scan((c, ...a) => answers.listPressure(c, ...a)),
  readTallies: scan((c, ...a) => answers.readCells(c, 'tallies', ...a)),
  countResponses: scan((c, ...a) => answers.countResponses(c, ...a)),
  saveSnapshot: write((c, ...a) => answers.saveSnapshot(c, ...a)),
  findLatestSnapshot: kept((c, ...a) => answers.findLatestSnapshot(c, ...a)),
  recount: scan((c, ...a) => recount(c, ...a)),

  beginClosing: write((c, stamp, id) => {
    changing(c, id);
    closing.beginClosing(c, stamp, id);
  }),
  endSlot: write((c) => watch.endSlot(c)),
  countClosing: write((c, ...a) => closing.countClosing(c, ...a)),
  readClosingCounts: scan((c, ...a) => closing.readClosingCounts(c, ...a)),
  listTexts: scan((c, ...a) => answers.listTexts(c, ...a)),
  completeClosingStep: write((c, stamp, id, ...a) => {
    changing(c, id);
    closing.completeClosingStep(c, stamp, id, ...a);
  }),
  sealLot: write((c, ...a) => evidence.sealLot(c, ...a)),
  eraseSuperseded: write((c, ...a) => closing.eraseSuperseded(c, ...a)),
  compact: batch((c) => {
    // Rows move: what is remembered of where a cell stands no longer holds.
    answers.forgetCells(c);
    compact(c.raw);
  }),

  beginExpiry: write((c, stamp, id) => {
    changing(c, id);
    expiry.beginExpiry(c.db, stamp, id);
  }),
  listSealedContacts: scan((c, ...a) => expiry.listSealedContacts(c, ...a)),
  eraseContacts: write((c, ...a) => expiry.eraseContacts(c, ...a)),
  eraseContents: write((c, ...a) => expiry.eraseContents(c, ...a)),
  eraseCopies: scan((c, ...a) => eraseCopies(c.raw, ...a)),
  completeExpiryStep: write((c, stamp, id, ...a) => {
    changing(c, id);
    expiry.completeExpiryStep(c, stamp, id, ...a);
  }),

  findLog: kept((c, ...a) => evidence.findLog(c.db, ...a)),
  findTile: read((c, ...a) => evidence.findTile(c.db, ...a)),
  saveCheckpoint: write((c, ...a) => evidence.saveCheckpoint(c.db, ...a)),
  listCheckpoints: kept((c, ...a) => evidence.listCheckpoints(c.db, ...a)),
  findCheckpoint: read((c, ...a) => evidence.findCheckpoint(c.db, ...a)),
  saveCosignature: write((c, ...a) => evidence.saveCosignature(c.db, ...a)),
  listCosignatures: kept((c, ...a) => evidence.listCosignatures(c.db, ...a)),
  findLeafHash: read((c, ...a) => evidence.findLeafHash(c, ...a)),
  findLeaf: scan((c, ...a) => evidence.findLeaf(c, ...a)),
  queueNewest: write((c, ...a) => witnesses.queueNewest(c.db, ...a)),
  listDuePosts: read((c, ...a) => witnesses.listDuePosts(c, ...a)),
  recordDelivery: write((c, ...a) => witnesses.recordDelivery(c.db, ...a)),
  recordFailedPost: write((c, ...a) => witnesses.recordFailedPost(c.db, ...a)),
  listWitnessProgress: kept((c, ...a) => witnesses.listWitnessProgress(c, ...a)),
  listLeaves: scan((c, ...a) => evidence.listLeaves(c, ...a)),
  listIssued: scan((c, ...a) => evidence.listIssued(c, ...a)),
  recordFlag: write((c, ...a) => evidence.recordFlag(c.db, ...a)),
  recordBundle: write((c, ...a) => evidence.recordBundle(c.db, ...a)),

  listTrail: scan((c, ...a) => trail.listTrail(c.db, ...a)),
  appendTrail: write((c, stamp, e) => trail.writeTrail(c.db, stamp, e.action, e, e.details)),
  backup: scan((c, ...a) => backupTo(c.raw, ...a)),
  listSealed: read((c) => sealedCampaigns(c.raw)),
  unseal: write((c, { campaign, key }) => {
    changing(c, campaign);
    answers.forgetCells(c);
    unsealIn(c.raw, campaign, key);
  }),
};

/** Runs one operation on a connection; `write` inside a transaction of its own. */
export function runOperation(ctx: Context, name: PortOperation, args: readonly unknown[]): unknown {
  const operation = operations[name] as {
    readonly mode: Mode;
    run(ctx: Context, ...args: readonly unknown[]): unknown;
  };
  if (operation.mode !== 'write') {
    // Readers learn of changes by reading: what they remembered of campaigns may be old.
    if (operation.mode !== 'batch' && ctx.hot.size > 0) ctx.refresh();
    return operation.run(ctx, ...args);
  }
  try {
    return inTx(ctx, () => operation.run(ctx, ...args) as never);
  } catch (error) {
    // Rolled back: what was learnt of a campaign inside may never have become true.
    ctx.hot.clear();
    throw error;
  }
}
