/** Setting up a campaign as a clerk does it: a draft from the first page on, each step saved, nothing lost by a slip, a colleague, or the clock. Long because all share the same office. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieOf, createStaff, multipart, password, type Staff, type Visitor } from '../support/staff.ts';
import { readAccessCode } from '../../src/domain/code/access-code.ts';
import { addTemplate, getTemplate } from '../../src/operations/template/templates.ts';
import { countyA, createWorld, readTemplate, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let operator: Visitor;
let admin: Visitor;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  operator = await staff.visit('operator');
  admin = await staff.visit('admin');
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

type Fields = readonly (readonly [string, string])[];
const form = (fields: Fields, token: string) => ({
  method: 'POST' as const,
  payload: new URLSearchParams([
    ...fields.map(([k, v]): [string, string] => [k, v]),
    ['_csrf', token],
  ]).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});
const post = (visitor: Visitor, url: string, fields: Fields) =>
  visitor.sendBare({ url, ...form(fields, visitor.token) });
const get = async (url: string, visitor = operator) => (await visitor.send({ url })).body;
const hidden = (page: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';

const rules: Fields = [
  ['name', '春季 <b>调查</b>'],
  ['purpose', 'city-review'],
  ['commissioner', '示范市教育督导室'],
  ['commissionerPhone', '0531-88886666'],
  ['demo', 'yes'],
];
const profile: Fields = [['profile', 'basic-2012']];

const countiesOf = async (id: string) => (await world.storage.findCampaign(id as never))!.counties;

async function createDraft(): Promise<{ readonly id: string; readonly url: string }> {
  const id = hidden(await get('/staff/campaigns/new'), 'id');
  const reply = await post(operator, '/staff/campaigns', [...rules, ...profile, ['id', id]]);
  expect(reply.statusCode, reply.body).toBe(303);
  return { id, url: `/staff/campaigns/${id}/setup` };
}

describe('a new campaign', () => {
  it('has no rules chosen for it, and is refused without, at the field, all values kept', async () => {
    const page = await get('/staff/campaigns/new');
    expect(page).toContain('type="radio"');
    expect(page).not.toMatch(/type="radio"[^>]*checked/);
    const reply = await post(operator, '/staff/campaigns', [...rules, ['id', hidden(page, 'id')]]);
    expect(reply.statusCode).toBe(422);
    expect(reply.body).toContain('请选择一套计分规则');
    expect(reply.body).toContain('value="春季 &lt;b&gt;调查&lt;/b&gt;"');
    expect(reply.body).not.toContain('<b>调查');
  });

  it('sent empty is refused once for all its fields, each with what to do', async () => {
    const empty: Fields = [
      ['name', ' '],
      ['purpose', ''],
      ['commissioner', '长'.repeat(101)],
      ['commissionerPhone', '<img src=x>'],
    ];
    const page = await get('/staff/campaigns/new');
    const { statusCode, body } = await post(operator, '/staff/campaigns', [
      ...empty,
      ['id', hidden(page, 'id')],
    ]);
    expect(statusCode).toBe(422);
    for (const words of [
      '<a href="#f-name">调查名称：没有填写。请填写。</a>',
      '<a href="#f-purpose">用途：请选择一项。</a>',
      '<a href="#f-commissioner">主办单位：最多 100 个字，请缩短。</a>',
      '主办单位电话：没有填写，或不是电话号码。请填数字，可以用横线分开，如 0531-88886666。',
      '请选择一套计分规则。',
    ])
      expect(body, words).toContain(words);
    expect(body).not.toContain('<img src=x>');
  });

  it('says a sample of one size in one number', async () => {
    const page = await get('/staff/campaigns/new');
    expect(page).toContain('每县 1\u202f000 份，不论常住人口');
    expect(page).not.toMatch(/(\d+)～\1 份/);
  });

  it('sent twice is made once, with the questionnaires of its rules', async () => {
    const id = hidden(await get('/staff/campaigns/new'), 'id');
    const fields: Fields = [...rules, ...profile, ['id', id]];
    const replies = [
      await post(operator, '/staff/campaigns', fields),
      await post(operator, '/staff/campaigns', fields),
    ];
    expect(replies.map((r) => r.headers.location)).toEqual(
      Array(2).fill(`/staff/campaigns/${id}/setup/counties`),
    );
    const all = await staff.deps.storage.listCampaigns();
    expect(all.filter((c) => c.id === id)).toMatchObject([{ state: 'draft', demo: true, counties: [] }]);
    const groups = all.find((c) => c.id === id)!.questionnaires.flatMap((q) => q.groups);
    expect([...groups].sort()).toEqual(['deputy', 'parent', 'principal', 'public', 'teacher']);
  });

  it('leaves a group out only with a reason, which stands in its rules', async () => {
    const id = hidden(await get('/staff/campaigns/new'), 'id');
    const fields: Fields = [...rules, ...profile, ['id', id], ['exceptions', 'public']];
    const refused = await post(operator, '/staff/campaigns', fields);
    expect([refused.statusCode, refused.body.includes('href="#f-reason"')]).toEqual([422, true]);
    await post(operator, '/staff/campaigns', [...fields, ['reason', '由乡镇另行走访']]);
    const campaign = (await world.storage.findCampaign(id as never))!;
    expect(campaign.questionnaires.flatMap((q) => q.groups)).not.toContain('public');
    const { body } = (await world.storage.findDocument(campaign.profile))!;
    expect(body).toContain('由乡镇另行走访');
    const weights = (JSON.parse(body) as { groups: { group: string; weight: number }[] }).groups;
    expect(weights.find((g) => g.group === 'public')?.weight).toBe(0);
    expect(weights.reduce((sum, g) => sum + g.weight, 0)).toBeCloseTo(1, 9);
    const back = await get(`/staff/campaigns/${id}/setup/rules`);
    expect(back).toContain('例外：不调查其他群众');
    // Ticked without rules to write it into, it was lost without a word.
    const lost = await post(operator, `/staff/campaigns/${id}/setup/rules`, [
      ...rules,
      ['version', hidden(back, 'version')],
      ['exceptions', 'deputy'],
      ['reason', '换届'],
    ]);
    expect([lost.statusCode, lost.body.includes('勾了例外，请再选一套计分规则')]).toEqual([422, true]);
  });
});

describe('questionnaires', () => {
  const campaignOf = async (id: string) => (await world.storage.findCampaign(id as never))!;
  const hashOf = async (key: string) =>
    (await getTemplate(staff.deps, world.actors.operator, key)) as {
      readonly hash: string;
      readonly key: string;
    };
  async function mainFields(url: string): Promise<Fields> {
    const page = await get(`${url}/texts`);
    return [
      ['version', hidden(page, 'version')],
      ...[...page.matchAll(/name="(main-\w+)"\s+value="([^"]+)"\s+checked/g)].map(
        ([, name, value]) => [name!, value!] as const,
      ),
    ];
  }

  it('are offered as they fit: shipped ones and own ones, one chosen, each with its preview', async () => {
    const own = await addTemplate(staff.deps, world.actors.operator, {
      document: {
        ...(readTemplate('parent-2012.json') as object),
        id: 'ours',
        title: { 'zh-CN': '本市家长问卷', en: 'Ours' },
      },
      origin: 'file',
      note: '',
    });
    const { id, url } = await createDraft();
    const page = await get(`${url}/texts`);
    expect(page).toMatch(/本市家长问卷[\s\S]{0,200}第 1 版/);
    // Of another version than the rules require, and on a scale that they cannot score: not offered by itself.
    const [balanced, other] = [await hashOf('parent-2012-balanced'), await hashOf('parent-2017')];
    expect(page).not.toContain(`name="main-parent" value="${balanced.hash}"`);
    expect(page).not.toContain(other.hash);
    const preview = await get(`${url}/preview/${own.hash}?group=parent&in=en`);
    expect(preview).toContain('Ours');
    expect((await operator.send({ url: `${url}/preview/${'0'.repeat(64)}` })).statusCode).toBe(404);

    const fields = (await mainFields(url)).map(([k, v]): [string, string] => [
      k,
      k === 'main-parent' ? own.hash : v,
    ]);
    const reply = await post(operator, `${url}/texts`, [...fields, ['next', '1']]);
    expect([reply.statusCode, reply.headers.location], reply.body).toEqual([303, `${url}/quotas`]);
    expect((await campaignOf(id)).questionnaires.find((q) => q.groups.includes('parent'))?.hash).toBe(
      own.hash,
    );
    // Other rules keep it, where it fits them.
    const back = await get(`${url}/rules`);
    const again = await post(operator, `${url}/rules`, [
      ...rules,
      ['version', hidden(back, 'version')],
      ['profile', 'basic-2012-county'],
      ['exceptions', 'public'],
      ['reason', '由乡镇另行走访'],
    ]);
    expect(again.statusCode, again.body).toBe(303);
    expect((await campaignOf(id)).questionnaires.find((q) => q.groups.includes('parent'))?.hash).toBe(
      own.hash,
    );
    expect(await get(`${url}/texts`)).toContain('例外：本次不调查其他群众');
  });

  it('a group without one is named, and nothing is lost', async () => {
    const { id, url } = await createDraft();
    const before = (await campaignOf(id)).questionnaires;
    const fields = (await mainFields(url)).filter(([k]) => k !== 'main-teacher');
    const reply = await post(operator, `${url}/texts`, [...fields, ['main-teacher', 'none']]);
    expect(reply.statusCode).toBe(422);
    expect(reply.body).toContain('<a href="#f-main-teacher">教师用哪一份问卷：请选择一份问卷。</a>');
    expect((await campaignOf(id)).questionnaires).toEqual(before);
  });

  it('split a ballot, refused where the figure decides until one arm is declared official', async () => {
    const { id, url } = await createDraft();
    const balanced = (await hashOf('parent-2012-balanced')).hash;
    const fields = await mainFields(url);
    const refused = await post(operator, `${url}/texts`, [...fields, ['arm-parent', balanced]]);
    expect(refused.statusCode).toBe(422);
    expect(refused.body).toContain('href="#f-official-parent"');
    expect(refused.body).toMatch(new RegExp(`value="${balanced}"\\s+selected`));
    const twice = await post(operator, `${url}/texts`, [
      ...fields,
      ['arm-parent', fields.find(([k]) => k === 'main-parent')![1]],
      ['official-parent', '0'],
    ]);
    expect([twice.statusCode, twice.body.includes('href="#f-arm-parent-2"')]).toEqual([422, true]);
    const done = await post(operator, `${url}/texts`, [
      ...fields,
      ['arm-parent', balanced],
      ['official-parent', '0'],
    ]);
    expect(done.statusCode, done.body).toBe(303);
    const arms = (await campaignOf(id)).questionnaires.filter((q) => q.groups.includes('parent'));
    expect(arms).toMatchObject([
      { arm: 'A', official: true, groups: ['parent'] },
      { arm: 'B', hash: balanced, groups: ['parent'] },
    ]);
    // Shown again as it was chosen, and given up again.
    const page = await get(`${url}/texts`);
    expect(page).toMatch(/name="official-parent"\s+value="0"\s+checked/);
    // Unequal: nonsense is refused at its field, and kept as it was typed.
    const now = await mainFields(url);
    const shared = (...shares: readonly string[]): Fields => [
      ...now,
      ['arm-parent', balanced],
      ['official-parent', '0'],
      ...shares.map((share): Fields[number] => ['share-parent', share]),
    ];
    for (const [shares, at, words] of [
      [['80', ''], 2, '各份都要填'],
      [['80', '30'], 1, '合计须为 100，现在是 110。'],
      [['97', '3'], 1, '请填 5 到 95 的整数。'],
      [['80', '-20'], 2, '请填 5 到 95 的整数。'],
      [['80', '2e1'], 2, '请填 5 到 95 的整数。'],
      [['60', '20', '20'], 3, '这一份没有选问卷'],
    ] as const) {
      const wrong = await post(operator, `${url}/texts`, shared(...shares));
      expect(wrong.statusCode, shares.join()).toBe(422);
      expect(wrong.body, shares.join()).toContain(`href="#f-share-parent-${at}"`);
      expect(wrong.body, shares.join()).toContain(words);
      expect(wrong.body).toContain(`value="${shares[1]}"`);
    }
    expect((await post(operator, `${url}/texts`, shared('８０', ' 20 %'))).statusCode).toBe(303);
    const unequal = (await campaignOf(id)).questionnaires.filter((q) => q.groups.includes('parent'));
    expect(unequal.map(({ share }) => share)).toEqual([80, 20]);
    // 1,200 answers: (1.96 + 0.84) · 20 · √(1⁄960 + 1⁄240).
    const shown = (await get(`${url}/texts`)).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    expect(shown).toContain('能看出多少分的差别（占比：80 : 20）');
    expect(shown).toContain('1 200 3.0 4.0');
    await post(operator, `${url}/texts`, await mainFields(url));
    expect((await campaignOf(id)).questionnaires.filter((q) => q.groups.includes('parent'))).toHaveLength(1);
  });
});

describe('notices before the freeze', () => {
  it('are shown as they will arrive, with the county, the dates and a code that opens nothing', async () => {
    const { id, url } = await createDraft();
    expect(await get(`${url}/texts`)).toContain('还没有选县');
    const version = hidden(await get(`${url}/counties`), 'version');
    await post(operator, `${url}/counties`, [
      ['closesAt', '2026-06-01T18:00'],
      ['storageUntil', '2027-06-01'],
      ['version', version],
      ['add', '990101 云溪县 385000\n990102 松岭县 341000'],
    ]);
    const page = await get(`${url}/texts?county=990102`);
    for (const words of [
      '短信、信件、答题条、海报：松岭县',
      '松岭县教育满意度调查，请6月1日18时前',
      'my.example.cn',
    ])
      expect(page, words).toContain(words);
    expect(page.match(/class="bubble"/g)).toHaveLength(3);
    const said = { 'zh-CN': '样张，请勿发放', en: 'Sample, not to be given out' };
    for (const [language, sample] of Object.entries(said))
      for (const kind of ['letters', 'slips', 'poster']) {
        const sheet = await get(`${url}/sheet/${kind}?county=990102&in=${language}`);
        expect(sheet).toContain(`lang="${language}"`);
        for (const words of [sample, '松岭县', '0531-88886666']) expect(sheet, kind).toContain(words);
      }
    const letters = await get(`${url}/sheet/letters?county=990102`);
    expect(letters.match(/class="letter"/g)).toHaveLength(5);
    // What a careless hand gives out is refused before anything is looked up.
    const shown = /class="typed">([^<]+)</.exec(letters)![1]!;
    expect(readAccessCode(shown)).toEqual({ ok: false, reason: 'check' });
    for (const address of [`sheet/letters?county=990103`, 'sheet/other?county=990102'])
      expect((await operator.send({ url: `${url}/${address}` })).statusCode, address).toBe(404);
    const official = await staff.visit('official-a');
    expect((await official.send({ url: `${url}/sheet/letters?county=990102` })).statusCode).toBe(403);
    expect(await exportsOf(id)).toEqual([]);
  });
  const exportsOf = (id: string) => world.storage.listExports(id as never, '990102' as never);
});

describe('counties and dates', () => {
  const dates: Fields = [
    ['closesAt', '2026-06-01T18:00'],
    ['storageUntil', '2027-06-01'],
  ];
  const line = (code: string, county: string, residents: string): Fields => [
    ['code', code],
    ['county', county],
    ['residents', residents],
    ['asOf', '2025-12-31'],
    ['slips', ''],
  ];

  it('are pasted as lines; what is right is saved, what is wrong is kept and named', async () => {
    const { id, url } = await createDraft();
    const version = hidden(await get(`${url}/counties`), 'version');
    const reply = await post(operator, `${url}/counties`, [
      ...dates,
      ['version', version],
      ['add', '990101 云溪县 385,000\n990102\t松岭县\t３４１０００\n990103 石汀县 38.5万\n没有这个县 1'],
    ]);
    expect(reply.statusCode).toBe(422);
    expect(await countiesOf(id)).toMatchObject([
      { code: '990101', name: '云溪县', residents: { count: 385_000 } },
      { code: '990102', name: '松岭县', residents: { count: 341_000 } },
    ]);
    expect(reply.body).toContain('第 3 行“990103 石汀县 38.5万”：常住人口只填数字，如 385000。');
    expect(reply.body).toContain('其他内容已经保存');
    expect(reply.body).toMatch(/<textarea[^>]*>\s*990103 石汀县 38.5万\s+没有这个县 1<\/textarea>/);

    const bad = await post(operator, `${url}/counties`, [
      ...dates,
      ['version', hidden(reply.body, 'version')],
      ...line('990101', '云溪县', '38.5 万'),
      ...line('990102', '松岭县', '342000'),
    ]);
    expect(bad.body).toContain(
      '<a href="#f-counties-0-residents-count">第 1 个县（云溪县） · 常住人口：只填数字，如 385000。</a>',
    );
    expect(bad.body).toContain('value="38.5 万"');
    expect(await countiesOf(id)).toMatchObject([
      { residents: { count: 385_000 } },
      { residents: { count: 342_000 } },
    ]);
    const removed = await post(operator, `${url}/counties`, [
      ...dates,
      ['version', hidden(bad.body, 'version')],
      ...line('990101', '云溪县', '385000'),
      ...line('990102', '松岭县', '342000'),
      ['remove', '990102'],
    ]);
    expect(removed.statusCode).toBe(303);
    expect((await countiesOf(id)).map((c) => c.code)).toEqual(['990101']);
  });

  it('are saved by the Enter key, which presses the first button', async () => {
    const { url } = await createDraft();
    const version = hidden(await get(`${url}/counties`), 'version');
    await post(operator, `${url}/counties`, [
      ...dates,
      ['version', version],
      ['add', '990101 云溪县 385 000'],
    ]);
    const page = await get(`${url}/counties`);
    const own = page.slice(page.indexOf(`action="${url}/counties"`));
    expect(own).toContain('name="remove"');
    const [first] = /<button[^>]*>/.exec(own)!;
    expect(first).toContain('name="save" value="here"');
    expect(page).toContain('value="385000"');
  });

  it('numbers and days out of bounds are refused with the bounds', async () => {
    const { id, url } = await createDraft();
    const send = async (fields: Fields) =>
      (
        await post(operator, `${url}/counties`, [
          ...fields,
          ['version', hidden(await get(`${url}/counties`), 'version')],
        ])
      ).body;
    await send([...dates, ['add', '990101 云溪县 385000']]);
    const wrong = await send([
      ...[['closesAt', '2062-06-01T18:00'] as const, ['storageUntil', '9999-06-01'] as const],
      ...line('990101', '云溪县', '0').map(([k, v]) => [k, k === 'slips' ? '9999999' : v] as const),
    ]);
    for (const words of [
      '常住人口：请填 1 到 100000000 之间的整数。',
      '其他群众答题条（张）：请填 1 到 100000 之间的整数。',
      '截止时间：截止时间在 3 年以后。请核对年份。',
      '保存期至：保存期限最长到截止后 10 年。请改早。',
    ])
      expect(wrong, words).toContain(words);
    const ahead = await send([
      ...[['closesAt', ''] as const, ['storageUntil', '2027-6'] as const],
      ...line('990101', '云溪县', '385000').map(([k, v]) => [k, k === 'asOf' ? '2062-12-31' : v] as const),
    ]);
    for (const words of [
      '人口数的日期：人口数的日期在今天以后。请核对年份。',
      '截止时间：没有填写，或不是日期和时间。请从日历里选，时间也要填。',
      '保存期至：没有填写，或不是日期。请从日历里选，或照 2025-12-31 的样子填。',
    ])
      expect(ahead, words).toContain(words);
    // A page pasted by mistake is not read out.
    const pasted = await send([
      ...dates,
      ...line('990101', '云溪县', '385000'),
      ['add', '县'.repeat(20_000)],
    ]);
    expect(pasted).toContain(`第 1 行“${'县'.repeat(40)}…”`);
    expect(pasted).not.toContain(`“${'县'.repeat(41)}`);
    expect(pasted).toContain('县'.repeat(20_000));
    expect(await countiesOf(id)).toMatchObject([{ residents: { count: 385_000, asOf: '2025-12-31' } }]);
  });

  it('without a roll lead to the roll instead of a freeze that can only fail', async () => {
    const { id, url } = await createDraft();
    const version = hidden(await get(`${url}/counties`), 'version');
    await post(operator, `${url}/counties`, [
      ...dates,
      ['version', version],
      ['add', '990101 云溪县 385000'],
    ]);
    const own = `/staff/campaigns/${id}/counties/990101`;
    const list = await get(`${url}/freeze`);
    expect(list).toMatch(new RegExp(`<a href="${own}"\\s*>先上传云溪县的名册</a`));
    expect(list).not.toContain(`href="${own}/freeze"`);
    const page = await get(`${own}/freeze`);
    expect(page).toContain('名册还是空的，先上传名册。');
    expect(page).not.toContain(`action="${own}/freeze"`);
    // With slips alone it could be frozen: that is said before.
    await post(operator, `${url}/counties`, [
      ...dates,
      ['version', hidden(await get(`${url}/counties`), 'version')],
      ...line('990101', '云溪县', '385000').map(([k, v]) => [k, k === 'slips' ? '80' : v] as const),
    ]);
    const slips = await get(`${own}/freeze`);
    expect(slips).toContain(`action="${own}/freeze"`);
    expect(slips).toContain('名册上一个人也没有。现在封存，就只能发答题条');
  });

  it('come from a table, and from the list of divisions by name', async () => {
    await world.storage.replaceDivisions(
      { at: world.deps.now(), actor: world.actors.administrator },
      {
        asOf: '2023-06-30',
        rows: [
          { code: '130104' as never, name: '桥西区' },
          { code: '130703' as never, name: '桥西区' },
          { code: '130123' as never, name: '正定县' },
        ],
      },
    );
    const id = hidden(await get('/staff/campaigns/new'), 'id');
    await post(operator, '/staff/campaigns', [
      ...rules.filter(([k]) => k !== 'demo'),
      ...profile,
      ['id', id],
    ]);
    const url = `/staff/campaigns/${id}/setup`;
    const empty = await operator.send({ url: `${url}/counties/empty.csv` });
    expect(empty.headers['content-disposition']).toContain('attachment');
    const version = hidden(await get(`${url}/counties`), 'version');
    const table = multipart(
      { _csrf: operator.token, version, asOf: '2024-12-31' },
      { name: 'x.csv', content: `${empty.body}正定,480000\r\n桥西区,400000\r\n` },
    );
    const reply = await operator.sendBare({ method: 'POST', url: `${url}/counties/table`, ...table });
    expect(reply.statusCode).toBe(422);
    expect(await countiesOf(id)).toMatchObject([
      { code: '130123', name: '正定县', residents: { count: 480_000, asOf: '2024-12-31' } },
    ]);
    expect(reply.body).toContain('130104 桥西区、130703 桥西区');
  });
});

describe('two people at the same draft', () => {
  it('the second learns of it and loses nothing', async () => {
    const { id, url } = await createDraft();
    const [mine, theirs] = await Promise.all([get(`${url}/rules`), get(`${url}/rules`, admin)]);
    const fields = (name: string, page: string): Fields => [
      ...rules.filter(([k]) => k !== 'name'),
      ['name', name],
      ['version', hidden(page, 'version')],
    ];
    expect((await post(operator, `${url}/rules`, fields('甲的名称', mine))).statusCode).toBe(303);
    const late = await post(admin, `${url}/rules`, fields('乙的名称', theirs));
    expect(late.statusCode).toBe(409);
    expect(late.body).toContain('别人修改了这份草稿');
    expect(late.body).toContain('value="乙的名称"');
    expect((await world.storage.findCampaign(id as never))!.name).toBe('甲的名称');
    // Seen and sent again: that is a decision, not a loss.
    expect((await post(admin, `${url}/rules`, fields('乙的名称', late.body))).statusCode).toBe(303);
    expect((await world.storage.findCampaign(id as never))!.name).toBe('乙的名称');
  });

  it('sent again after the conflict, the form removes no county that somebody else added', async () => {
    const { id, url } = await createDraft();
    const dates: Fields = [
      ['closesAt', '2026-06-01T18:00'],
      ['storageUntil', '2027-06-01'],
    ];
    const mine = await get(`${url}/counties`);
    const theirs: Fields = [...dates, ['version', hidden(mine, 'version')], ['add', '990102 松岭县 341000']];
    await post(admin, `${url}/counties`, theirs);
    const late = await post(operator, `${url}/counties`, [
      ...dates,
      ['version', hidden(mine, 'version')],
      ['add', '990101 云溪县 385000'],
    ]);
    expect(late.statusCode).toBe(409);
    const fields = ['code', 'county', 'residents', 'asOf', 'slips'].flatMap((name) =>
      [...late.body.matchAll(/<input[^>]*>/g)]
        .map(([tag]) => tag)
        .filter((tag) => tag.includes(` name="${name}"`))
        .slice(0, 2)
        .map((tag): [string, string] => [name, /value="([^"]*)"/.exec(tag)?.[1] ?? '']),
    );
    const again = await post(operator, `${url}/counties`, [
      ...dates,
      ...fields,
      ['version', hidden(late.body, 'version')],
    ]);
    expect(again.statusCode, again.body).toBe(303);
    const { counties } = (await world.storage.findCampaign(id as never))!;
    expect(counties.map(({ code, residents }) => [code, residents?.count]).sort()).toEqual([
      ['990101', 385_000],
      ['990102', 341_000],
    ]);
  });

  /** Every field of the step's form, as a browser would send it back. */
  const fieldsIn = (page: string, names: readonly string[]): [string, string][] =>
    names.map((name) => [name, unescape(hidden(page, name))]);
  const unescape = (text: string) =>
    text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const cellsOf = (page: string, label: string) =>
    page
      .split('<tr>')
      .map((row) =>
        row
          .split('</tr>')[0]!
          .replace(/<[^>]+>/g, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      )
      .find((row) => row.startsWith(label));

  it('shows what a colleague changed, takes over what was not touched, and asks about what both changed', async () => {
    const { id, url } = await createDraft();
    const mine = await get(`${url}/rules`);
    const send = (visitor: Visitor, page: string, changed: Record<string, string>) =>
      post(visitor, `${url}/rules`, [
        ...Object.entries({ ...Object.fromEntries(rules), ...changed }),
        ...fieldsIn(page, ['version', 'was']),
      ]);
    const theirs = { name: '甲的名称', commissioner: '甲督导室', selfAdministered: 'yes' };
    expect((await send(operator, mine, theirs)).statusCode).toBe(303);
    const late = await send(admin, mine, { name: '乙的名称', purpose: 'national-check' });
    expect(late.statusCode).toBe(409);
    expect(late.body).toContain('同事改了 3 处');
    expect(cellsOf(late.body, '调查名称')).toBe(
      '调查名称 春季 &lt;b&gt;调查&lt;/b&gt; 甲的名称 乙的名称 您也改了，请核对',
    );
    expect(cellsOf(late.body, '主办单位')).toBe('主办单位 示范市教育督导室 甲督导室 已换成同事的');
    // The form holds the colleague's commissioner and the reader's own name; sent again it saves both.
    expect(late.body).toContain('value="甲督导室"');
    expect(late.body).not.toContain('data-autosave');
    const again = await send(admin, late.body, {
      ...{ name: '乙的名称', commissioner: '甲督导室', selfAdministered: 'yes' },
    });
    expect(again.statusCode).toBe(303);
    expect(await world.storage.findCampaign(id as never)).toMatchObject({
      ...{ name: '乙的名称', commissioner: '甲督导室', selfAdministered: true },
    });
  });

  it('of counties shows residents, additions and removals, and neither loses nor revives one', async () => {
    const { id, url } = await createDraft();
    const dates = { closesAt: '2026-06-01T18:00', storageUntil: '2027-06-01' };
    const line = (code: string, county: string, residents: string): [string, string][] => [
      ...([['code', code] as const, ['county', county] as const].map((one) => [...one]) as [
        string,
        string,
      ][]),
      ['residents', residents],
      ['asOf', '2025-12-31'],
    ];
    const send = (page: string, lines: readonly [string, string][], changed: Record<string, string> = {}) =>
      post(operator, `${url}/counties`, [
        ...Object.entries({ ...dates, ...changed }),
        ...lines,
        ...fieldsIn(page, ['version', 'was']),
      ]);
    const first = await get(`${url}/counties`);
    await send(first, [...line('990101', '云溪县', '385000'), ...line('990102', '松岭县', '341000')]);
    const mine = await get(`${url}/counties`);
    // The colleague removes one county, adds another, and moves the end.
    await send(mine, [...line('990101', '云溪县', '385000'), ...line('990103', '石汀县', '1000')], {
      closesAt: '2026-06-05T18:00',
    });
    const late = await send(mine, [
      ...line('990101', '云溪县', '400000'),
      ...line('990102', '松岭县', '341,000'),
    ]);
    expect(late.statusCode).toBe(409);
    expect(cellsOf(late.body, '截止时间')).toContain('2026-06-01 18:00 2026-06-05 18:00 已换成同事的');
    expect(cellsOf(late.body, '松岭县')).toBe('松岭县 人口 341000（2025-12-31） （没有） 已换成同事的');
    expect(cellsOf(late.body, '石汀县')).toBe('石汀县 （没有） 人口 1000（2025-12-31） 已换成同事的');
    expect(late.body).toContain('value="2026-06-05T18:00"');
    const codes = [...late.body.matchAll(/name="code" value="(\d+)"/g)].map(([, code]) => code);
    expect(codes).toEqual(['990101', '990103']);
    expect(late.body).toContain('value="400000"');
    expect((await countiesOf(id)).map((one) => one.code).sort()).toEqual(['990101', '990103']);
  });

  it('a colleague at another step is no conflict', async () => {
    const { id, url } = await createDraft();
    const counties = await get(`${url}/counties`);
    const names = [...rules.filter(([k]) => k !== 'name'), ['name', '甲的名称'] as const];
    await post(admin, `${url}/rules`, [...names, ...fieldsIn(await get(`${url}/rules`), ['version', 'was'])]);
    const reply = await post(operator, `${url}/counties`, [
      ...([
        ['closesAt', '2026-06-01T18:00'],
        ['storageUntil', '2027-06-01'],
        ['add', '990101 云溪县 385000'],
      ] as const),
      ...fieldsIn(counties, ['version', 'was']),
    ]);
    expect(reply.statusCode, reply.body).toBe(303);
    expect(await world.storage.findCampaign(id as never)).toMatchObject({
      name: '甲的名称',
      counties: [{ code: '990101' }],
    });
  });

  it('a form without what it was made on, or with nonsense, is compared with what is stored', async () => {
    const { url } = await createDraft();
    const mine = await get(`${url}/rules`);
    const send = (changed: Record<string, string>) =>
      post(operator, `${url}/rules`, [
        ...Object.entries({ ...Object.fromEntries(rules), ...changed, version: hidden(mine, 'version') }),
      ]);
    await send({ name: '甲的名称' });
    for (const was of ['', '{', '[1]', '{"name":1}']) {
      const late = await send({ name: '乙的名称', was });
      expect([late.statusCode, cellsOf(late.body, '调查名称')]).toEqual([
        409,
        '调查名称 – 甲的名称 乙的名称 您也改了，请核对',
      ]);
    }
  });

  it('saves itself for a script: what is right, and says from when and how much is left', async () => {
    const { id, url } = await createDraft();
    const page = await get(`${url}/rules`);
    const auto = (changed: Record<string, string>) =>
      operator.sendBare({
        url: `${url}/rules`,
        ...form(Object.entries({ ...Object.fromEntries(rules), auto: 'yes', ...changed }), operator.token),
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      });
    const before = Object.fromEntries(fieldsIn(page, ['version', 'was']));
    const saved = await auto({ ...before, name: '自动' });
    expect([saved.statusCode, saved.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(saved.json()).toMatchObject({ time: expect.stringMatching(/^\d\d:\d\d$/), left: 0 });
    const { version, was } = saved.json<Record<string, string>>();
    expect(version).not.toBe(before['version']);
    const partly = await auto({ version: version!, was: was!, name: '', commissioner: '新督导室' });
    expect(partly.json()).toMatchObject({ left: 1 });
    expect(await world.storage.findCampaign(id as never)).toMatchObject({
      ...{ name: '自动', commissioner: '新督导室' },
    });
    // Nothing of it is said on the next page, and what it is based on is the version of before: refused, nothing lost.
    expect(await get(`${url}/rules`)).not.toContain('>已保存。');
    const late = await auto({ ...before, name: '旧页' });
    expect(late.statusCode).toBe(409);
    expect((await world.storage.findCampaign(id as never))!.name).toBe('自动');
  });

  it('half a line of a list is no county for a script', async () => {
    const { id, url } = await createDraft();
    const page = await get(`${url}/counties`);
    const reply = await operator.sendBare({
      url: `${url}/counties`,
      ...form(
        [
          ['closesAt', '2026-06-01T18:00'],
          ['storageUntil', '2027-06-01'],
          ['add', '990101 云'],
          ['auto', 'yes'],
          ...fieldsIn(page, ['version', 'was']),
        ],
        operator.token,
      ),
    });
    expect(reply.json()).toMatchObject({ left: 0 });
    expect(await countiesOf(id)).toEqual([]);
  });

  it('a step that is pressed saves first, and can then be left without what is wrong', async () => {
    const { id, url } = await createDraft();
    const page = await get(`${url}/rules`);
    expect(page).toMatch(/<button class="step" form="step" name="go" value="texts"/);
    const send = (name: string) =>
      post(operator, `${url}/rules`, [
        ...rules.filter(([k]) => k !== 'name'),
        ...([
          ['name', name],
          ['go', 'texts'],
        ] as const),
        ...fieldsIn(page, ['version', 'was']),
      ]);
    const wrong = await send(' ');
    expect(wrong.statusCode).toBe(422);
    expect(wrong.body).toContain(`<a class="step" href="${url}/texts">`);
    expect(wrong.body).toContain('没保存的不会保留');
    const right = await send('改名');
    expect([right.statusCode, right.headers.location]).toEqual([303, `${url}/texts`]);
    expect((await world.storage.findCampaign(id as never))!.name).toBe('改名');
    const nowhere = await post(operator, `${url}/rules`, [
      ...rules,
      ['go', '//example.org'],
      ...fieldsIn(await get(`${url}/rules`), ['version', 'was']),
    ]);
    expect(nowhere.headers.location).toBe(`${url}/counties`);
  });

  it('a double click, or the back button and the same again, is no conflict', async () => {
    const { url } = await createDraft();
    const page = await get(`${url}/rules`);
    const fields: Fields = [
      ...rules.filter(([k]) => k !== 'name'),
      ['name', '新名称'],
      ['version', hidden(page, 'version')],
    ];
    for (let i = 0; i < 2; i++) expect((await post(operator, `${url}/rules`, fields)).statusCode).toBe(303);
    // Nor with blanks and full-width digits around what is stored.
    const typed: Fields = [
      ...fields.filter(([k]) => k !== 'version' && k !== 'name' && k !== 'commissionerPhone'),
      ['name', ' 再改名 '],
      ['commissionerPhone', '０５３１－８８８８６６６６'],
      ['version', hidden(await get(`${url}/rules`), 'version')],
    ];
    for (let i = 0; i < 2; i++) expect((await post(operator, `${url}/rules`, typed)).statusCode).toBe(303);
    expect(await get(`${url}/rules`)).toContain('value="0531-88886666"');
  });
});

describe('the planner', () => {
  it('asks in a clerk’s words, and carries its result over to the quotas with one button, and back', async () => {
    const { id } = await world.addCampaign();
    await world.fillCounty(id, countyA);
    const url = `/staff/campaigns/${id}/setup`;
    const page = await get(`${url}/quotas?county=${countyA}&valid=100&of100=65`);
    // ⌈100 ⁄ 0.65⌉ = 154; the small profile asks for 110.
    expect(page).toContain('需发放约 154 份，比规则的 110 份多 44 份。');
    expect(page).toContain('预计回收率 65%，低于下限 70%');
    expect(page).toContain('缺额 4 转给家长');
    const wrong = await operator.send({ url: `${url}/quotas?valid=x&of100=0` });
    expect([wrong.statusCode, wrong.body.includes('href="#f-of100"')]).toEqual([422, true]);
    // No result of other numbers beside the fault, and no button that would carry it over.
    expect(wrong.body).not.toMatch(/需发放约|quotas\/raise/);
    expect(
      await get(`${url}/quotas?county=${countyA}&valid=${encodeURIComponent('１ 00')}&of100=65`),
    ).toContain('需发放约 154 份，比规则的 110 份多 44 份。');
    expect(await get(`${url}/quotas?valid=70&of100=80`)).not.toContain('/quotas/raise');

    const fields: Fields = [
      ['version', hidden(page, 'version')],
      ['county', countyA],
      ['valid', '100'],
      ['of100', '65'],
    ];
    const reply = await post(operator, `${url}/quotas/raise`, fields);
    expect(reply.statusCode, reply.body).toBe(303);
    expect(reply.headers.location).toBe(`${url}/quotas?county=${countyA}&valid=100&of100=65`);
    const raised = await get(reply.headers.location!);
    expect(raised).toContain('已用作配额');
    expect(raised).toContain('增发后');
    const profileOf = async () =>
      (await world.storage.findDocument((await world.storage.findCampaign(id))!.profile))!.body;
    expect(await profileOf()).toContain('"raised":{"from":110,"to":154}');
    expect(await profileOf()).toContain('【增发：云溪县需要 100 份有效答卷，估计每 100 人有 65 人作答');
    const stale = await post(operator, `${url}/quotas/restore`, [['version', fields[0]![1]]]);
    expect([stale.statusCode, stale.body.includes('别人修改了这份草稿')]).toEqual([409, true]);
    await post(operator, `${url}/quotas/restore`, [['version', hidden(raised, 'version')]]);
    expect(await profileOf()).not.toContain('增发');

    // The county's own page says the same, for officials without the button.
    const own = `/staff/campaigns/${id}/counties/${countyA}/plan?valid=100&of100=65`;
    expect(await get(own)).toContain('/quotas/raise');
    const official = await get(own, await staff.visit('official-a'));
    expect(official).toContain('需发放约 154 份');
    expect(official).not.toContain('/quotas/raise');
    // Who has no such button is not told to press it, and nobody is left with a heading over nothing.
    expect(await get(own)).toContain('按下“用作配额”才改');
    expect(official).not.toContain('用作配额');
    expect(official).toContain('配额由主办单位确定');
    expect(official).toMatch(/看得到哪些学校<\/h2>.*(?:<li>|上传学校名单和名册后)/s);
    expect(official).toContain('按每一类人员的误差都不超过 ±3.0 分推算');
  });
});

describe('a session that ended over a half-filled form', () => {
  it('keeps what was filled in, through the log-in', async () => {
    const { id, url } = await createDraft();
    const version = hidden(await get(`${url}/rules`), 'version');
    const lost = await staff.app.inject({
      url: `${url}/rules`,
      ...form([...rules, ['name', '断线 "之前" 填的'], ['version', version], ['password', 'geheim']], 'gone'),
    });
    expect(lost.statusCode).toBe(401);
    expect(lost.body).toContain('您刚才填的内容还在');
    expect(lost.body).not.toContain('geheim');
    const kept = hidden(lost.body, 'kept')
      .replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>');
    const sent = form(
      [
        ['login', 'operator'],
        ['password', password],
        ['kept', kept],
      ],
      hidden(lost.body, '_csrf'),
    );
    const headers = { ...sent.headers, cookie: cookieOf(lost) };
    const back = await staff.app.inject({ url: '/staff/login', ...sent, headers });
    expect(back.statusCode, back.body).toBe(200);
    expect(back.body).toContain(`action="${url}/rules"`);
    expect(back.body).toContain('断线 &quot;之前&quot; 填的');
    expect((await world.storage.findCampaign(id as never))!.name).not.toContain('断线');
  });
});

describe('a draft', () => {
  it('is copied from an earlier campaign, and deleted after a question', async () => {
    const { id, url } = await createDraft();
    const copied = await post(operator, `/staff/campaigns/${id}/copy`, []);
    const [, copy = ''] = /campaigns\/([^/]+)\/setup\/rules/.exec(copied.headers.location ?? '') ?? [];
    const before = (await world.storage.findCampaign(id as never))!;
    expect(await world.storage.findCampaign(copy as never)).toMatchObject({
      state: 'draft',
      profile: before.profile,
      questionnaires: before.questionnaires,
    });
    const page = await get(`/staff/campaigns/${copy}/delete`);
    expect(page).toContain('不能恢复');
    const unsure = await post(operator, `/staff/campaigns/${copy}/delete`, []);
    expect([unsure.statusCode, unsure.body.includes('href="#f-confirmed"')]).toEqual([422, true]);
    expect(
      (await post(operator, `/staff/campaigns/${copy}/delete`, [['confirmed', 'yes']])).headers.location,
    ).toBe('/staff');
    expect(await world.storage.findCampaign(copy as never)).toBeUndefined();
    for (const step of ['rules', 'counties', 'texts', 'quotas', 'freeze', 'preview/1'])
      expect((await operator.send({ url: `${url}/${step}` })).statusCode, step).toBe(200);
  });

  it('with rolls goes whole; one of which something is frozen stays', async () => {
    const { id } = await world.addCampaign();
    expect((await post(operator, `/staff/campaigns/${id}/delete`, [['confirmed', 'yes']])).statusCode).toBe(
      303,
    );
    const drawn = await world.addCampaign();
    await world.fillCounty(drawn.id, countyA);
    await world.freezeAndDraw(drawn.id, countyA);
    const reply = await post(operator, `/staff/campaigns/${drawn.id}/delete`, [['confirmed', 'yes']]);
    expect(reply.statusCode).toBe(409);
    const quotas = await get(`/staff/campaigns/${drawn.id}/setup/quotas`);
    expect(quotas).toContain('转移');
    expect(await get(`/staff/campaigns/${drawn.id}/setup/texts`)).toContain('问卷不能再换');
  });
});

describe('a form that is too long', () => {
  it('is answered by a page that says how much is taken, what to do, and leads back', async () => {
    const { url } = await createDraft();
    const long: Fields = [
      ['asOf', '2026'],
      ['add', '甲'.repeat(500_000)],
    ];
    for (const address of [`${url}/counties`, `${url}/quotas/raise`]) {
      const { statusCode, body } = await post(operator, address, long);
      expect(statusCode).toBe(413);
      expect(body).toContain('超过 4096 KB');
      expect(body).toMatch(/最长的一项有 500000 个字，开头是“甲{40}”/);
      expect(body).toContain(`<a href="${address.replace('/raise', '')}">`);
    }
    expect((await post(operator, '/staff/no-such-page', long)).body).not.toContain('重新打开');
  });
});

describe('the page of the draw', () => {
  it('leads on while the roll is not frozen, each to what they may do', async () => {
    const { id, url } = await createDraft();
    await post(operator, `${url}/counties`, [
      ['version', hidden(await get(`${url}/counties`), 'version')],
      ['closesAt', '2030-05-01T18:00'],
      ['storageUntil', '2032-05-01'],
      ['add', '990101 云溪县'],
    ]);
    const county = `/staff/campaigns/${id}/counties/990101`;
    expect(await get(`${county}/draw`)).toContain(`href="${county}#freeze"`);
    const official = await staff.visit('official-a');
    const page = await get(`${county}/draw`, official);
    expect(page).toContain(`<a href="${county}">看名册准备到哪一步</a>`);
    expect(page).not.toContain('#freeze');
  });
});
