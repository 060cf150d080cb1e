/** Answering over HTTP: page, code, sheet, receipt and refusals, in every way that a phone sends them. Long because all share one open survey. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeAccessCode } from '../../src/domain/code/access-code.ts';
import { isReversed } from '../../src/domain/questionnaire/option-order.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { minifiedAssets } from '../support/minified.ts';
import { campaign, county, now, openSurvey, stamp, template, type OpenSurvey } from './open-survey.ts';
import { createApp, type TestApp, type TestOptions } from './support.ts';

let survey: OpenSurvey;
let t: TestApp;

async function serve(options: TestOptions = {}): Promise<void> {
  await (t as TestApp | undefined)?.close();
  const { storage, keys, intake, campaigns } = survey;
  t = await createApp({ storage, keys, intake, campaigns, now: () => now, ...options });
}
beforeEach(async () => {
  survey = await openSurvey();
  await serve();
});
afterEach(async () => {
  await t.close();
  await survey.close();
});

const form = 'application/x-www-form-urlencoded';
const get = (url: string, headers: Record<string, string> = {}) => t.app.inject({ url, headers });
const post = (url: string, payload: string, headers: Record<string, string> = {}) =>
  t.app.inject({ method: 'POST', url, payload, headers: { 'content-type': form, ...headers } });
async function answered(): Promise<number> {
  const counts = await survey.storage.countResponses(campaign, county);
  return counts.reduce((sum, c) => sum + c.answered, 0);
}
/** Everything that a client sees, but for the clock. */
function seen(reply: Awaited<ReturnType<typeof get>>): unknown {
  const { date: _, ...headers } = reply.headers;
  return { status: reply.statusCode, headers, body: reply.rawPayload.toString('hex') };
}

/** Codes of the school's stratum that see the options as written, or in reverse. */
function codesOfOrder(reversed: boolean): string[] {
  return Array.from({ length: 30 }, (_, i) => survey.code(1, i)).filter(
    (code) => isReversed(code) === reversed,
  );
}

describe('the code page', () => {
  it('leads to the questionnaire, however the code is typed', async () => {
    const code = survey.code(1, 0);
    const typed = ` ${code.slice(0, 5).toLowerCase()} ${code.slice(5)}`;
    const byPost = await post('/', new URLSearchParams({ code: typed }).toString());
    expect([byPost.statusCode, byPost.headers.location]).toEqual([303, `/s/${code}`]);
    const byGet = await get(`/s?code=${encodeURIComponent(typed)}`);
    expect([byGet.statusCode, byGet.headers.location]).toEqual([303, `/s/${code}`]);
    expect((await get('/')).body).toContain('name="code"');
  });

  it('and with what a phone or a person put around it', async () => {
    const code = survey.code(1, 0);
    for (const typed of [`编号${code}。`, `${code},勿转给他人。`, `https://my.example.cn/s/${code}`]) {
      const reply = await post('/', new URLSearchParams({ code: typed }).toString());
      expect([reply.statusCode, reply.headers.location]).toEqual([303, `/s/${code}`]);
    }
    const { body } = await get(`/s/${code}`);
    for (const tail of ['。', '，', '）', '】', '！', '请', '&x=1', ',勿转给他人。']) {
      const url = `/s/${encodeURIComponent(code + tail)}`;
      const page = await get(url);
      expect([tail, page.statusCode, page.body === body]).toEqual([tail, 200, true]);
    }
    const before = await answered();
    expect((await post(`/s/${encodeURIComponent(`${code}。`)}`, survey.form())).statusCode).toBe(303);
    expect(await answered()).toBe(before + 1);
  });

  it('says so when a code was copied wrongly, without looking anything up', async () => {
    await serve({
      campaigns: { ...survey.campaigns, findByCode: () => Promise.reject(new Error('looked up')) },
    });
    const code = survey.code(1, 0);
    const wrong = `${code.slice(0, 9)}${code.endsWith('0') ? '1' : '0'}`;
    for (const reply of [await post('/', `code=${wrong}`), await get(`/s/${wrong}`)]) {
      expect(reply.statusCode).toBe(422);
      expect(reply.body).toContain('抄错了一位');
      expect(reply.body).toContain(`value="${wrong}"`);
    }
    expect((await post('/', 'code=')).body).toContain('请输入答题码。');
    expect((await post('/', `code=${encodeURIComponent('"><script>')}`)).body).not.toContain('<script>');
    expect((await post('/', '')).statusCode).toBe(422);
    expect((await t.app.inject({ method: 'POST', url: '/' })).statusCode).toBe(422);
  });
});

