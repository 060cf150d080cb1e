/**
 * Every operation of the port as a synchronous function of one connection, with its mode. `write`: in the writer, one transaction
 * each. `batch`: in the writer, with its own transaction. `unsynced`: like `write`, but durable only with the next synced one
 * (`inUnsyncedTx`). `read`: on the caller's own read connection (a look-up by key). `scan`: concurrently on the reader (anything
 * that may take longer than a millisecond).
 */
import type { CampaignId } from '../../domain/model/ids.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import { assertNoJump } from '../../domain/service-time.ts';
import type { Storage } from '../port/index.ts';
import { compact, deferCompaction, findDeferredCompaction, inTx, inUnsyncedTx } from './connection.ts';
import type { PartCalls, PartedOperation } from '../shared/part-calls.ts';
import type { Context } from './context.ts';
import { eraseCopies, removeUnfinished } from './copies/copies.ts';
import { findDamage } from './integrity.ts';
import * as audit from './queries/audit.ts';
import * as answers from './queries/answers.ts';
import * as campaigns from './queries/campaigns.ts';
import * as canaries from './queries/canaries.ts';
import * as closing from './queries/closing.ts';
import * as checkpoints from './queries/checkpoints.ts';
import * as cosignatures from './queries/cosignatures.ts';
import * as count from './queries/count.ts';
import * as divisions from './queries/divisions.ts';
import * as draw from './queries/draw.ts';
import * as evidence from './queries/evidence.ts';
import * as fates from './queries/fates.ts';
import * as expiry from './queries/expiry.ts';
import * as frame from './queries/frame.ts';
import * as handOver from './queries/hand-over.ts';
import * as handIns from './queries/hand-ins.ts';
import * as inspection from './queries/inspection.ts';
import * as outbox from './queries/outbox.ts';
import * as sendings from './queries/sendings.ts';
import * as links from './queries/links.ts';
import * as lots from './queries/lots.ts';
import * as imports from './queries/imports.ts';
import * as importStaging from './queries/import-staging.ts';
import * as importApplying from './queries/import-applying.ts';
import * as importWithdrawing from './queries/import-withdrawing.ts';
import * as rollFiles from './queries/roll-files.ts';
import * as uploadLinks from './queries/upload-links.ts';
import * as codes from './queries/codes.ts';
import * as schools from './queries/schools.ts';
import { recount } from './queries/recount.ts';
import { readStrata } from './queries/strata.ts';
import * as proposals from './queries/proposals.ts';
import * as serviceState from './queries/service-state.ts';
import * as logKey from './queries/log-key.ts';
import * as templates from './queries/templates.ts';
import * as trail from './queries/trail.ts';
import * as users from './queries/users.ts';
import * as witnesses from './queries/witnesses.ts';
import { campaignNo } from './queries/campaign-no.ts';
import { endSlot } from './queries/slots.ts';
import { verifyFile } from './copies/verify.ts';
import { backupTo, sealedCampaigns, unsealIn } from './copies/sealed-backup.ts';

type PortOperation = Exclude<keyof Storage, 'close' | 'health' | PartedOperation>;
type Run<K extends PortOperation> = (
  ctx: Context,
  ...args: Parameters<Storage[K]>
) => Awaited<ReturnType<Storage[K]>>;
export type Mode = 'write' | 'batch' | 'unsynced' | 'read' | 'cached' | 'cached-scan' | 'scan';
interface Operation<K extends PortOperation> {
  readonly mode: Mode;
  readonly run: Run<K>;
}

const write = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'write', run });
const unsynced = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'unsynced', run });
const batch = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'batch', run });
const read = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'read', run });
/**
 * A look-up whose result answers never change, only work of staff and of the service itself: the serving process caches it until
 * the next write other than an answer.
 */
const cached = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'cached', run });
/** Like `cached`, but run as a scan, with a result as large as a county. Answers must not change it. */
const cachedScan = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'cached-scan', run });
const scan = <K extends PortOperation>(run: Run<K>): Operation<K> => ({ mode: 'scan', run });

