/** The outbox and its sender over one opened campaign, copied for each test. Above 500 lines, for all share its set-up. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppError } from '../../src/domain/errors.ts';
import { legalMoves, mayMove, messageStates } from '../../src/domain/messaging/outbox.ts';
import { toHex } from '../../src/domain/hash.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { defaultWindow } from '../../src/domain/messaging/send-window.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { SendingKind } from '../../src/domain/model/sending.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { auditCampaign } from '../../src/operations/evidence/audit.ts';
import { decideProposal, makeProposal } from '../../src/operations/campaign/proposals.ts';
import { importFates } from '../../src/operations/message/fates.ts';
import { countDoNotContact, setDoNotContact } from '../../src/operations/message/numbers.ts';
import { storeReceiptsOf } from '../../src/operations/message/receipts.ts';
import { viewCampaignSendings } from '../../src/operations/message/overview.ts';
import { countReplies, storeRepliesOf } from '../../src/operations/message/replies.ts';
import {
  commandSending,
  planSendings,
  type PlannedSending,
  scheduleSendings,
  sendTest,
  viewSendings,
  type SendingRequest,
} from '../../src/operations/message/schedule.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import { takeSnapshots } from '../../src/operations/summary/rates.ts';
import { everythingIn, openRows, rowsOf } from '../support/tables.ts';
import { answer, bundleLines, verify } from '../support/evidence.ts';
import { createFakeChannel, type FakeChannel } from '../support/fake-channel.ts';
import {
  bytesOf,
  countyA,
  countyB,
  csv,
  openedWorld,
  openedWorldOfTwo,
  type World,
} from '../support/world.ts';

const hour = 3_600_000;
const day = 24 * hour;

let world: World;
let id: CampaignId;
let channel: FakeChannel;
let deps: Deps;

beforeEach(async () => {
  const opened = await openedWorld();
  ({ world } = opened);
  ({ id } = opened.campaign);
  use(createFakeChannel());
});
afterEach(() => world.close());

function use(other: FakeChannel): void {
  channel = other;
  deps = {
    ...world.deps,
    messaging: { channels: [channel], window: defaultWindow, perNumberADay: 2 },
  };
  storeReceiptsOf(deps, channel);
  storeRepliesOf(deps, channel);
}

type Waves = readonly (readonly [kind: SendingKind, afterHours: number | null])[];

function request(waves: Waves, more: Partial<SendingRequest> = {}): SendingRequest {
  return {
    ...{ campaign: id, county: countyA, channel: 'loopback', texts: {}, perDay: null, price: null },
    waves: waves.map(([kind, hours]) => ({
      kind,
      dueAt: hours === null ? null : world.now() + hours * hour,
    })),
    ...more,
  };
}
const schedule = (waves: Waves, more: Partial<SendingRequest> = {}) =>
  scheduleSendings(deps, world.actors.operator, request(waves, more));

/** As the service's clock sees it: once a minute would be too often for a test. */
async function passTime(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 12 * hour) {
    world.passTime(Math.min(left, 12 * hour));
    await world.storage.confirmTime({ at: world.now(), actor: world.actors.administrator });
  }
}

const rows = <T>(sql: string) => rowsOf<T>(world, sql);
const states = async () =>
  Object.fromEntries(
    (
      await rows<{ state: string; n: number }>(
        'SELECT state, count(*) AS n FROM outbox GROUP BY state ORDER BY state',
      )
    ).map(({ state, n }) => [state, n]),
  );
const codeIn = (text: string) => /答题码([0-9A-Z]{10})/.exec(text)![1]!;
const texts = () => channel.taken.map((m) => codeIn(m.text));