describe('the questionnaire', () => {
  it('says who asks, what for, about which school, until when and what is stored', async () => {
    const { body, headers, statusCode } = await get(`/s/${survey.code(1, 0)}`);
    expect(statusCode).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    for (const text of [
      '云川市教育督导委员会办公室',
      '0999-1234567',
      '了解青禾县群众',
      '<dd>青禾县第一小学</dd>',
      '2026年5月17日',
      '答不答、怎么答，都由您。',
      '督学核验时还能看到逐份答卷，上面有学校，没有手机号。',
      '同答案分开存',
      '手机号、答卷和意见存到2026年11月28日',
      '想着在青禾县第一小学上学的一个',
      '总的来说，青禾县的小学和初中教育',
      '演示数据',
    ])
      expect(body).toContain(text);
    // Twelve rated items, three follow-ups, and the report of pressure.
    expect(body.match(/<fieldset/g)).toHaveLength(12 + 3 + 1);
    expect(body.match(/您满不满意？/g)).toHaveLength(12);
    expect(body).not.toMatch(/\{(county|school)\}/);
    expect(body.match(/<script[^>]*>/g)).toEqual([`<script src="${t.app.assets.href('answer.js')}" defer>`]);
    expect(body).not.toContain(survey.code(1, 0));
  });

  it('names the stratum and no more, and warns a small group', async () => {
    const bundle = (await get(`/s/${survey.code(2, 0)}`)).body;
    expect(bundle).toContain('柳湾中心小学及其教学点');
    expect(bundle).toContain('不单独公布');
    expect((await get(`/s/${survey.code(1, 0)}`)).body).not.toContain('不单独公布');
    expect((await get(`/s/${survey.code(3, 0)}`)).body).not.toContain('关于哪所学校');
  });

  it('is small, and comes compressed as the client asks', async () => {
    await serve({ http: { assets: minifiedAssets() } });
    const url = `/s/${survey.code(1, 0)}`;
    const plain = await get(url);
    const br = await get(url, { 'accept-encoding': 'br, gzip' });
    const gzip = await get(url, { 'accept-encoding': 'gzip' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(br.headers['content-encoding']).toBe('br');
    expect(gzip.headers['content-encoding']).toBe('gzip');
    const script = await get(t.app.assets.href('answer.js'), { 'accept-encoding': 'br' });
    const addresses = [...plain.body.matchAll(/(?:src|href)="(\/assets[^"]*)"/g)].map((m) => m[1]);
    expect(addresses).toEqual([t.app.assets.href('answer.js')]);
    const headers = JSON.stringify(br.headers).length + JSON.stringify(script.headers).length;
    expect(br.rawPayload.length + script.rawPayload.length + headers).toBeLessThan(8 * 1024);
    expect(br.rawPayload.length).toBeLessThan(gzip.rawPayload.length);
  });

  it('comes in the language wanted', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    expect((await get(url, { 'accept-language': 'en-GB,en' })).body).toContain('lang="en"');
    expect((await get(`${url}?lang=en`)).body).toContain('Who asks');
    expect((await get(url, { 'accept-language': 'fr' })).body).toContain('lang="zh-CN"');
  });

  it('changes nothing by GET or HEAD', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    await get(url);
    const head = await t.app.inject({ method: 'HEAD', url });
    expect(head.statusCode).toBe(200);
    expect(await answered()).toBe(0);
  });

  it('shows conditional items with their condition, and asks them only then', async () => {
    await t.close();
    await survey.close();
    const document = template('parent-2012.json') as { items: Record<string, unknown>[] };
    document.items.splice(
      1,
      0,
      {
        id: 'why',
        type: 'multiple',
        text: { 'zh-CN': '为什么？', en: 'Why?' },
        required: true,
        showIf: { item: 'overall', in: ['dissatisfied'] },
        max: 2,
        options: [
          { id: 'far', text: { 'zh-CN': '太远', en: 'Too far' } },
          { id: 'road', text: { 'zh-CN': '路不好', en: 'Bad road' } },
          { id: 'bus', text: { 'zh-CN': '没有车', en: 'No bus' } },
        ],
      },
      { id: 'minutes', type: 'number', min: 0, max: 300, text: { 'zh-CN': '要走几分钟？', en: 'Minutes?' } },
    );
    survey = await openSurvey({ questionnaire: document });
    await serve();
    const url = `/s/${survey.code(1, 0)}`;
    const { body } = await get(url);
    expect(body).toContain('第 1 题选了“不满意”的，请回答');
    // A follow-up shares the number of its item: nobody misses a number.
    expect(body).toMatch(/<legend>1-1\. *为什么/);
    expect(body).toMatch(/<label[^>]*for="f-minutes">2\. *要走几分钟/);
    expect(body).toContain('type="checkbox"');
    expect(body).toContain('inputmode="numeric"');
    expect((await post(url, survey.form('satisfied'))).statusCode).toBe(303);
    const asked = await post(url, survey.form('dissatisfied'));
    expect(asked.statusCode).toBe(422);
    expect(asked.body).toContain('href="#i-why"');
    const tooMany = await post(url, `${survey.form('dissatisfied')}&why=far&why=road&why=bus`);
    expect(tooMany.statusCode).toBe(422);
    expect(tooMany.body).toMatch(/value="bus"\s+checked/);
    const badNumber = await post(url, survey.form('satisfied', { minutes: '12.5' }));
    expect(badNumber.body).toContain('href="#f-minutes"');
    expect(badNumber.body).toContain('value="12.5"');
    expect((await post(url, survey.form('satisfied', { minutes: '３０' }))).statusCode).toBe(303);
  });
});