/** The writer caches campaigns; operations that change one declare it. */
function changing(ctx: Context, id: CampaignId): void {
  ctx.hot.delete(id);
}

export const operations: { readonly [K in PortOperation]: Operation<K> } = {
  replaceLogKey: write((c, ...a) => logKey.replaceLogKey(c, ...a)),
  listRekeys: read((c, ...a) => logKey.listRekeys(c, ...a)),
  probeWrite: write((c) => serviceState.probeWrite(c.db)),

  createUser: write((c, ...a) => users.createUser(c.db, ...a)),
  updateUser: write((c, ...a) => users.updateUser(c.db, ...a)),
  findUserByLogin: read((c, ...a) => users.findUserByLogin(c.db, ...a)),
  findUser: cached((c, ...a) => users.findUser(c.db, ...a)),
  listUsers: read((c) => users.listUsers(c.db)),
  findSecondFactor: read((c, ...a) => users.findSecondFactor(c.db, ...a)),
  countRecoveryCodes: read((c, ...a) => users.countRecoveryCodes(c.db, ...a)),
  setSecondFactor: write((c, ...a) => users.setSecondFactor(c.db, ...a)),
  useTimeCode: write((c, ...a) => users.useTimeCode(c.db, ...a)),
  useRecoveryCode: write((c, ...a) => users.useRecoveryCode(c.db, ...a)),
  findSubject: read((c, ...a) => users.findSubject(c.db, ...a)),
  bindSubject: write((c, ...a) => users.bindSubject(c.db, ...a)),
  unbindSubject: write((c, ...a) => users.unbindSubject(c.db, ...a)),
  createToken: write((c, ...a) => users.createToken(c.db, ...a)),
  listTokens: read((c, ...a) => users.listTokens(c.db, ...a)),
  findToken: cached((c, ...a) => users.findToken(c.db, ...a)),
  revokeToken: write((c, ...a) => users.revokeToken(c.db, ...a)),
  markTokenUsed: write((c, ...a) => users.markTokenUsed(c.db, ...a)),
  beginSession: write((c, ...a) => users.beginSession(c.db, ...a)),
  listSessions: read((c, ...a) => users.listSessions(c.db, ...a)),
  listLastLogIns: read((c) => users.listLastLogIns(c.db)),
  endSession: write((c, ...a) => users.endSession(c.db, ...a)),
  isSessionEnded: cached((c, ...a) => users.isSessionEnded(c.db, ...a)),
  forgetEndedSessions: write((c, ...a) => users.forgetEndedSessions(c.db, ...a)),

  replaceDivisions: write((c, ...a) => divisions.replaceDivisions(c.db, ...a)),
  findDivision: read((c, ...a) => divisions.findDivision(c.db, ...a)),
  findDivisionsByName: read((c, ...a) => divisions.findDivisionsByName(c.db, ...a)),
  countDivisions: read((c) => divisions.countDivisions(c.db)),

  createCampaign: write((c, ...a) => campaigns.createCampaign(c.db, ...a)),
  createResurvey: write((c, stamp, { campaign, county, entry }, ...a) => {
    campaigns.createCampaign(c.db, stamp, ...a);
    inspection.changeInspection(c.db, stamp, campaign, county, entry);
  }),
  updateCampaign: write((c, stamp, id, ...a) => {
    changing(c, id);
    campaigns.updateCampaign(c.db, stamp, id, ...a);
  }),
  deleteCampaign: write((c, stamp, id) => {
    changing(c, id);
    campaigns.deleteCampaign(c.db, stamp, id);
  }),
  findCampaign: cached((c, ...a) => campaigns.findCampaign(c.db, ...a)),
  listCampaigns: cached((c) => campaigns.listCampaigns(c.db)),
  listBrokenCampaigns: cached((c) => campaigns.listBrokenCampaigns(c.db)),
  findDocument: cached((c, ...a) => campaigns.findDocument(c.db, ...a)),
  openCampaign: write((c, stamp, id) => {
    changing(c, id);
    campaigns.openCampaign(c.db, stamp, id);
  }),
  releaseCampaign: write((c, stamp, id) => {
    changing(c, id);
    campaigns.releaseCampaign(c.db, stamp, id, audit.readHeads(c.db, campaignNo(c.db, id), stamp.at));
  }),
  createProposal: write((c, ...a) => proposals.createProposal(c.db, ...a)),
  decideProposal: write((c, ...a) => proposals.decideProposal(c, c.db, ...a)),
  findProposal: cached((c, ...a) => proposals.findProposal(c.db, ...a)),
  listProposals: cached((c, ...a) => proposals.listProposals(c.db, ...a)),

  putSchools: write((c, ...a) => schools.putSchools(c.db, ...a)),
  editSchool: write((c, ...a) => schools.editSchool(c.db, ...a)),
  removeSchool: write((c, ...a) => schools.removeSchool(c, ...a)),
  listSchools: cachedScan((c, ...a) => schools.listSchools(c.db, ...a)),
  createImport: write((c, ...a) => importStaging.createImport(c.db, ...a)),
  stageRows: write((c, ...a) => importStaging.stageRows(c, ...a)),
  finishStaging: write((c, ...a) => importStaging.finishStaging(c.db, ...a)),
  findImport: read((c, ...a) => imports.findImport(c.db, ...a)),
  listImports: cached((c, ...a) => imports.listImports(c.db, ...a)),
  listImportsIn: read((c, ...a) => imports.listImportsIn(c.db, ...a)),
  listFaults: read((c, ...a) => imports.listFaults(c.db, ...a)),
  countSources: scan((c, ...a) => importWithdrawing.countSources(c, ...a)),
  findRollFile: read((c, ...a) => rollFiles.findRollFile(c.db, ...a)),
  listRollFiles: read((c, ...a) => rollFiles.listRollFiles(c.db, ...a)),
  listStaleRollFiles: read((c, ...a) => rollFiles.listStaleRollFiles(c.db, ...a)),
  listRollFilePages: read((c, ...a) => rollFiles.listRollFilePages(c.db, ...a)),
  createRollFile: write((c, ...a) => rollFiles.createRollFile(c.db, ...a)),
  saveRollFilePage: write((c, ...a) => rollFiles.saveRollFilePage(c.db, ...a)),
  finishRollFile: write((c, ...a) => rollFiles.finishRollFile(c.db, ...a)),
  saveFileChoices: write((c, ...a) => rollFiles.saveFileChoices(c.db, ...a)),
  handInRoll: write((c, ...a) => handIns.handInRoll(c, ...a)),
  listHandIns: read((c, ...a) => handIns.listHandIns(c.db, ...a)),
  requestReminder: write((c, ...a) => handIns.requestReminder(c.db, ...a)),
  answerReminder: write((c, ...a) => handIns.answerReminder(c.db, ...a)),
  listReminderRequests: cached((c, ...a) => handIns.listReminderRequests(c.db, ...a)),
  listUploadLinks: read((c, ...a) => uploadLinks.listUploadLinks(c.db, ...a)),
  findUploadLink: read((c, ...a) => uploadLinks.findUploadLink(c.db, ...a)),
  createUploadLinks: write((c, ...a) => uploadLinks.createUploadLinks(c.db, ...a)),
  revokeUploadLinks: write((c, ...a) => uploadLinks.revokeUploadLinks(c.db, ...a)),
  countLinkUse: write((c, ...a) => uploadLinks.countLinkUse(c.db, ...a)),
  applyImport: write((c, ...a) => importApplying.applyImport(c, ...a)),
  countFrame: scan((c, ...a) => frame.countFrame(c, ...a)),
  listFrame: scan((c, ...a) => frame.listFrame(c.db, ...a)),
  findFrameEntry: read((c, ...a) => frame.findFrameEntry(c.db, ...a)),
  readFrameVersion: read((c, ...a) => frame.readFrameVersion(c.db, ...a)),
  readFrameMark: read((c, ...a) => frame.readFrameMark(c, ...a)),
  freezeFrame: write((c, ...a) => frame.freezeFrame(c.db, ...a)),
  beginDraw: write((c, ...a) => draw.beginDraw(c.db, ...a)),
  saveDrawn: write((c, ...a) => draw.saveDrawn(c, ...a)),
  sealCanaries: write((c, ...a) => canaries.sealCanaries(c, ...a)),
  listCanaries: read((c, ...a) => canaries.listCanaries(c.db, ...a)),
  findCanaries: read((c, ...a) => canaries.findCanaries(c, ...a)),
  readCanaries: scan((c, ...a) => canaries.readCanaries(c, ...a)),
  recordOpenedCanaries: write((c, ...a) => canaries.recordOpenedCanaries(c, ...a)),
  readStrata: cached((c, ...a) => readStrata(c.db, ...a)),
  listLateContacts: scan((c, ...a) => frame.listLateContacts(c.db, ...a)),
  issueLate: write((c, ...a) => draw.issueLate(c, ...a)),

  listMessageContacts: scan((c, ...a) => codes.listMessageContacts(c.db, ...a)),
  haveAnswered: scan((c, ...a) => answers.haveAnswered(c, ...a)),
  recordExport: write((c, ...a) => codes.recordExport(c, ...a)),
  findContacts: scan((c, ...a) => fates.findContacts(c, ...a)),
  listFates: scan((c, ...a) => fates.listFates(c, ...a)),
  countFates: cachedScan((c, ...a) => fates.countFates(c, ...a)),
  listReachable: read((c, ...a) => codes.listReachable(c, ...a)),
  findAddressed: read((c, ...a) => codes.findAddressed(c, ...a)),
  hasAnswered: read((c, ...a) => answers.hasAnswered(c, ...a)),
  listSendings: read((c, ...a) => sendings.listSendings(c.db, ...a)),
  scheduleSendings: write((c, ...a) => sendings.scheduleSendings(c.db, ...a)),
  commandSending: write((c, ...a) => sendings.commandSending(c.db, ...a)),
  startSending: write((c, ...a) => sendings.startSending(c, ...a)),
  finishFilling: write((c, ...a) => sendings.finishFilling(c.db, ...a)),
  endSending: write((c, ...a) => sendings.endSending(c, ...a)),
  countMessages: scan((c, ...a) => outbox.countMessages(c, ...a)),
  countMessageStates: scan((c, ...a) => sendings.countMessageStates(c, ...a)),
  haveMessages: scan((c, ...a) => outbox.haveMessages(c, ...a)),
  findSentMessage: scan((c, ...a) => outbox.findSentMessage(c, ...a)),
  findNumbers: read((c, ...a) => outbox.findNumbers(c, ...a)),
  findBarred: scan((c, ...a) => outbox.findBarred(c, ...a)),
  countBarred: read((c) => outbox.countBarred(c)),
  countReplies: read((c) => outbox.countReplies(c)),
  // Filling restarts where it was interrupted. No message is sent before `finishFilling`, which is synced.
  queueMessages: unsynced((c, ...a) => outbox.queueMessages(c, ...a)),
  exchangeMessages: write((c, ...a) => outbox.exchangeMessages(c, ...a)),
  releaseStale: write((c, ...a) => outbox.releaseStale(c, ...a)),
  recordReceipt: write((c, ...a) => outbox.recordReceipt(c, ...a)),
  recordReply: write((c, ...a) => outbox.recordReply(c, ...a)),
  withdrawMessages: write((c, ...a) => outbox.withdrawMessages(c, ...a)),
  forgetNumberUses: write((c, ...a) => outbox.forgetNumberUses(c, ...a)),
  forgetEarlyReceipts: write((c, ...a) => outbox.forgetEarlyReceipts(c, ...a)),
  setBarred: write((c, ...a) => outbox.setBarred(c, ...a)),
  listIneligible: cached((c, ...a) => proposals.listIneligible(c.db, ...a)),
  countDrawnCodes: cachedScan((c, ...a) => draw.countDrawnCodes(c, ...a)),
  listExports: cached((c, ...a) => codes.listExports(c.db, ...a)),
  createLinks: write((c, ...a) => links.createLinks(c.db, ...a)),
  findLink: read((c, ...a) => links.findLink(c, ...a)),
  listLinks: read((c, ...a) => links.listLinks(c.db, ...a)),

  findIssued: read((c, ...a) => answers.findIssued(c, ...a)),
  recordResponses: batch((c, ...a) => answers.recordResponses(c, ...a)),
  listPressure: scan((c, ...a) => answers.listPressure(c, ...a)),
  readTallies: scan((c, ...a) => count.readTallies(c, ...a)),
  countResponses: scan((c, ...a) => count.countResponses(c, ...a)),
  saveSnapshot: write((c, ...a) => answers.saveSnapshot(c, ...a)),
  listSnapshots: cached((c, ...a) => answers.listSnapshots(c, ...a)),
  findLatestSnapshot: cached((c, ...a) => answers.findLatestSnapshot(c, ...a)),
  findDamage: scan((c) => findDamage(c.raw)),
  recount: scan((c, ...a) => recount(c, ...a)),

  auditLogs: scan((c, ...a) => audit.auditLogs(c, ...a)),
  auditTrail: scan((c) => audit.auditTrail(c.raw)),
  findAudit: read((c, ...a) => audit.findAudit(c.db, ...a)),
  recordAudit: write((c, ...a) => audit.recordAudit(c.db, ...a)),
  recordHeads: write((c, ...a) => audit.recordHeads(c, ...a)),
  readChangeCount: scan((c) => audit.readChangeCount(c.raw)),

  beginClosing: write((c, stamp, id, mustBeDue) => {
    changing(c, id);
    closing.beginClosing(c, stamp, id, mustBeDue);
  }),
  endSlot: write((c) => endSlot(c)),
  readClosingCounts: cachedScan((c, ...a) => closing.readClosingCounts(c, ...a)),
  listCountable: scan((c, ...a) => count.listCountable(c, ...a)),
  listTexts: scan((c, ...a) => answers.listTexts(c, ...a)),
  completeClosingStep: write((c, stamp, id, ...a) => {
    changing(c, id);
    closing.completeClosingStep(c, stamp, id, ...a);
  }),
  compact: batch((c) => compact(c.raw)),
  deferCompaction: write((c, at) => deferCompaction(c.raw, at)),
  findDeferredCompaction: read((c) => findDeferredCompaction(c.raw)),

  beginExpiry: write((c, stamp, id) => {
    changing(c, id);
    expiry.beginExpiry(c.db, stamp, id);
  }),
  listSealedContacts: scan((c, ...a) => expiry.listSealedContacts(c, ...a)),
  eraseContacts: write((c, ...a) => expiry.eraseContacts(c, ...a)),
  eraseCopies: scan((c, ...a) => {
    assertNoJump(serviceState.readTime(c.db));
    return eraseCopies(c.raw, ...a);
  }),
  removeUnfinished: batch((_c, directory) => removeUnfinished(directory)),

  findLog: cached((c, ...a) => evidence.findLog(c.db, ...a)),
  findTile: read((c, ...a) => evidence.findTile(c.db, ...a)),
  saveCheckpoint: write((c, ...a) => checkpoints.saveCheckpoint(c.db, ...a)),
  listCheckpoints: cached((c, ...a) => checkpoints.listCheckpoints(c.db, ...a)),
  findCheckpoint: read((c, ...a) => checkpoints.findCheckpoint(c.db, ...a)),
  saveCosignature: write((c, ...a) => cosignatures.saveCosignature(c.db, ...a)),
  listCosignatures: cached((c, ...a) => cosignatures.listCosignatures(c.db, ...a)),
  findLeafHash: read((c, ...a) => evidence.findLeafHash(c, ...a)),
  findLeaf: scan((c, ...a) => evidence.findLeaf(c, ...a)),
  queueNewest: write((c, ...a) => witnesses.queueNewest(c.db, ...a)),
  listDuePosts: read((c, ...a) => witnesses.listDuePosts(c, ...a)),
  recordDelivery: write((c, ...a) => witnesses.recordDelivery(c.db, ...a)),
  recordFailedPost: write((c, ...a) => witnesses.recordFailedPost(c.db, ...a)),
  listWitnessProgress: cached((c, ...a) => witnesses.listWitnessProgress(c, ...a)),
  listLeaves: scan((c, ...a) => evidence.listLeaves(c, ...a)),
  listIssued: scan((c, ...a) => codes.listIssued(c, ...a)),
  recordFlag: write((c, ...a) => handOver.recordFlag(c.db, ...a)),
  recordBundle: write((c, ...a) => handOver.recordBundle(c.db, ...a)),

  listTemplateVersions: cached((c) => templates.listTemplateVersions(c.db)),
  addTemplateVersion: write((c, ...a) => templates.addTemplateVersion(c.db, ...a)),
  withdrawTemplateVersion: write((c, ...a) => templates.withdrawTemplateVersion(c.db, ...a)),
  readSettings: cached((c) => serviceState.readSettings(c.db)),
  changeSettings: write((c, ...a) => serviceState.changeSettings(c.db, ...a)),
  findMove: read((c) => serviceState.findMove(c.db)),
  recordMove: write((c, ...a) => serviceState.recordMove(c.db, ...a)),
  readInspection: read((c, ...a) => inspection.readInspection(c.db, ...a)),
  listInspectionVersions: read((c, ...a) => inspection.listInspectionVersions(c.db, ...a)),
  findInspectionVersion: read((c, ...a) => inspection.findInspectionVersion(c.db, ...a)),
  changeInspection: write((c, ...a) => inspection.changeInspection(c.db, ...a)),

  readTime: cached((c) => serviceState.readTime(c.db)),
  observeTime: write((c, ...a) => serviceState.observeTime(c.db, ...a)),
  confirmTime: write((c, ...a) => serviceState.confirmTime(c.db, ...a)),
  findLogKey: read((c) => serviceState.findLogKey(c.db)),
  recordLogKey: write((c, ...a) => serviceState.recordLogKey(c.db, ...a)),

  listTrail: scan((c, ...a) => trail.listTrail(c.db, ...a)),
  appendTrail: write((c, stamp, e) => trail.writeTrail(c.db, stamp, e.action, e, e.details)),
  backup: scan((c, ...a) => backupTo(c.raw, ...a)),
  verifyCopy: scan((_, path, secrets, keys) => {
    const byCampaign = new Map(keys.map(({ campaign, key }) => [campaign, key]));
    return verifyFile(path, secrets, (campaign) => byCampaign.get(campaign));
  }),
  listSealed: read((c) => sealedCampaigns(c.raw)),
  unseal: write((c, { campaign, key }) => {
    changing(c, campaign);
    unsealIn(c.raw, campaign, key);
  }),
};