describe('messages that the service sends', () => {
  test('an invitation reaches everybody drawn once, by however many workers; receipts make fates; the log tells all strata', async () => {
    const drawn = await world.sentCodes(id, countyA);
    const [planned] = await planSendings(
      deps,
      world.actors.operator,
      request([['invitation', 0]], { price: 50 }),
    );
    expect(planned!.sendings[0]).toMatchObject({
      contacts: drawn.length,
      barred: 0,
      segments: drawn.length,
      cost: drawn.length * 50,
    });
    await setDoNotContact(deps, world.actors.operator, drawn[0]!.phone, true);
    await schedule([['invitation', 0]]);
    let early = '';
    channel.answer = async ({ id: message }) => {
      // A gateway may tell what became of a message before it has answered.
      if (early === '') await channel.receipt(`p-${(early = message)}`, 'delivered');
      await new Promise((resolve) => setTimeout(resolve, 1));
      return undefined;
    };
    await Promise.all([sendDue(deps), sendDue(deps), sendDue(deps)]);
    await sendDue(deps);
    // The codes of the spreadsheet, each once, but of whoever is not to be contacted.
    expect(texts().sort()).toEqual(
      drawn
        .slice(1)
        .map((s) => s.code)
        .sort(),
    );
    expect(await states()).toEqual({ delivered: 1, 'opted-out': 1, sent: drawn.length - 2 });

    const [second, third, fourth] = channel.taken.filter((m) => m.id !== early).map((m) => `p-${m.id}`);
    await channel.receipt(second!, 'wrong-number');
    await channel.receipt(second!, 'delivered');
    await channel.receipt(third!, 'opted-out');
    await channel.receipt(fourth!, 'delivered');
    await channel.receipt(fourth!, 'delivered');
    await channel.receipt('of nobody', 'delivered');
    const fates = await world.storage.listFates(id, countyA);
    const ofFate = (fate: string) => fates.filter((f) => f.fate === fate).length;
    expect(['delivered', 'wrong-number', 'opted-out'].map(ofFate)).toEqual([2, 1, 2]);
    expect(await world.storage.countBarred()).toBe(2);
    // Nor do spreadsheets name them any more.
    expect(await world.sentCodes(id, countyA)).toHaveLength(drawn.length - 2);

    // No number, code or gateway's id anywhere in the tables.
    const stored = await everythingIn(world);
    for (const { to, id: message, text } of channel.taken.slice(0, 20))
      for (const secret of [to, message, codeIn(text)]) expect(stored.includes(secret)).toBe(false);
    const trail = JSON.stringify(
      await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 100 }),
    );
    expect(trail).toContain('messages.send');
    for (const { to } of channel.taken) expect(trail).not.toContain(to);

    // The same sums where all counties stand side by side.
    await schedule([['reminder', 72]]);
    const { counties } = await viewCampaignSendings(deps, world.actors.operator, id);
    expect(counties.map((c) => [c.county.code, c.sendings, c.busy])).toEqual([[countyA, 2, []]]);
    expect(Object.fromEntries(counties[0]!.messages)).toEqual(await states());
    expect(counties[0]!.next).toEqual({ no: 2, kind: 'reminder', dueAt: world.now() + 72 * hour });

    const view = await viewSendings(deps, world.actors.operator, id, countyA);
    expect(view.sendings[0]).toMatchObject({ state: 'finished', contacts: drawn.length });
    expect(view.sendings[0]!.result?.counts).toMatchObject({ 'opted-out': 1 });
    expect((await auditCampaign(deps, world.actors.administrator, id)).map((c) => c.count)).toEqual([0]);
  });

  test('whoever answered a second earlier is never reminded, and no row tells who was not', async () => {
    const drawn = await world.sentCodes(id, countyA);
    await schedule([
      ['invitation', 0],
      ['reminder', 72],
    ]);
    await sendDue(deps);
    await passTime(72 * hour);
    // One after the other: at full pace all of them would have been looked up before the first answer.
    use(createFakeChannel({ perSecond: 250 }));
    // Half of them answer while the reminders go out: each just before its turn, when it is claimed already.
    const answered = new Set<string>();
    const key = world.deps.keys.use(id, 'pseudonym');
    const codes = new Map(drawn.map(({ code }) => [toHex(pseudonymOf(key, code)), code]));
    /** Whether the answer was acknowledged when the look-up began: what is sent while one is under way is nobody's fault. */
    const wasAnswered = new Map<string, boolean>();
    const { storage } = deps;
    deps = {
      ...deps,
      storage: {
        ...storage,
        hasAnswered(campaign, county, pseudonym) {
          const code = codes.get(toHex(pseudonym))!;
          wasAnswered.set(code, answered.has(code));
          return storage.hasAnswered(campaign, county, pseudonym);
        },
      },
    };
    const wrong: string[] = [];
    const rest = drawn.map((s) => s.code);
    channel.answer = async ({ text }) => {
      const own = codeIn(text);
      if (wasAnswered.get(own) !== false) wrong.push(own);
      rest.splice(rest.indexOf(own), 1);
      const next = rest.pop();
      if (next !== undefined) {
        await answer(world.deps, id, countyA, next, 1);
        answered.add(next);
      }
      return undefined;
    };
    await sendDue(deps);
    const reminded = channel.taken.map((m) => codeIn(m.text));
    expect(answered.size).toBeGreaterThan(20);
    expect(wrong, 'looked up after their answers were acknowledged, and reminded').toEqual([]);
    expect(new Set(reminded).size).toBe(reminded.length);
    expect(reminded.length).toBeLessThan(drawn.length - 20);
    // Those who were skipped have no row of their own; nobody can tell from the tables who they are.
    expect(await rows('SELECT 1 FROM outbox WHERE sending = 2')).toHaveLength(reminded.length);
    const [, reminder] = (await viewSendings(deps, world.actors.operator, id, countyA)).sendings;
    expect(reminder).toMatchObject({ state: 'finished', contacts: drawn.length });

    // An official sees that it went to all, not how many had answered; a commissioner does.
    const shown = (await viewSendings(deps, world.actors.official, id, countyA)).sendings[1]!;
    expect(shown).toMatchObject({ contacts: drawn.length, counts: null, result: null });
    // Nor do sums over all sendings hold the reminders, for whoever knows the invitations could take those off.
    const sumFor = async (actor: (typeof world.actors)['official']) => {
      const { counties, hidesReminders } = await viewCampaignSendings(deps, actor, id);
      return [counties[0]!.messages.get('sent'), hidesReminders];
    };
    expect(await sumFor(world.actors.official)).toEqual([drawn.length, true]);
    expect(await sumFor(world.actors.operator)).toEqual([drawn.length + reminded.length, false]);
    // After the close there is nothing to hide, and messages are counts.
    await closeCampaign(deps, world.actors.operator, id);
    expect(await sumFor(world.actors.official)).toEqual([drawn.length + reminded.length, false]);
  });

  test('reminders: three at most, 48 hours apart, and a last notice to everybody, answered or not', async () => {
    const refused = async (waves: Waves): Promise<unknown> =>
      schedule(waves).then(
        () => [],
        (error: AppError) => error.issues.map((i) => `${i.path} ${i.message}`),
      );
    expect(await refused([['reminder', 72]])).toEqual(['waves[0].dueAt sending.uninvited']);
    expect(
      await refused([
        ['invitation', 0],
        ['reminder', 47],
      ]),
    ).toEqual(['waves[1].dueAt sending.gap']);
    expect(
      await refused([
        ['invitation', 0],
        ['reminder', 48],
        ['reminder', 96],
        ['reminder', 144],
        ['reminder', 192],
      ]),
    ).toEqual(['waves[4].dueAt sending.reminders']);
    expect(await refused([['invitation', 11]])).toEqual(['waves[0].dueAt sending.due-window']);
    expect(await refused([['invitation', -1]])).toEqual(['waves[0].dueAt sending.due-past']);
    // A quarter of an hour to look at texts and numbers before confirming.
    const after = async (minutes: number) =>
      refused([
        ['invitation', -minutes / 60],
        ['reminder', 47],
      ]);
    expect(await after(14)).toEqual(['waves[1].dueAt sending.gap']);
    expect(await after(16)).toEqual(['waves[0].dueAt sending.due-past']);
    // It closes 14 days after ten o'clock.
    expect(
      await refused([
        ['invitation', 0],
        ['reminder', 12 * 24 - 2],
      ]),
    ).toEqual(['waves[1].dueAt sending.due-window']);
    expect(
      await refused([
        ['invitation', 0],
        ['reminder', 11 * 24],
        ['last-notice', null],
      ]),
    ).toEqual(['waves[1].dueAt sending.gap']);
    for (const perDay of [0, 1.5, 1e99, NaN])
      await expect(schedule([['invitation', 0]], { perDay }), String(perDay)).rejects.toMatchObject({
        issues: [{ path: 'perDay', message: 'sending.per-day-wrong' }],
      });
    const drawn = await world.sentCodes(id, countyA);
    await passTime(day);
    // That file was an export of the invitations: they may be reminded, but not before the service's own invitation.
    expect(
      await refused([
        ['invitation', 96],
        ['reminder', 48],
      ]),
    ).toEqual(['waves[1].dueAt sending.before-invitation']);
    await schedule([
      ['invitation', 0],
      ['reminder', 72],
      ['last-notice', null],
      // Not begun when the survey closes: the service stands still for the last days.
      ['late', 288],
    ]);
    await sendDue(deps);
    await answer(world.deps, id, countyA, drawn[0]!.code, 1);
    await passTime(72 * hour);
    await sendDue(deps);
    expect(channel.taken).toHaveLength(2 * drawn.length - 1);
    await passTime(8 * day);
    await sendDue(deps);
    const notices = channel.taken.slice(2 * drawn.length - 1);
    expect(notices.map((m) => codeIn(m.text)).sort()).toEqual(drawn.map((s) => s.code).sort());
    expect(new Set(notices.map((m) => m.text.replace(/答题码\w+/, ''))).size).toBe(1);
    expect(notices[0]!.text).toContain('修改');

    // Close: what was sent becomes counts, the log holds what went to which stratum, and a stranger agrees.
    await takeSnapshots(deps);
    await passTime(3 * day);
    await closeCampaign(deps, world.actors.operator, id);
    expect(await rows('SELECT 1 FROM outbox')).toEqual([]);
    expect(await rows('SELECT sum(messages) AS n FROM message_counts')).toEqual([
      { n: 3 * drawn.length - 1 },
    ]);
    const verified = await verify(await bundleLines(deps, world, id, countyA));
    expect(verified.findings).toEqual([]);
    const sent = verified.events.filter((e) => e.type === 'sent').map((e) => JSON.parse(e.what));
    expect(sent.map((s) => [s.kind, s.end])).toEqual([
      ['invitation', 'finished'],
      ['reminder', 'finished'],
      ['last-notice', 'finished'],
      ['late', 'closed'],
    ]);
    // A witness sees that the reminder went to all strata.
    expect(sent[1].audience).toEqual(sent[0].audience);
    expect((await auditCampaign(deps, world.actors.administrator, id)).map((c) => c.count)).toEqual([0]);
  });

  test('the gateway is cut, busy, late and gone; a killed worker’s claims are sent again and counted', async () => {
    const drawn = await world.sentCodes(id, countyA);
    await schedule([['invitation', 0]]);
    // A process was killed with ten messages in its hands.
    await sendDue(deps, AbortSignal.abort());
    const key = { campaign: id, county: countyA, no: 1 };
    const at = world.now();
    const claim = { ...key, worker: 'dead', at, day: '2026-05-12', leaseUntil: at + 1, limit: 10 };
    await world.storage.exchangeMessages(claim, [], false);
    let n = 0;
    channel.answer = () => {
      n++;
      if (n % 7 === 0) return { kind: 'retry', reason: 'throttled', afterMs: 1, mayHaveBeenSent: false };
      if (n % 11 === 0) return { kind: 'retry', reason: 'timed-out', mayHaveBeenSent: true };
      if (n % 13 === 0) return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false };
      return undefined;
    };
    for (let i = 0; i < 40 && (await states())['sent'] !== drawn.length; i++) {
      await sendDue(deps);
      world.passTime(60_000);
      await world.storage.confirmTime({ at: world.now(), actor: world.actors.administrator });
    }
    expect(await states()).toEqual({ sent: drawn.length });
    expect(texts().sort()).toEqual(drawn.map((s) => s.code).sort());
    const { repeats } = (await viewSendings(deps, world.actors.operator, id, countyA)).sendings[0]!.result!;
    const cut = Math.floor(n / 11) + 10;
    expect(repeats).toBeGreaterThanOrEqual(10);
    expect(repeats).toBeLessThanOrEqual(cut);
  });

  test('who writes back for no more gets no more; of other replies there is the count alone', async () => {
    const { operator } = world.actors;
    await schedule(
      [
        ['invitation', 0],
        ['reminder', 72],
      ],
      { perDay: 60 },
    );
    await sendDue(deps);
    const [first, second, third] = channel.taken.map((m) => m.to);
    const waiting = (await world.sentCodes(id, countyA)).find(
      (s) => !channel.taken.some((m) => m.to === s.phone),
    )!;
    await channel.reply(`86${first}`, '退订');
    await channel.reply(`+86${first}`, 'TD');
    await channel.reply(waiting.phone, 'T');
    await channel.reply(second!, '好的，谢谢 4711-secret');
    await channel.reply('10690000', '退订');
    expect(await countReplies(deps, operator)).toEqual({ optOuts: 3, others: 2 });
    expect(await world.storage.countBarred()).toBe(2);
    expect((await world.storage.listFates(id, countyA)).map((f) => f.fate)).toEqual([
      'opted-out',
      'opted-out',
    ]);
    expect(await states()).toMatchObject({ 'opted-out': 2, sent: 59 });
    for (let i = 0; i < 6; i++) {
      await passTime(24 * hour);
      await sendDue(deps);
    }
    const after = channel.taken.slice(60).map((m) => m.to);
    expect(after).toContain(third);
    expect(after).not.toContain(first);
    expect(after).not.toContain(waiting.phone);
    const stored = await everythingIn(world);
    for (const secret of [first!, waiting.phone, '4711-secret', '10690000'])
      expect(stored.includes(secret)).toBe(false);
    await expect(countReplies(deps, world.actors.official)).rejects.toThrow('forbidden');
    expect((await auditCampaign(deps, world.actors.administrator, id)).map((c) => c.count)).toEqual([0]);
  });

  test('daily cap, cap of a number, window, pause, resume and cancel', async () => {
    const drawn = await world.sentCodes(id, countyA);
    await schedule([['invitation', 0]], { perDay: 40 });
    await sendDue(deps);
    await sendDue(deps);
    expect(channel.taken).toHaveLength(40);
    await passTime(11 * hour);
    await sendDue(deps);
    expect(channel.taken, 'at nine in the evening').toHaveLength(40);
    await passTime(13 * hour);
    const { operator } = world.actors;
    await commandSending(deps, operator, id, countyA, 1, 'pause');
    await sendDue(deps);
    expect(channel.taken).toHaveLength(40);
    await expect(commandSending(deps, operator, id, countyA, 1, 'pause')).rejects.toThrow(
      'sending.wrong-state',
    );
    await commandSending(deps, operator, id, countyA, 1, 'resume');
    await sendDue(deps);
    expect(channel.taken).toHaveLength(80);
    await commandSending(deps, operator, id, countyA, 1, 'cancel');
    expect(await states()).toEqual({ cancelled: drawn.length - 80, sent: 80 });
    const [sending] = (await viewSendings(deps, operator, id, countyA)).sendings;
    expect(sending).toMatchObject({ state: 'cancelled', result: { end: 'cancelled' } });
    for (const actor of [world.actors.official, world.actors.inspector, world.actors.interviewer])
      await expect(commandSending(deps, actor, id, countyA, 1, 'pause')).rejects.toThrow('forbidden');
    expect((await auditCampaign(deps, world.actors.administrator, id)).map((c) => c.count)).toEqual([0]);
    // Whoever edits what was sent is found.
    await rows("UPDATE sendings SET template = 'another text {address} {code}'");
    const [edited] = await auditCampaign(deps, world.actors.administrator, id);
    expect(edited!.differences.map((d) => `${d.table} ${d.what}`)).toEqual(['sendings template']);
  });

  test('a report of the platform bars who opted out there, and nobody else', async () => {
    const drawn = await world.sentCodes(id, countyA);
    const words = ['退订', '空号', '失败', '成功'];
    const content = csv(
      ['手机号', '状态'],
      words.map((word, i) => [drawn[i]!.phone, word]),
    );
    const { operator } = world.actors;
    const report = () => ({ fileName: 'report.csv', source: bytesOf(content) });
    expect(await importFates(deps, operator, id, countyA, report())).toMatchObject({ saved: 4, unknown: 0 });
    expect(await countDoNotContact(deps, operator)).toBe(1);
    await passTime(48 * hour);
    await schedule([['reminder', 0]]);
    await sendDue(deps);
    const to = channel.taken.map((m) => m.to);
    expect(to).not.toContain(drawn[0]!.phone);
    expect(to).toEqual(expect.arrayContaining(drawn.slice(2).map((s) => s.phone)));
    await closeCampaign(deps, operator, id);
    await expect(importFates(deps, operator, id, countyA, report())).rejects.toThrow('fates.closed');
  });

  test('what is voided while its messages wait gets none of them', async () => {
    const drawn = await world.sentCodes(id, countyA);
    const perDay = Math.ceil(drawn.length / 2);
    await schedule([['invitation', 0]], { perDay });
    await sendDue(deps);
    const { operator, secondOperator } = world.actors;
    const parents = { kind: 'void', county: countyA, group: 'parent', reportingStratum: null } as const;
    const proposal = await makeProposal(deps, operator, id, parents, '发错了名册，家长部分作废');
    await decideProposal(deps, secondOperator, proposal, 'confirmed');
    await passTime(day);
    await sendDue(deps);
    const groupOf = new Map(drawn.map(({ code, group }) => [code, group]));
    const groups = texts().map((code) => groupOf.get(code));
    expect(groups.slice(0, perDay)).toContain('parents');
    expect(groups.slice(perDay)).not.toContain('parents');
    expect(new Set(groups.slice(perDay)).size).toBeGreaterThan(1);
    expect(await states()).toEqual({ sent: groups.length });
  });

  test('a number on the rolls of three surveys gets no more than the cap of a day, also at the same moment', async () => {
    const counties = world.campaignInput().counties.slice(0, 1);
    const ids = [id];
    for (const name of ['第二项调查', '第三项调查'])
      ids.push((await world.openedCampaign({ name, counties })).id);
    for (const campaign of ids) await schedule([['invitation', 0]], { campaign });
    await sendDue(deps);
    const perNumber = () => {
      const counts = new Map<string, number>();
      for (const { to } of channel.taken) counts.set(to, (counts.get(to) ?? 0) + 1);
      return [...counts.values()];
    };
    expect(Math.max(...perNumber())).toBe(2);
    await passTime(day);
    await sendDue(deps);
    expect(Math.max(...perNumber())).toBe(3);
  });

  test('replacements go out by rule, as many as cannot be reached, each once', async () => {
    const drawn = await world.sentCodes(id, countyA);
    await schedule([
      ['invitation', 0],
      ['replacement', 24],
      ['replacement', 96],
    ]);
    await sendDue(deps);
    const { sampling } = await world.storage.readStrata(id, countyA);
    const key = world.deps.keys.use(id, 'pseudonym');
    const stratumOf = async (code: string) =>
      (await world.storage.findIssued(id, pseudonymOf(key, code)))!.samplingStratum;
    const lost = new Map<number, number>();
    const lose = (stratum: number, n = 1) => lost.set(stratum, (lost.get(stratum) ?? 0) + n);
    /** As many in each stratum as are lost, and as there are. */
    const expected = () => sampling.reduce((n, s) => n + Math.min(lost.get(s.no) ?? 0, s.replacements), 0);
    const parents = new Set(drawn.filter((s) => s.group === 'parents').map((s) => s.code));
    const invited = channel.taken.filter((m) => parents.has(codeIn(m.text)));
    const fail = async (from: number, to: number, state: 'wrong-number' | 'opted-out' | 'failed') => {
      for (const m of invited.slice(from, to)) {
        await channel.receipt(`p-${m.id}`, state);
        if (state !== 'failed') lose(await stratumOf(codeIn(m.text)));
      }
    };
    await fail(0, 3, 'wrong-number');
    await fail(3, 6, 'opted-out');
    // It may have been switched off: nobody stands in for it.
    await fail(6, 9, 'failed');
    const moved = sampling.find((s) => s.replacements > 1 && !lost.has(s.no))!;
    const { operator, secondOperator } = world.actors;
    const content = {
      kind: 'ineligible',
      county: countyA,
      samplingStratum: moved.no,
      contacts: 1,
      issued: 1,
    } as const;
    const proposal = await makeProposal(deps, operator, id, content, '已迁往外省');
    await decideProposal(deps, secondOperator, proposal, 'confirmed');
    lose(moved.no);
    channel.taken.length = 0;
    await passTime(24 * hour);
    await sendDue(deps);
    const first = texts();
    expect(first.length).toBe(expected());
    expect(first.length).toBeGreaterThan(3);
    await fail(9, 12, 'wrong-number');
    await passTime(72 * hour);
    await sendDue(deps);
    expect(texts().length).toBe(expected());
    expect(new Set(texts()).size).toBe(texts().length);
    const replacements = new Set((await world.sentCodes(id, countyA, 'replacement')).map((s) => s.code));
    expect(texts().every((code) => replacements.has(code))).toBe(true);
  });

  test('a reminder waits while the invitation is under way, and nothing goes out once the survey closes', async () => {
    const drawn = await world.sentCodes(id, countyA);
    const perDay = Math.ceil(drawn.length / 4);
    await schedule(
      [
        ['invitation', 0],
        ['reminder', 48],
      ],
      { perDay },
    );
    for (let days = 0; days < 3; days++, await passTime(day)) await sendDue(deps);
    const kinds = async () =>
      (await viewSendings(deps, world.actors.operator, id, countyA)).sendings.map((s) => s.state);
    expect(await kinds()).toEqual(['running', 'planned']);
    expect(new Set(texts()).size).toBe(3 * perDay);
    await world.storage.beginClosing({ at: world.now(), actor: world.actors.operator }, id, false);
    await sendDue(deps);
    expect(channel.taken).toHaveLength(3 * perDay);
  });

  test('what the dry run says of a cap that is too low for the last notice is what happens', async () => {
    const waves: Waves = [
      ['invitation', 0],
      ['last-notice', null],
    ];
    const [free] = await planSendings(deps, world.actors.operator, request(waves));
    expect(free!.sendings.map((s) => s.shortfall)).toEqual([null, null]);
    const [, { contacts, dueAt }] = free!.sendings as [unknown, PlannedSending];
    const perDay = Math.ceil(contacts / 4);
    const [planned] = await planSendings(deps, world.actors.operator, request(waves, { perDay }));
    const [invitation, notice] = planned!.sendings.map((s) => s.shortfall);
    // There are two weeks for the invitation; from 48 to 24 hours before the end, two mornings or a day and an evening.
    expect(invitation).toBeNull();
    expect(notice).toMatchObject({ messages: contacts, perDay, days: 4, inTime: 2 * perDay });
    expect(notice!.enoughPerDay).toBe(Math.ceil(contacts / 2));

    await schedule([['invitation', 0]]);
    await sendDue(deps);
    await schedule([['last-notice', null]], { perDay });
    await passTime(dueAt - world.now());
    channel.taken.length = 0;
    const closesAt = notice!.until + day;
    let inTime = 0;
    for (; world.now() < closesAt; await passTime(hour)) {
      await sendDue(deps);
      if (world.now() < notice!.until) inTime = channel.taken.length;
    }
    expect(inTime).toBe(notice!.inTime);
    expect(channel.taken.length).toBe(contacts - notice!.never);
  });

  test('the database refuses whatever the list of moves does not name', async () => {
    await schedule([['invitation', 0]]);
    await sendDue(deps, AbortSignal.abort());
    const db = await openRows(world);
    const [{ recipient } = {}] = await db.all('SELECT recipient FROM outbox LIMIT 1');
    const put = (state: string) =>
      db.run(
        'UPDATE outbox SET state = ?, lease_until = ? WHERE recipient = ?',
        ...[state, state === 'sending' ? 1 : null, recipient],
      );
    const isFile = world.database === null;
    const [trigger] = isFile
      ? await db.all("SELECT sql FROM sqlite_master WHERE name = 'outbox_moves'")
      : [{ sql: 'ALTER TABLE outbox ENABLE TRIGGER USER' }];
    for (const from of messageStates)
      for (const to of messageStates) {
        if (from === to) continue;
        await db.run(isFile ? 'DROP TRIGGER outbox_moves' : 'ALTER TABLE outbox DISABLE TRIGGER USER');
        await put(from);
        await db.run(trigger!['sql'] as string);
        if (mayMove(from, to)) expect(await put(to), `${from} > ${to}`).toBe(1);
        else await expect(put(to), `${from} > ${to}`).rejects.toThrow('no such move');
      }
    expect(Object.keys(legalMoves)).toEqual([...messageStates]);
    await expect(
      db.run(
        `INSERT INTO outbox (campaign, county, sending, recipient, sealed_entry, reporting_stratum, counted_set, state, due_at, day)
         SELECT campaign, county, sending, ?, sealed_entry, reporting_stratum, counted_set, 'sent', 0, day FROM outbox LIMIT 1`,
        Buffer.from([0]),
      ),
    ).rejects.toThrow('begins as queued');
    await db.close();
  });

  test('a message to oneself carries a code that opens nothing, and the trail holds the number masked', async () => {
    const one = {
      campaign: id,
      county: countyA,
      channel: 'loopback',
      texts: {},
      kind: 'invitation',
    } as const;
    expect(await sendTest(deps, world.actors.operator, { ...one, phone: '138 0013 8000' })).toEqual({
      to: '138****8000',
      segments: 1,
    });
    expect(channel.taken[0]).toMatchObject({ to: '13800138000' });
    expect(channel.taken[0]!.text).toContain('7K3MP9XW2D');
    await expect(sendTest(deps, world.actors.operator, { ...one, phone: '12' })).rejects.toThrow(
      'sending.phone',
    );
    await expect(sendTest(deps, world.actors.official, { ...one, phone: '13800138000' })).rejects.toThrow(
      'forbidden',
    );
  });
});