describe('what is said of who sees what', () => {
  it('fits how the code came: with a school, of the county as a whole, by an open link', async () => {
    const school = (await get(`/s/${survey.code(1, 0)}`)).body;
    const whole = (await get(`/s/${survey.code(3, 0)}`)).body;
    expect(school).toContain('上面有学校，没有手机号');
    expect(whole).toContain('督学核验时还能看到逐份答卷，上面没有手机号');
    // Whoever has no school to be named is asked of any.
    expect(whole).toContain('想着在小学或初中上学的一个');
    for (const body of [school, whole]) {
      expect(body).toContain('名册上登记的身份类别、学校、年级和手机号');
      expect(body).not.toContain('由县里自己主办');
    }
  });

  it('and says otherwise where the county runs the survey itself', async () => {
    await serve({ http: { selfAdministered: true } });
    const { body } = await get(`/s/${survey.code(1, 0)}`);
    expect(body).toContain('本次由县里自己主办。县里看汇总和您写的意见');
    expect(body).toContain('管系统的人在截止前有办法查到谁答了什么');
    expect(body).toContain('这里不计入得分。本次由县里自己主办，县里看得到。');
    for (const untrue of ['学校、老师和县里看不到', '只给主办单位和督学看', '没有手机号'])
      expect(body).not.toContain(untrue);
    const genuine = (await get('/genuine')).body;
    expect(genuine).not.toContain('他们不是主办单位');
    expect(genuine).toContain('可以打给主办单位核实');
    await serve();
    expect((await get('/genuine')).body).toContain('他们不是主办单位');
  });

  it.each([
    ['teacher', '名册上登记的身份类别、学校和手机号'],
    ['deputy', '名册上登记的身份类别和手机号'],
    ['public', '我们没有您的姓名和手机号。'],
  ])('%s: what is kept', async (group, sentence) => {
    await t.close();
    await survey.close();
    survey = await openSurvey({ questionnaire: template(`${group}-2012.json`) });
    await serve();
    const { body } = await get(`/s/${survey.code(3, 0)}`);
    expect(body).toContain(sentence);
    expect(body).toContain(group === 'public' ? '。答卷和意见存到' : '手机号、答卷和意见存到');
  });
});

