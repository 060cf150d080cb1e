/**
 * How long each operation holds the writer at most, in which nobody's answer is stored: a county of 100,000 contacts from its list of schools to the end of its
 * storage period, beside a second campaign that stays open. `npm run bench:writes [-- --contacts 100000 --answers 30000]`
 */
import { parseArgs } from 'node:util';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { sealDueLots } from '../../src/operations/evidence/evidence.ts';
import { expireCampaign } from '../../src/operations/campaign/expiry.ts';
import { importFates } from '../../src/operations/message/fates.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { openCampaign } from '../../src/operations/campaign/campaigns.ts';
import { takeSnapshots } from '../../src/operations/summary/rates.ts';
import { applyRoll, discardRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { importSchools } from '../../src/operations/frame/schools.ts';
import { answerSurvey, createSurvey, campaign as standing } from './support/survey.ts';
import { holdClock } from '../support/clock.ts';
import { answer } from '../support/evidence.ts';
import { countyA, createWorld, csv, bytesOf, dice, smallProfile } from '../support/world.ts';

const { values } = parseArgs({
  options: {
    contacts: { type: 'string', default: '100000' },
    answers: { type: 'string', default: '30000' },
  },
});
const contacts = Number(values.contacts);
const answers = Number(values.answers);
const schools = 300;
/** What an operation may take, in milliseconds. */
const goal = 50;

interface Longest {
  calls: number;
  longest: number;
  sum: number;
}
const operations = new Map<string, Longest>();
const world = await createWorld({
  threads: true,
  onWrite(name, ms) {
    const own = operations.get(name) ?? { calls: 0, longest: 0, sum: 0 };
    operations.set(name, { calls: own.calls + 1, longest: Math.max(own.longest, ms), sum: own.sum + ms });
  },
});
const { deps, actors, storage } = world;
const { operator, inspector, administrator } = actors;
const say = (line: string) => console.log(line);
const timed = async (what: string, work: () => Promise<unknown>) => {
  const started = performance.now();
  await work();
  say(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
};

async function* roll(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('学校代码,年级,家长电话\n');
  for (let i = 0; i < contacts;) {
    const lines: string[] = [];
    for (const end = Math.min(contacts, i + 1000); i < end; i++)
      lines.push(
        `S${i % schools},${(i % 6) + 1}年级,138${String((i * 7919) % 100_000_000).padStart(8, '0')}`,
      );
    yield Buffer.from(`${lines.join('\n')}\n`);
  }
}

try {
  await timed('a campaign that stays open', async () => {
    const size = { counties: 1, codes: 2000, answered: 1000 };
    await createSurvey(storage, `${world.directory}/keys`, size);
    await answerSurvey(storage, `${world.directory}/keys`, size, 0, size.answered);
  });
  const [own] = world.campaignInput().counties;
  const { id } = await world.addCampaign({
    counties: [{ ...own!, slips: [] }],
    profile: smallProfile({
      quota: {
        kind: 'tiers',
        tiers: [{ below: null, quotas: { parent: contacts, teacher: 1, principal: 1, deputy: 1 } }],
      },
    }),
  });
  await timed('schools', () => {
    const header = ['学校代码', '学校名称', '学校类别', '城乡类别', '乡镇', '学生数', '教职工数'];
    const rows = Array.from({ length: schools }, (_, i) => [
      `S${i}`,
      `第${i}小学`,
      '小学',
      '镇区',
      `${i % 20}镇`,
      500,
      40,
    ]);
    return importSchools(deps, operator, id, countyA, {
      fileName: 'schools.csv',
      source: bytesOf(csv(header, rows)),
    });
  });
  const file = { campaign: id, county: countyA, group: 'parent' as const, fileName: 'roll.csv' };
  await timed('a roll read and discarded', async () =>
    discardRoll(deps, operator, (await readRoll(deps, operator, { ...file, source: roll() })).id),
  );
  await timed('a roll read and applied', async () =>
    applyRoll(deps, operator, (await readRoll(deps, operator, { ...file, source: roll() })).id, {
      keepGood: true,
      reason: 'an invented roll',
    }),
  );
  await timed('freeze', () => freezeFrame(deps, operator, id, countyA));
  await timed('draw', async () => {
    // Stopped before its end, and repeated.
    const stopping = {
      ...deps,
      storage: new Proxy(storage, {
        get: (target, name) =>
          name === 'finishDraw'
            ? () => Promise.reject(new Error('stopped'))
            : (Reflect.get(target, name, target) as unknown),
      }),
    };
    await drawSample(stopping, inspector, id, countyA, dice).catch(() => undefined);
    const { resumeDraws } = await import('../../src/operations/draw/draw.ts');
    const { systemActor } = await import('../../src/domain/campaign/permissions.ts');
    await resumeDraws(deps, systemActor);
  });
  await openCampaign(deps, operator, id);
  const sent = await world.sentCodes(id, countyA);
  await timed('answers', async () => {
    for (let i = 0; i < answers; i++) await answer(deps, id, countyA, sent[i % sent.length]!.code, i % 4);
    for (let i = 0; i < answers / 10; i++) await answer(deps, id, countyA, sent[i]!.code, (i + 1) % 4);
  });
  await timed('delivery report', () =>
    importFates(deps, operator, id, countyA, {
      fileName: 'report.csv',
      source: bytesOf(
        csv(
          ['手机号', '状态'],
          sent.map((s, i) => [s.phone, i % 5 === 0 ? '空号' : '成功']),
        ),
      ),
    }),
  );
  await timed('snapshot', () => takeSnapshots(deps));
  await timed('the day’s lots', () => {
    world.passTime(86_400_000);
    return sealDueLots(deps);
  });
  await timed('close', () => closeCampaign(deps, operator, id));
  await releaseCampaign(deps, operator, id);
  world.passTime(401 * 86_400_000);
  await holdClock(storage, world.now());
  await timed('end of the storage period', () => expireCampaign(deps, administrator, id));
  if ((await storage.findCampaign(standing))?.state !== 'open')
    throw new Error('the other campaign is not open');
} finally {
  await world.close();
}

const list = [...operations].sort((a, b) => b[1].longest - a[1].longest);
for (const [name, { calls, longest, sum }] of list)
  say(
    `${name.padEnd(22)} longest ${longest.toFixed(1).padStart(7)} ms  mean ${(sum / calls).toFixed(2).padStart(7)} ms  ${calls} calls`,
  );
// Compacting is put off to the night, see operations/service/compaction.ts.
const bounded = list.filter(([name]) => name !== 'compact');
say(
  JSON.stringify({
    bench: 'writes',
    contacts,
    longest_ms: Number((bounded[0]?.[1].longest ?? 0).toFixed(1)),
    longest_operation: bounded[0]?.[0],
    over_goal: bounded.filter(([, o]) => o.longest > goal).map(([name]) => name),
    compact_ms: Number((operations.get('compact')?.longest ?? 0).toFixed(1)),
  }),
);