/** The calls of the operations in parts.ts: reads on the reader, and bounded writes, each in its own transaction. */
export const parts = {
  markDiscarded: part('write', (c, stamp: Stamp, importId: string) =>
    importStaging.discardImport(c.db, stamp, importId),
  ),
  eraseStaged: part('write', (c, importId: string, limit: number) =>
    importStaging.eraseStaged(c, importId, limit),
  ),
  beginWithdrawal: part('write', (c, ...a: Tail<Parameters<typeof importWithdrawing.beginWithdrawal>>) =>
    importWithdrawing.beginWithdrawal(c.db, ...a),
  ),
  listNamed: part('scan', importWithdrawing.listNamed),
  withdrawListed: part('write', importWithdrawing.withdrawListed),
  erasePartOfStatements: part('write', importWithdrawing.eraseStatements),
  markFileClosed: part('write', (c, ...a: Tail<Parameters<typeof rollFiles.markFileClosed>>) =>
    rollFiles.markFileClosed(c.db, ...a),
  ),
  eraseFilePages: part('write', rollFiles.eraseFilePages),
  listDrawn: part('scan', draw.listDrawn),
  forgetDrawn: part('write', draw.forgetDrawn),
  readIssueCommitment: part('scan', codes.readIssueCommitment),
  completeDraw: part('write', (c, ...a: Tail<Parameters<typeof draw.finishDraw>>) => {
    changing(c, a[1]);
    draw.finishDraw(c, ...a);
  }),
  putFates: part('write', fates.putFates),
  recordFates: part('write', fates.recordFates),
  countCounty: part('scan', closing.countClosed),
  eraseCells: part('unsynced', closing.eraseCells),
  saveCells: part('unsynced', closing.saveCells),
  saveCounts: part('write', closing.saveCounts),
  eraseFates: part('unsynced', closing.eraseFates),
  eraseMessages: part('unsynced', outbox.eraseMessages),
  findSealable: part('scan', lots.findSealable),
  listSealable: part('scan', lots.listSealable),
  sealListed: part('unsynced', lots.sealListed),
  listSuperseded: part('scan', closing.listSuperseded),
  eraseRevisions: part('unsynced', closing.eraseRevisions),
  listContents: part('scan', expiry.listContents),
  eraseListed: part('unsynced', expiry.eraseListed),
  eraseLeftovers: part('unsynced', expiry.eraseLeftovers),
  countRemaining: part('scan', expiry.countRemaining),
  hashTallies: part('scan', expiry.hashTallies),
  markExpiryStep: part('write', (c, ...a: Tail<Parameters<typeof expiry.completeExpiryStep>>) => {
    changing(c, a[1]);
    expiry.completeExpiryStep(c, ...a);
  }),
} satisfies {
  readonly [K in keyof PartCalls]: {
    readonly mode: 'write' | 'unsynced' | 'scan';
    run(ctx: Context, ...args: Parameters<PartCalls[K]>): ReturnType<PartCalls[K]>;
  };
};
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : never;
type Parts = typeof parts;
export type OperationName = PortOperation | keyof Parts;