describe('the order of options', () => {
  const optionsOf = (body: string, item: string) =>
    [...body.matchAll(new RegExp(`name="${item}" value="([a-z-]+)"`, 'g'))].map((m) => m[1]);

  it('is decided by the code alone: two pages for a whole school, made and compressed once each', async () => {
    const bodies = new Map<string, string[]>();
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 30; i++) {
        const reply = await get(`/s/${survey.code(1, i)}`, round === 0 ? {} : { cookie: 'size=normal; x=1' });
        bodies.set(reply.body, [...(bodies.get(reply.body) ?? []), survey.code(1, i)]);
      }
    const [some, others] = [...bodies.values()].map((codes) => new Set(codes));
    expect(bodies.size).toBe(2);
    expect([...some!].filter((code) => others!.has(code))).toEqual([]);
    // 30 fair coins: fewer than 6 on one side once in six thousand sets of codes; these codes are always the same.
    expect(Math.min(some!.size, others!.size)).toBeGreaterThanOrEqual(6);
    const orders = [...bodies.keys()].map((body) => optionsOf(body, 'distance')).sort();
    expect(orders).toEqual([
      ['dissatisfied', 'basically-satisfied', 'satisfied', 'very-satisfied', 'dont-know'],
      ['very-satisfied', 'satisfied', 'basically-satisfied', 'dissatisfied', 'dont-know'],
    ]);
    // Whatever is not a reversible scale stands as written in both.
    for (const body of bodies.keys())
      expect(optionsOf(body, 'facilities-gap-size')).toEqual([
        'very-small',
        'fairly-small',
        'fairly-large',
        'very-large',
        'dont-know',
      ]);
  });

  it('is kept one question a page, in the other language, and when something was wrong', async () => {
    for (const reversed of [false, true]) {
      const url = `/s/${codesOfOrder(reversed)[0]!}`;
      const first = reversed ? 'dissatisfied' : 'very-satisfied';
      expect(optionsOf((await get(`${url}?step=1`)).body, 'overall')[0]).toBe(first);
      expect(optionsOf((await get(`${url}?lang=en`)).body, 'overall')[0]).toBe(first);
      expect(optionsOf((await post(url, 'distance=satisfied')).body, 'distance')[0]).toBe(first);
      expect(optionsOf((await post(url, '_step=next&_at=1&overall=satisfied')).body, 'distance')[0]).toBe(
        first,
      );
    }
  });

  it('leaves no trace in what is stored: the same answers, the same bytes', async () => {
    const [written, reversed] = [codesOfOrder(false)[0]!, codesOfOrder(true)[0]!];
    const stored: string[] = [];
    await serve({
      intake: {
        ...survey.intake,
        submit: (entry) => {
          stored.push(Buffer.from(entry.answers).toString('hex'));
          return survey.intake.submit(entry);
        },
      },
    });
    for (const option of ['very-satisfied', 'dissatisfied', 'dont-know'])
      for (const code of [written, reversed])
        expect((await post(`/s/${code}`, survey.form(option))).statusCode).toBe(303);
    expect(stored).toHaveLength(6);
    for (const i of [0, 2, 4]) expect(stored[i]).toBe(stored[i + 1]);
    expect(new Set(stored).size).toBe(3);
  });

  it('a questionnaire without a reversible scale has one page for all', async () => {
    await t.close();
    await survey.close();
    const document = template('parent-2012.json') as { scales: { satisfaction: { reversible?: true } } };
    delete document.scales.satisfaction.reversible;
    survey = await openSurvey({ questionnaire: document });
    await serve();
    const bodies = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => (await get(`/s/${survey.code(1, i)}`)).body),
    );
    expect(new Set(bodies).size).toBe(1);
  });
});

