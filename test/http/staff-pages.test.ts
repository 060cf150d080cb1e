import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { campaignStates, closingSteps, frameStates } from '../../src/domain/campaign/life-cycle.ts';
import { actions } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import {
  channels,
  countedSets,
  groups,
  locations,
  purposes,
  roles,
} from '../../src/domain/model/vocabulary.ts';
import { exportFormats, exportKinds } from '../../src/http/api/fieldwork/schema.ts';
import { messageKeys } from '../../src/texts/texts.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { takeSnapshots } from '../../src/operations/summary/rates.ts';
import { createStaff, multipart, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, countyB, createWorld, csv, dice, smallSchools, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let admin: Visitor;
let operator: Visitor;
let official: Visitor;
let inspector: Visitor;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  admin = await staff.visit('admin');
  operator = await staff.visit('operator');
  official = await staff.visit('official-a');
  inspector = await staff.visit('inspector-a');
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

/** As a browser sends a form: fields, and the token that stood in it. */
function post(visitor: Visitor, url: string, fields: readonly (readonly [string, string])[] = []) {
  return visitor.sendBare({
    method: 'POST',
    url,
    payload: new URLSearchParams([
      ...fields.map(([k, v]): [string, string] => [k, v]),
      ['_csrf', visitor.token],
    ]).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
}

describe('texts', () => {
  it('exist for every word that a page puts together', () => {
    const known = new Set(messageKeys('zh-CN'));
    const all = [
      ...groups.map((x) => `staff.group.${x}`),
      ...locations.map((x) => `staff.location.${x}`),
      ...purposes.map((x) => `staff.purpose.${x}`),
      ...roles.flatMap((x) => [`staff.role.${x}`, `staff.role.${x}.about`]),
      ...channels.map((x) => `staff.channel.${x}`),
      ...countedSets.map((x) => `staff.set.${x}`),
      ...campaignStates.map((x) => `staff.state.${x}`),
      ...frameStates.map((x) => `staff.frame.${x}`),
      ...closingSteps.map((x) => `staff.closing.${x}`),
      ...exportKinds.flatMap((x) => [`staff.messages.kind.${x}`, `staff.messages.kind.${x}.about`]),
      ...exportFormats.map((x) => `staff.messages.format.${x}`),
      ...Object.keys(actions).map((x) => `staff.action.${x}`),
    ];
    expect(all.filter((key) => !known.has(key))).toEqual([]);
  });

  it('exist for every key that a page names', () => {
    const known = new Set(messageKeys('zh-CN'));
    const missing: string[] = [];
    const path = new URL('../../src/http/staff/', import.meta.url);
    for (const file of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(new URL(file, path), 'utf8');
      for (const [, key = ''] of text.matchAll(/'((?:staff|http|figure|verdict)\.[a-zA-Z0-9.-]+)'/g))
        if (!known.has(key) && key !== 'staff.css') missing.push(`${file}: ${key}`);
    }
    expect(missing).toEqual([]);
  });
});

describe('a county by its pages', () => {
  it('goes from files to codes', async () => {
    const { id } = await world.addCampaign();
    const base = `/staff/campaigns/${id}/counties/${countyA}`;
    const upload = (visitor: Visitor, path: string, name: string, content: string, fields = {}) =>
      visitor.sendBare({
        method: 'POST',
        url: `${base}/${path}`,
        ...multipart({ _csrf: visitor.token, ...fields }, { name, content }),
      });

    const early = await upload(official, 'imports', 'r.csv', csv(['学校', '电话'], []), { group: 'parent' });
    expect([early.statusCode, early.body.includes('role="alert"')]).toEqual([409, true]);
    const old = await upload(official, 'schools', 'schools.xls', 'x');
    expect(old.statusCode).toBe(422);
    const none = await official.sendBare({
      method: 'POST',
      url: `${base}/schools`,
      ...multipart({ _csrf: official.token }),
    });
    expect(none.statusCode).toBe(422);

    const schools = csv(
      ['学校名称', '学校类别', '城乡类别'],
      smallSchools.map((s) => [s[1], s[2], s[3]]),
    );
    expect((await upload(official, 'schools', '学校.csv', schools)).headers.location).toBe(base);
    const rows = smallSchools.flatMap((s, i) =>
      Array.from({ length: 12 }, (_, j) => [s[1], `1380010${1000 + i * 100 + j * 3}`]),
    );
    const roll = csv(
      ['学校', '学生姓名', '家长电话'],
      [
        ...rows.map(([school = '', phone = '']) => [school, '王小明', phone]),
        ['<script>第九', '李小红', '138'],
      ],
    );
    const staged = await upload(official, 'imports', '家长<1>.csv', roll, { group: 'parent' });
    expect(staged.statusCode, staged.body).toBe(303);
    const page = await official.send({ url: staged.headers.location ?? '' });
    expect(page.body).toContain('家长&lt;1&gt;.csv');
    expect(page.body).not.toContain('<script>');
    expect(page.body).not.toContain('王小明');
    expect(page.body).toContain('name="keepGood" value="yes"');
    const applied = await post(official, `${staged.headers.location}/apply`, [['keepGood', 'yes']]);
    expect(applied.headers.location).toBe(base);
    const after = await official.send({ url: applied.headers.location ?? '' });
    expect(after.body).toContain('已入库');
    expect(after.body).not.toContain('action="' + base + '/freeze"');

    expect((await post(official, `${base}/freeze`)).statusCode).toBe(403);
    const asked = await operator.send({ url: `${base}/freeze` });
    expect(asked.body).toContain('封存不能撤销');
    expect((await post(operator, `${base}/freeze`)).statusCode).toBe(422);
    const confirmed = [['confirmed', 'yes']] as const;
    expect((await post(operator, `${base}/freeze`, confirmed)).headers.location).toBe(`${base}/draw`);
    // Its time is over: the state is shown, no form.
    expect((await operator.send({ url: `${base}/freeze` })).headers.location).toBe(`${base}/draw`);
    const wrong = await post(inspector, `${base}/draw`, [['dice', '1 2 7']]);
    expect([wrong.statusCode, wrong.body.includes('value="1 2 7"')]).toEqual([422, true]);
    const seen = await official.send({ url: `${base}/draw` });
    expect(seen.body).not.toContain('name="dice"');
    const once = await post(inspector, `${base}/draw`, [['dice', dice]]);
    expect([once.statusCode, once.body.includes('抽样不能重来')]).toEqual([200, true]);
    const thrown = [['dice', dice], ...confirmed] as const;
    expect((await post(inspector, `${base}/draw`, thrown)).statusCode).toBe(303);
    const drawn = await official.send({ url: `${base}/draw` });
    expect(drawn.body).toContain((await world.campaign(id)).counties[0]!.draw!.dice.slice(0, 5));

    const messages = (await operator.send({ url: `${base}/messages` })).body;
    expect(messages).toMatch(/含签名共 \d+ 字，按 1 条计费/);
    const preview = await post(operator, `${base}/messages`, [
      ['kind', 'reminder'],
      ['format', 'csv'],
      ['text', '请填{address} 答题码{code}'],
      ['preview', '1'],
    ]);
    expect(preview.statusCode).toBe(200);
    expect(preview.body).toContain('】请填<span class="phone-link">my.example.cn</span> 答题码7K3MP9XW2D');
    expect(preview.body).toContain('网址紧挨着“填”');
    const touching = await post(operator, `${base}/messages`, [
      ['kind', 'invitation'],
      ['format', 'csv'],
      ['text', '请填{address} 答题码{code}'],
    ]);
    expect([touching.statusCode, touching.body.includes('网址紧挨着“填”')]).toEqual([422, true]);
    expect((await operator.send({ url: `${base}/messages` })).body).toContain('还没有导出过');

    const file = await post(operator, `${base}/messages`, [
      ['kind', 'invitation'],
      ['format', 'csv'],
      ['text', ''],
    ]);
    expect(file.headers['content-disposition']).toContain('attachment');
    // So that a browser shows how far the download is.
    expect(Number(file.headers['content-length'])).toBe(file.rawPayload.length);
    for (const run of ['', 'Run 1', '../x'])
      expect((await operator.send({ url: `${base}/messages/live?run=${run}` })).statusCode).toBe(404);
    expect((await official.send({ url: `${base}/messages/live?run=abcdefgh` })).statusCode).toBe(403);
    const history = await inspector.send({ url: `${base}/messages` });
    expect(history.statusCode).toBe(200);
    expect(
      (
        await post(inspector, `${base}/messages`, [
          ['kind', 'invitation'],
          ['format', 'csv'],
        ])
      ).statusCode,
    ).toBe(403);
  });
});

describe('a county of 120 schools', () => {
  const names = Array.from({ length: 120 }, (_, i) => `第${String(i + 1).padStart(3, '0')}小学`);
  /** No file yet. */
  const without = names.filter((_, i) => i % 12 === 5);
  let base: string;
  const open = async (address: string) => (await official.send({ url: `${base}${address}` })).body;
  const shownIn = (page: string) => {
    const [, list = ''] = /<div class="list" id="list">([^]*)/.exec(page) ?? [];
    const [, body = ''] = /<tbody>([^]*?)<\/tbody>/.exec(list) ?? [];
    return [...body.matchAll(/第\d{3}小学(?= ?<|\s)/g)].map(([name]) => name);
  };
  beforeAll(async () => {
    const { id } = await world.addCampaign();
    base = `/staff/campaigns/${id}/counties/${countyA}`;
    const schools = csv(
      ['学校名称', '学校类别', '城乡类别', '学生数'],
      names.map((name) => [name, '小学', '城区', '4']),
    );
    const rows = names
      .filter((name) => !without.includes(name))
      .flatMap((name, i) =>
        Array.from({ length: (i % 4) + 1 }, (_, j) => [name, `1380020${i * 10 + j + 1000}`]),
      );
    for (const [path, content, fields] of [
      ['schools', schools, {}],
      ['imports', csv(['学校', '家长电话'], rows), { group: 'parent' }],
    ] as const) {
      const sent = await official.sendBare({
        method: 'POST',
        url: `${base}/${path}`,
        ...multipart({ _csrf: official.token, ...fields }, { name: `${path}.csv`, content }),
      });
      expect(sent.statusCode, sent.body).toBe(303);
      if (path === 'imports')
        await post(official, `${sent.headers.location}/apply`, [['reason', '已与学校核对']]);
    }
  });

  it('is shown in parts, those first that most need a file, with totals of all', async () => {
    const pages = await Promise.all(['', '?page=2', '?page=3'].map(open));
    const lists = pages.map(shownIn);
    expect(lists.map((list) => list.length)).toEqual([50, 50, 20]);
    expect(lists.flat().toSorted()).toEqual(names);
    expect(lists[0]!.slice(0, without.length).toSorted()).toEqual(without);
    for (const page of pages) {
      expect(page).toMatch(/<tfoot>[^]*273 \/ 480[^]*<\/tfoot>/);
      expect(page).toContain('最后一行按全部 120 条合计。');
    }
    expect(pages[1]).toContain('显示第 51–100 条，共 120 条。');
    expect(shownIn(await open('?rows=all'))).toEqual(lists.flat());
  });

  it('is sorted, filtered and searched as a whole', async () => {
    const byName = ['', '&page=2', '&page=3'].map((page) => open(`?sort=name${page}`));
    expect((await Promise.all(byName)).flatMap(shownIn)).toEqual(names);
    expect(shownIn(await open('?sort=-name'))[0]).toBe('第120小学');
    // Ten are no long list: nothing to turn.
    const missing = await open('?schools=missing&page=2');
    for (const name of without) expect(missing).toContain(name);
    expect(missing).not.toContain('第001小学');
    expect(missing).not.toContain('class="pager"');
    const found = await open(`?q=${encodeURIComponent('１１')}&sort=-name`);
    expect(shownIn(found)).toEqual(names.filter((name) => name.includes('11')).toReversed());
    expect(found).toContain('（全部 120 条）');
    expect(await open('?q=没有')).toContain('没有名称含“没有”的');
  });

  it.each([
    '?page=4',
    '?page=999999',
    '?page=2&page=9',
    '?page=-1',
    '?page=x',
    '?sort=secret&page=2',
    '?rows=1',
  ])('is shown for %s, too', async (query) => {
    const page = await open(query);
    const list = shownIn(page);
    expect(list.length).toBeGreaterThan(0);
    expect(page).toContain('共 120 条。');
  });

  it('has the same parts on the page of schools, and where a page answers a form', async () => {
    const pages = await Promise.all(['/schools', '/schools?page=2', '/schools?page=3'].map(open));
    expect(pages.flatMap(shownIn)).toEqual(names);
    const refused = await post(official, `${base}/hand-in`);
    expect(refused.statusCode).toBe(422);
    expect(refused.body).toContain(`href="${base}?page=2#list" rel="next"`);
  });
});

describe('two people', () => {
  it('are needed to void', async () => {
    const campaign = await world.openedCampaign();
    const url = `/staff/campaigns/${campaign.id}/proposals`;
    const made = await post(operator, url, [
      ['kind', 'void'],
      ['county', countyB],
      ['group', 'parent'],
      ['reportingStratum', ''],
      ['reason', '有学校集中代填'],
    ]);
    expect(made.statusCode, made.body).toBe(303);
    const [proposal] = await staff.deps.storage.listProposals(campaign.id);
    const own = await operator.send({ url });
    expect(own.body).not.toContain('value="confirmed"');
    expect((await post(operator, `${url}/${proposal!.id}`, [['decision', 'confirmed']])).statusCode).toBe(
      409,
    );
    const other = await admin.send({ url });
    expect(other.body).toContain('value="confirmed"');
    expect((await post(admin, `${url}/${proposal!.id}`, [['decision', 'confirmed']])).statusCode).toBe(303);
    expect((await world.campaign(campaign.id)).voids).toMatchObject([{ county: countyB, group: 'parent' }]);
    // another campaign's proposal is not reached through this address
    const elsewhere = `/staff/campaigns/${(await world.addCampaign()).id}/proposals/${proposal!.id}`;
    expect((await post(admin, elsewhere, [['decision', 'rejected']])).statusCode).toBe(404);
  });
});

describe('a refused proposal', () => {
  const kinds = ['dates', 'ineligible', 'void'] as const;
  /** What stands in one of the page's three forms, by name. */
  function valuesOf(page: string, kind: string): Readonly<Record<string, string>> {
    const form = page.split('<form').find((part) => part.includes(`name="kind" value="${kind}"`)) ?? '';
    const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
    const inputs = [...form.matchAll(/<input[^>]*>/g)].map(([tag]) => [
      attribute(tag, 'name') ?? '',
      attribute(tag, 'value') ?? '',
    ]);
    const selects = [...form.matchAll(/<select[^>]* name="([^"]*)"[^>]*>([^]*?)<\/select>/g)].map(
      ([, name = '', options = '']) => [
        name,
        attribute(/<option[^>]* selected[^>]*>/.exec(options)?.[0] ?? '', 'value') ?? '',
      ],
    );
    const values = Object.fromEntries([...inputs, ...selects]) as Record<string, string>;
    delete values['_csrf'];
    return values;
  }
  // Of what can be chosen, but more contacts than there are, and no reason to speak of.
  const sent = {
    dates: { kind: 'dates', closesAt: '2026-05-02T18:00', reason: '早' },
    ineligible: {
      kind: 'ineligible',
      county: countyB,
      samplingStratum: '1',
      contacts: '9999',
      issued: '1',
      reason: '转学的学生',
    },
    void: {
      kind: 'void',
      county: countyB,
      group: 'teacher',
      reportingStratum: '1',
      reason: '早',
    },
  } as const;

  let id: CampaignId;
  let url: string;
  beforeAll(async () => {
    ({ id } = await world.openedCampaign());
    url = `/staff/campaigns/${id}/proposals`;
  });

  it.each(kinds)(
    'of the kind "%s" keeps all its own values, and leaves the other forms alone',
    async (kind) => {
      const own = kind === 'dates' ? '' : `?county=${countyB}`;
      const fresh = (await operator.send({ url: `${url}${own}` })).body;
      const reply = await post(operator, url, Object.entries(sent[kind]));
      expect(reply.statusCode).toBe(422);
      for (const one of kinds)
        expect(valuesOf(reply.body, one), one).toEqual(one === kind ? sent[kind] : valuesOf(fresh, one));
    },
  );

  it('names parts of the roll and units, never by their numbers', async () => {
    const page = (await operator.send({ url: `${url}?county=${countyB}` })).body;
    expect(page).toContain('家长 · 城区 · 1 年级（名册');
    expect(page).toContain('家长 · 第一小学');
    const { sampling, reporting } = await world.storage.readStrata(id, countyB);
    for (const [kind, fields] of [
      [
        'ineligible',
        [
          ['samplingStratum', String(sampling.find((s) => s.group === 'parent' && s.grade === 1)!.no)],
          ['contacts', '1'],
          ['issued', '1'],
        ],
      ],
      [
        'void',
        [
          ['group', ''],
          ['reportingStratum', String(reporting.find((s) => s.level === 'school')!.no)],
        ],
      ],
    ] as const)
      expect(
        (
          await post(operator, url, [
            ['kind', kind],
            ['county', countyB],
            ...fields,
            ['reason', '转学的学生'],
          ])
        ).statusCode,
      ).toBe(303);
    const listed = (await operator.send({ url })).body.replace(/<select[^]*?<\/select>/g, '');
    expect(listed).toMatch(/松岭县 · 家长 · \S+ · 1 年级：1 人不属于调查对象/);
    expect(listed).toMatch(/作废：松岭县 · \S*[小中]学/);
    for (const { id: proposal } of await staff.deps.storage.listProposals(id))
      await post(operator, `${url}/${proposal}`, [['decision', 'rejected']]);
    const draw = (await operator.send({ url: `/staff/campaigns/${id}/counties/${countyB}/draw` })).body;
    expect(draw).toContain('家长 · 城区 · 1 年级');
    expect(draw).not.toContain('>编号<');
  });

  it('is one whose county or group is not to be chosen, in place of all of them', async () => {
    const before = (await staff.deps.storage.listProposals(id)).length;
    for (const wrong of [{ county: '' }, { county: '99010' }, { group: 'parents' }, { kind: 'voids' }]) {
      const reply = await post(
        operator,
        url,
        Object.entries({ ...sent.void, reportingStratum: '', ...wrong }),
      );
      expect(reply.statusCode, JSON.stringify(wrong)).toBe(422);
    }
    expect(await staff.deps.storage.listProposals(id)).toHaveLength(before);
  });
});

describe('the language', () => {
  it('is switched by a button and stays', async () => {
    const page = await admin.send({ url: '/staff', headers: { 'accept-language': 'zh-CN' } });
    expect(page.body).toContain('<html lang="zh-CN"');
    const switched = await post(admin, '/staff/language', [
      ['language', 'en'],
      ['back', '/staff/users'],
    ]);
    expect(switched.headers.location).toBe('/staff/users');
    const cookie = [switched.headers['set-cookie']].flat().join().split(';')[0] ?? '';
    const english = await staff.app.inject({
      url: '/staff',
      headers: { cookie, 'accept-language': 'zh-CN' },
    });
    expect(english.body).toContain('<html lang="en"');
  });
});

/** What the first card of a page says is to be done. */
async function nextCardOf(visitor: Visitor, url: string): Promise<string> {
  const [, card = ''] = /下一步([^]*?)<\/section>/.exec((await visitor.send({ url })).body) ?? [];
  return card;
}

describe('while answers come', () => {
  it('an operator is led to the messages, and told how many counties are below the floor', async () => {
    const campaign = await world.openedCampaign();
    const url = `/staff/campaigns/${campaign.id}`;
    const next = (visitor: Visitor) => nextCardOf(visitor, url);
    expect(await next(operator)).toContain('答题中');
    expect(await next(operator)).toMatch(new RegExp(`href="${url}/sendings"[^>]*>安排短信`));
    // Sessions end meanwhile.
    world.passTime(24 * 3_600_000);
    await takeSnapshots(staff.deps);
    operator = await staff.visit('operator');
    official = await staff.visit('official-a');
    const short = await next(operator);
    expect(short).toContain('2 个县还没有达到 70%');
    expect(short).toMatch(new RegExp(`href="${url}/sendings"[^>]*>安排催答`));
    expect(await next(official)).not.toContain('sendings');
    expect((await operator.send({ url: `${url}/sendings` })).statusCode).toBe(200);
  });
});

describe('after close', () => {
  it('whoever may see the result is led to it, and only then to the release', async () => {
    const { deps, actors } = world;
    const campaign = await world.openedCampaign();
    await closeCampaign(deps, actors.operator, campaign.id);
    const url = `/staff/campaigns/${campaign.id}`;
    operator = await staff.visit('operator');
    official = await staff.visit('official-a');
    inspector = await staff.visit('inspector-a');
    // Of the inspector's only county; of all counties for the operator.
    const own = `${url}/counties/${countyA}/summary`;
    const read = await nextCardOf(inspector, url);
    expect(read).toMatch(new RegExp(`<p class="lead">查看结果</p>[^]*href="${own}"[^>]*>查看结果`));
    expect((await inspector.send({ url: own })).statusCode).toBe(200);
    const both = await nextCardOf(operator, url);
    expect(both).toMatch(new RegExp(`href="${url}/compare"[^>]*>查看结果[^]*href="${url}/release"`));
    expect((await operator.send({ url: `${url}/compare` })).statusCode).toBe(200);
    expect(await nextCardOf(official, url)).not.toContain('查看结果');
    await releaseCampaign(deps, actors.operator, campaign.id);
    for (const [visitor, href] of [
      [inspector, own],
      [official, own],
      [operator, `${url}/compare`],
    ] as const)
      expect(await nextCardOf(visitor, url)).toMatch(new RegExp(`href="${href}"[^>]*>查看结果`));
  });
});