test('one plan for several counties: a fault says of which, and none is scheduled', async () => {
  const two = await openedWorldOfTwo();
  try {
    const both = { ...two.world.deps, messaging: deps.messaging! };
    const { operator } = two.world.actors;
    const request = (county: typeof countyA | null): SendingRequest => ({
      ...{ campaign: two.campaign.id, county, channel: 'loopback', texts: {}, perDay: null, price: null },
      waves: [{ kind: 'invitation', dueAt: two.world.now() }],
    });
    await scheduleSendings(both, operator, request(countyB));
    // Whoever is bound to a county sees no other's.
    const codesFor = async (actor: typeof operator) =>
      (await viewCampaignSendings(both, actor, two.campaign.id)).counties.map((c) => c.county.code);
    expect(await codesFor(operator)).toEqual([countyA, countyB]);
    expect(await codesFor(two.world.actors.official)).toEqual([countyA]);
    const name = two.campaign.counties.find((c) => c.code === countyB)!.name;
    for (const ask of [planSendings, scheduleSendings])
      await expect(ask(both, operator, request(null))).rejects.toMatchObject({
        message: 'sending.plan-of',
        params: { county: name },
        issues: [{ path: 'waves[0].dueAt', message: 'sending.twice' }],
      });
    expect((await viewSendings(both, operator, two.campaign.id, countyA)).sendings).toEqual([]);
  } finally {
    await two.world.close();
  }
});