describe('an answer', () => {
  it('is stored before the closing page is named', async () => {
    const reply = await post(`/s/${survey.code(1, 0)}`, survey.form());
    expect(reply.statusCode).toBe(303);
    expect(reply.headers.location).toBe('/done?lang=zh-CN');
    expect(reply.headers['set-cookie']).toBeUndefined();
    expect(await answered()).toBe(1);
    const done = await get('/done?lang=zh-CN');
    expect(done.statusCode).toBe(200);
    expect(done.body).toContain('以最后一次为准');
  });

  it('looks the same to the last byte first, second, tenth, and from another code', async () => {
    const [other, faulted, ...tried] = codesOfOrder(false);
    for (const [i, accept] of ['identity', 'gzip, br'].entries()) {
      const first = tried[i]!;
      const headers = { 'accept-encoding': accept };
      const before = seen(await get(`/s/${first}`, headers));
      const reply = seen(await post(`/s/${first}`, survey.form('satisfied'), headers));
      for (let i = 0; i < 10; i++) {
        const option = i % 2 === 0 ? 'dissatisfied' : 'very-satisfied';
        expect(seen(await post(`/s/${first}`, survey.form(option), headers))).toEqual(reply);
        expect(seen(await get(`/s/${first}`, headers))).toEqual(before);
      }
      expect(seen(await get(`/s/${other}`, headers))).toEqual(before);
      expect(seen(await post(`/s/${other}`, survey.form(), headers))).toEqual(reply);
      const faulty = seen(await post(`/s/${first}`, 'distance=satisfied', headers));
      expect(seen(await post(`/s/${faulted!}`, 'distance=satisfied', headers))).toEqual(faulty);
    }
    expect(await answered()).toBe(3);
  });

  it('counts once when sent eight times at once', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    const replies = await Promise.all(Array.from({ length: 8 }, () => post(url, survey.form())));
    expect(new Set(replies.map((r) => r.statusCode))).toEqual(new Set([303]));
    expect(await answered()).toBe(1);
  });

  it('says once that questions have no answer, with a link to each', async () => {
    const { body } = await post(`/s/${survey.code(1, 0)}`, 'distance=satisfied');
    const [list] = /<div class="errors"[^]*?<\/div>/.exec(body)!;
    expect(list.match(/<li>/g)).toHaveLength(1);
    expect(list.match(/没有回答/g)).toHaveLength(1);
    const ratings = survey.questionnaire.items.filter((item) => item.required && !item.showIf);
    expect(list).toContain(`还有 ${ratings.length - 1} 题没有回答`);
    expect([...list.matchAll(/href="#i-([\w-]+)">第 (\d+) 题/g)].map((m) => m[1])).toEqual(
      ratings.flatMap((item) => (item.id === 'distance' ? [] : [item.id])),
    );
    // At the question itself the whole sentence stands.
    expect(body.match(/这一题还没有回答，请选一项/g)).toHaveLength(ratings.length - 1);
  });

  it('with faults shows the page again with what was filled in, and stores nothing', async () => {
    const payload = new URLSearchParams({
      distance: 'satisfied',
      teaching: 'no-such-option',
      comments: '</textarea><script>alert(1)</script>',
    });
    const reply = await post(`/s/${survey.code(1, 0)}`, payload.toString());
    expect(reply.statusCode).toBe(422);
    expect(reply.body).toContain('<title>有误：');
    expect(reply.body).toContain('href="#i-teaching"');
    expect(reply.body).toContain('id="i-teaching"');
    expect(reply.body).toMatch(/name="distance" value="satisfied"\s+checked/);
    expect(reply.body).toContain('&lt;/textarea&gt;&lt;script&gt;');
    expect(await answered()).toBe(0);
  });

  it('switches the language by a button of the form, keeps the values and stores nothing', async () => {
    const reply = await post(
      `/s/${survey.code(1, 0)}`,
      survey.form('dissatisfied', { _lang: 'en', comments: '你好' }),
    );
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toContain('<html lang="en"');
    expect(reply.body.match(/value="dissatisfied"\s+checked/g)).toHaveLength(12);
    expect(reply.body).toContain('你好');
    expect(reply.body).toContain('name="_language" value="en"');
    expect(await answered()).toBe(0);
    const sent = await post(`/s/${survey.code(1, 0)}`, survey.form('dissatisfied', { _language: 'en' }));
    expect(sent.headers.location).toBe('/done?lang=en');
  });

  it('is taken as JSON as well', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    const json = (payload: unknown) =>
      t.app.inject({ method: 'POST', url, payload: payload as object, headers: { 'accept-language': 'en' } });
    const answers = Object.fromEntries(
      survey.questionnaire.items.filter((i) => i.type === 'rating').map((i) => [i.id, 'satisfied']),
    );
    const good = await json({ answers });
    expect([good.statusCode, good.body]).toEqual([200, '{"status":"received"}']);
    const bad = await json({ answers: { ...answers, distance: 7, nonsense: 1 } });
    expect(bad.statusCode).toBe(422);
    expect(bad.headers['content-type']).toBe('application/problem+json');
    const { issues } = bad.json<{ issues: { path: string }[] }>();
    expect(issues.map((i) => i.path).sort()).toEqual(['distance', 'nonsense']);
    for (const junk of [{}, { answers: [] }, { answers: null }, { answers: 'x' }])
      expect((await json(junk)).statusCode).toBe(422);
    const unknown = await t.app.inject({
      method: 'POST',
      url: `/s/${completeAccessCode('ZZZZZZZZZ')}`,
      payload: { answers },
    });
    expect(unknown.statusCode).toBe(404);
    expect(await answered()).toBe(1);
  });
});