function part<A extends readonly unknown[], R>(
  mode: 'write' | 'unsynced' | 'scan',
  run: (ctx: Context, ...args: A) => R,
) {
  return { mode, run };
}

export function modeOf(name: OperationName): Mode {
  return name in parts ? parts[name as keyof Parts].mode : operations[name as PortOperation].mode;
}

/** Runs one operation on a connection; `write` and `unsynced` inside their own transaction. */
export function runOperation(ctx: Context, name: OperationName, args: readonly unknown[]): unknown {
  const operation = (name in parts ? parts[name as keyof Parts] : operations[name as PortOperation]) as {
    readonly mode: Mode;
    run(ctx: Context, ...args: readonly unknown[]): unknown;
  };
  const { mode } = operation;
  if (mode !== 'write' && mode !== 'unsynced') {
    // Readers learn of changes only by reading: their cached campaigns may be stale.
    if (mode !== 'batch' && ctx.hot.size > 0) ctx.refresh();
    return operation.run(ctx, ...args);
  }
  try {
    const inOne = mode === 'unsynced' ? inUnsyncedTx : inTx;
    return inOne(ctx, () => operation.run(ctx, ...args) as never);
  } catch (error) {
    // Rolled back: campaign data cached inside may never have become true.
    ctx.hot.clear();
    throw error;
  }
}