describe('codes that do not work', () => {
  it('get one page, whatever the reason and the method', async () => {
    const headers = { 'accept-encoding': 'br' };
    const unknown = seen(await get(`/s/${completeAccessCode('ZZZZZZZZZ')}`, headers));
    expect(unknown).toMatchObject({ status: 404 });
    expect(seen(await post(`/s/${completeAccessCode('ZZZZZZZZZ')}`, survey.form(), headers))).toEqual(
      unknown,
    );

    await survey.storage.createProposal(
      { at: now, actor: { userId: 'a', name: 'a', role: 'administrator', counties: [], via: 'web' } },
      {
        id: 'p1',
        campaign,
        content: { kind: 'void', county, group: null, reportingStratum: 2 },
        reason: 'spoiled',
      },
    );
    await survey.storage.decideProposal(
      { at: now, actor: { userId: 'b', name: 'b', role: 'operator', counties: [], via: 'web' } },
      'p1',
      'confirmed',
    );
    expect(seen(await get(`/s/${survey.code(2, 0)}`, headers))).toEqual(unknown);
    expect(seen(await post(`/s/${survey.code(2, 0)}`, survey.form(), headers))).toEqual(unknown);
    expect((await get(`/s/${survey.code(1, 0)}`)).statusCode).toBe(200);

    await survey.storage.beginClosing(stamp, campaign);
    expect(seen(await get(`/s/${survey.code(1, 0)}`, headers))).toEqual(unknown);
    expect(seen(await post(`/s/${survey.code(1, 0)}`, survey.form(), headers))).toEqual(unknown);
    expect(await answered()).toBe(0);
  });

  it('are taken as soon as the campaign opens', async () => {
    await t.close();
    await survey.close();
    survey = await openSurvey({ state: 'drawn' });
    await serve();
    const url = `/s/${survey.code(1, 0)}`;
    expect((await get(url)).statusCode).toBe(404);
    await survey.storage.openCampaign(stamp, campaign);
    expect((await get(url)).statusCode).toBe(200);
  });

  it('end with the closing time, even before anybody closes', async () => {
    await t.close();
    await survey.close();
    const closesAt = now + 1;
    let time = now;
    survey = await openSurvey({ closesAt, now: () => time });
    await serve({ now: () => time, limits: { missesByAddress: 2, lookupsByNetwork: 2 } });
    const url = `/s/${survey.code(1, 0)}`;
    expect((await get(url)).statusCode).toBe(200);
    time = closesAt;
    expect((await get(url)).statusCode).toBe(404);
    expect((await post(url, survey.form())).statusCode).toBe(404);
    // However many come from a school's one address: nothing is open, so nobody guesses.
    for (let i = 0; i < 10; i++) expect((await get(`/s/${survey.code(1, i % 30)}`)).statusCode).toBe(404);
  });

  it('are limited by address, and a valid code from the same address is not', async () => {
    await serve({ limits: { missesByAddress: 2 } });
    const statuses = [];
    for (let i = 0; i < 4; i++)
      statuses.push((await get(`/s/${completeAccessCode(`ZZZZZZZZ${i}`)}`)).statusCode);
    expect(statuses).toEqual([404, 404, 429, 429]);
    expect((await get(`/s/${survey.code(1, 0)}`)).statusCode).toBe(200);
    expect((await post(`/s/${survey.code(1, 0)}`, survey.form())).statusCode).toBe(303);
  });

  it('are unavailable, not unknown, while the key of the campaign is missing', async () => {
    await t.close();
    survey.keys.destroy(campaign, 'pseudonym');
    survey.campaigns.expire();
    await serve();
    expect((await get(`/s/${survey.code(1, 0)}`)).statusCode).toBe(503);
  });
});

describe('an open link', () => {
  beforeEach(async () => {
    await survey.storage.createLinks(stamp, [
      {
        id: 'k7m2p9',
        campaign,
        county,
        group: 'parent',
        school: null,
        reportingStratum: 1,
        questionnaire: 1,
        createdAt: now,
      },
    ]);
  });

  it('gives each visitor a sheet of their own, outside the sampled figure', async () => {
    const visit = await get('/q/k7m2p9');
    expect(visit.statusCode).toBe(303);
    const url = visit.headers.location as string;
    expect(url).toMatch(/^\/q\/k7m2p9\/[0-9A-Z]{10}$/);
    expect((await get('/q/k7m2p9')).headers.location).not.toBe(url);
    const page = await get(url);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('不计入抽样调查的得分');
    expect((await post(url, survey.form())).statusCode).toBe(303);
    expect((await post(url, survey.form())).statusCode).toBe(303);
    const counts = await survey.storage.countResponses(campaign, county);
    expect(counts.map((c) => [c.channel, c.set, c.answered])).toEqual([['link', 'other', 1]]);
  });

  it('never stands for a personal code', async () => {
    const code = survey.code(1, 0);
    await post(`/s/${code}`, survey.form());
    await post(`/q/k7m2p9/${code}`, survey.form());
    const counts = await survey.storage.countResponses(campaign, county);
    expect(counts.map((c) => [c.channel, c.answered]).sort()).toEqual([
      ['link', 1],
      ['web', 1],
    ]);
  });

  it('that nobody made gets the page of codes that do not work', async () => {
    expect((await get('/q/nothere')).statusCode).toBe(404);
    expect((await get(`/q/nothere/${survey.code(1, 0)}`)).statusCode).toBe(404);
    expect((await get('/q/k7m2p9/short')).statusCode).toBe(404);
  });
});

describe('hostile input', () => {
  it('is refused by size, type and name, and nothing of it is stored', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    expect((await post(url, `comments=${'x'.repeat(1_100_000)}`)).statusCode).toBe(413);
    expect((await post(url, survey.form(), { 'content-type': 'application/xml' })).statusCode).toBe(415);
    expect(
      (await post(url, survey.form(), { 'content-type': 'multipart/form-data; boundary=x' })).statusCode,
    ).toBe(415);
    expect((await post(url, '{"answers":', { 'content-type': 'application/json' })).statusCode).toBe(400);
    expect((await post(url, `${survey.form()}&extra=1`)).statusCode).toBe(422);
    expect((await post(url, `${survey.form()}&distance=dissatisfied`)).statusCode).toBe(422);
    expect((await post(url, `${survey.form()}&__proto__=1&constructor=2`)).statusCode).toBe(422);
    expect((await post(url, '%E0%A4%A=%FF&%=%&=&&&')).statusCode).toBe(422);
    expect((await post(url, survey.form(), { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
    expect((await t.app.inject({ method: 'POST', url })).statusCode).toBe(422);
    for (const bad of [
      '/s/%00%01',
      '/s/..%2f..%2fetc',
      '/s/<script>',
      `/s/${'A'.repeat(500)}`,
      '/s/%F0%9F%98%80',
    ])
      expect([400, 404, 414, 422]).toContain((await get(bad)).statusCode);
    expect(await answered()).toBe(0);
  });

  it('as open text comes back escaped and is stored', async () => {
    const strings = JSON.parse(
      readFileSync(new URL('../fixtures/reference/hostile/naughty-strings.json', import.meta.url), 'utf8'),
    ) as string[];
    const url = `/s/${survey.code(1, 0)}`;
    for (const comments of strings) {
      const shown = await post(url, new URLSearchParams({ comments }).toString());
      expect(shown.statusCode, comments).toBe(422);
      const area = /<textarea[^>]*>([^]*?)<\/textarea>/.exec(shown.body)?.[1] ?? '';
      expect(area, comments).not.toMatch(/[<>"]/);
      // So many in an hour come from more than one network.
      const sent = await t.app.inject({
        method: 'POST',
        url,
        payload: survey.form('satisfied', { comments }),
        headers: { 'content-type': form },
        remoteAddress: `10.0.${strings.indexOf(comments) >> 8}.${strings.indexOf(comments) & 255}`,
      });
      expect(sent.statusCode, comments).toBe(303);
    }
    expect(await answered()).toBe(1);
  });
});

describe('a queue that is full', () => {
  const full = () =>
    createIntake(survey.storage, { queueLimit: 0, batchLimit: 1, onFailure: () => undefined });

  it('refuses before anything is read or looked up, and says what to do', async () => {
    const intake = full();
    const { storage } = survey;
    const asked: string[] = [];
    const watched = new Proxy(storage, {
      get(target, name) {
        asked.push(String(name));
        return Reflect.get(target, name, target) as unknown;
      },
    });
    await serve({ intake, storage: watched });
    asked.length = 0;
    const reply = await post(`/s/${survey.code(1, 0)}`, survey.form('dissatisfied'));
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['retry-after']).toBe('5');
    expect(reply.headers['content-encoding']).toBeUndefined();
    expect(reply.body).toContain('还没有保存');
    expect(reply.body).toContain('请返回上一页');
    // A code that exists gets what any other gets.
    expect((await post(`/s/${survey.code(1, 1)}`, '')).body).toBe(reply.body);
    expect(asked).toEqual([]);
    expect(intake.counters().refused).toBe(2);
  });

  it('refuses with a page that was compressed once, in the coding and language asked for', async () => {
    await serve({ intake: full() });
    const url = `/s/${survey.code(1, 0)}`;
    const plain = await post(url, '');
    for (const [coding, decode] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const)
      for (let i = 0; i < 2; i++) {
        const reply = await post(url, '', { 'accept-encoding': coding });
        expect(reply.statusCode).toBe(503);
        expect(reply.headers['content-encoding']).toBe(coding);
        expect(reply.headers.vary).toBe('accept-encoding, accept-language');
        expect(decode(reply.rawPayload).toString()).toBe(plain.body);
      }
    const english = await post(url, '', { 'accept-language': 'en' });
    expect(english.body).toContain('lang="en"');
    expect(english.headers['content-encoding']).toBeUndefined();
  });

  it('answers a program with a problem, and still shows the questionnaire', async () => {
    await serve({ intake: full() });
    const url = `/s/${survey.code(1, 0)}`;
    const reply = await t.app.inject({ method: 'POST', url, payload: { answers: {} } });
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect((await get(url)).statusCode).toBe(200);
  });
});

describe('/genuine', () => {
  it('names address and commissioner', async () => {
    const { body, statusCode } = await get('/genuine');
    expect(statusCode).toBe(200);
    expect(body).toContain('127.0.0.1:8080');
    expect(body).toContain('tel:09991234567');
  });
});
