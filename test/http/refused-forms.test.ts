/** Every form of an inspection's pages, sent with texts that are too long: the same page again, with what was typed and what is wrong in the form that was sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { openCampaign } from '../../src/operations/campaign/campaigns.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { viewInspection } from '../../src/operations/inspection/documents.ts';
import { changeInspection } from '../../src/operations/inspection/inspection.ts';
import { getProgramme, listProgrammes } from '../../src/operations/inspection/programmes.ts';
import { getRegime } from '../../src/operations/inspection/regimes.ts';
import { buildApp } from '../../src/http/app.ts';
import { fromLocal, readNumber } from '../../src/http/staff/pages.ts';
import { createStaff, multipart, type AccountName, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, createWorld, dice, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let id: CampaignId;
let base: string;

beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  const { deps, actors } = world;
  const [county] = world.campaignInput().counties;
  ({ id } = await world.addCampaign({ counties: [county!] }));
  base = `/staff/campaigns/${id}/counties/${countyA}/inspection`;
  await world.fillCounty(id, countyA);
  await freezeFrame(deps, actors.operator, id, countyA);
  await drawSample(deps, actors.inspector, id, countyA, dice);
  await openCampaign(deps, actors.operator, id);
  const change = async (
    who: 'operator' | 'inspector',
    record: Parameters<typeof changeInspection>[4],
    raw: unknown,
  ) => changeInspection(deps, actors[who], id, countyA, record, raw);
  const regime = await getRegime('basic-2012-shandong');
  await change('operator', 'rules', { do: 'choose', regime, adapted: false });
  const [programme] = await listProgrammes();
  const rules = await getProgramme(programme!.id);
  await change('operator', 'programme', { do: 'choose', rules, adapted: false });
  await change('inspector', 'sample', { do: 'draw', dice, count: 2 });
  await change('inspector', 'rectification', { do: 'add', title: '一', found: '二' });
  const plan = { kind: 'parents', on: '2026-05-20', at: '14:30', minutes: 60, place: '第一小学' };
  await change('inspector', 'symposiums', { do: 'plan', ...plan });
}, 60_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

interface FoundForm {
  readonly source: string;
  readonly action: string;
  readonly isUpload: boolean;
  /** Behind a line that has to be unfolded. */
  readonly isFolded: boolean;
  readonly hidden: Readonly<Record<string, string>>;
  /** Names of what people type into. */
  readonly typed: readonly string[];
}

const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];

/** A text field that is hidden and cannot be changed is as good as `type="hidden"`. */
function typeOf(input: string): string {
  if (/ readonly hidden\b/.test(input)) return 'hidden';
  return attribute(input, 'type') ?? (input.startsWith('<textarea') ? 'text' : '');
}

function formsOf(page: string): readonly FoundForm[] {
  const main = /<main\b.*<\/main>/s.exec(page)?.[0] ?? '';
  const open: boolean[] = [];
  const found: FoundForm[] = [];
  for (const [part] of main.matchAll(/<details\b[^>]*>|<\/details>|<form\b.*?<\/form>/gs)) {
    if (part === '</details>') open.pop();
    else if (part.startsWith('<details')) open.push(/ open[ >]/.test(part));
    else {
      const tag = /^<form[^>]*>/.exec(part)![0];
      const inputs = [...part.matchAll(/<(?:input|textarea)\b[^>]*>/g)].map(([text]) => text);
      const hidden = inputs.filter((input) => typeOf(input) === 'hidden');
      const types = ['text', 'number', 'date', 'datetime-local', 'tel', 'email', 'url', 'search'];
      found.push({
        source: part,
        action: attribute(tag, 'action')!,
        isUpload: tag.includes('multipart/form-data'),
        isFolded: open.includes(false),
        hidden: Object.fromEntries(hidden.map((h) => [attribute(h, 'name')!, attribute(h, 'value')!])),
        typed: inputs.filter((input) => types.includes(typeOf(input))).map((i) => attribute(i, 'name')!),
      });
    }
  }
  return found;
}

/** Longer than any text may be, and neither a number nor a day. */
const typed = `<b>&"${'长'.repeat(1200)}`;
const shown = typed
  .replaceAll('&', '&amp;')
  .replaceAll('<', '&lt;')
  .replaceAll('>', '&gt;')
  .replaceAll('"', '&quot;');

async function send(visitor: Visitor, form: FoundForm) {
  // Of many fields at once, the whole must not be too long.
  const text = form.typed.length > 8 ? '长&"' : typed;
  const fields = { ...form.hidden, ...Object.fromEntries(form.typed.map((name) => [name, text])) };
  const body = form.isUpload
    ? multipart(
        Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.slice(0, 500)])),
      )
    : {
        payload: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      };
  const reply = await visitor.sendBare({ method: 'POST', url: form.action, ...body });
  return { reply, value: form.isUpload ? shown.slice(0, 100) : text === typed ? shown : '长&amp;&quot;' };
}

const pages = ['', '/sample', '/onsite', '/onsite/symposiums/1', '/balance', '/work', '/archive'] as const;
const more = ['/rectification', '/programme'] as const;

describe.each<AccountName>(['operator', 'official-a', 'inspector-a'])('%s', (name) => {
  it.each([...pages, ...more])('at inspection%s', async (path) => {
    const visitor = await staff.visit(name);
    const { body } = await visitor.send({ method: 'GET', url: `${base}${path}` });
    const faults: string[] = [];
    for (const form of formsOf(body)) {
      if (form.typed.length === 0) continue;
      const { reply, value } = await send(visitor, form);
      const what = `${form.action} ${JSON.stringify(form.hidden)}`;
      const refused = formsOf(reply.body).filter(({ source }) => source.startsWith('<form data-refused'));
      const [again] = refused;
      if (reply.statusCode !== 422 || refused.length !== 1 || !again)
        faults.push(`${what}: ${reply.statusCode}, ${refused.length} forms say that they were refused`);
      else {
        if (again.isFolded) faults.push(`${what}: folded`);
        if (!again.source.includes(' class="error"')) faults.push(`${what}: nothing beside a field`);
        const kept = again.source.split(value).length - 1;
        if (kept < form.typed.length) faults.push(`${what}: ${kept} of ${form.typed.length} values kept`);
        const names = reply.body.match(/class="errors".*?<\/div>/s)?.[0] ?? '';
        if (/[“”]?\b[a-z]{3,}[A-Z]?[a-z.]*[”]/.test(names)) faults.push(`${what}: named as programs do`);
      }
    }
    expect(faults).toEqual([]);
  });
});

it('a form that was filled in before somebody else’s change keeps what was typed, and says what is saved by now', async () => {
  const visitor = await staff.visit('inspector-a');
  const path = `${base}/work`;
  const before = formsOf((await visitor.send({ method: 'GET', url: path })).body);
  const judging = before.find(({ action }) => action.endsWith('/vetoes'))!;
  const post = async (evidence: string) =>
    visitor.sendBare({
      method: 'POST',
      url: judging.action,
      payload: new URLSearchParams({ ...judging.hidden, state: 'clear', evidence }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  expect((await post('先写的依据')).statusCode).toBe(303);
  const late = await post('后写的依据');
  expect(late.statusCode).toBe(409);
  const [refused] = formsOf(late.body).filter(({ source }) => source.startsWith('<form data-refused'));
  expect(refused?.source).toContain('value="后写的依据"');
  expect(refused?.source).toContain('现在保存的是：先写的依据');
  // Sent again, it is on what is saved now.
  expect(refused?.hidden['version']).toBe('1');
});

it('a day that its month does not have is no day', () => {
  expect(fromLocal('2026-02-31T10:00')).toBeNaN();
  expect(fromLocal('2026-02-28T10:00')).toBe(Date.UTC(2026, 1, 28, 2));
  expect(fromLocal('2026-02-28T25:00')).toBeNaN();
});

it('a number may come from a Chinese keyboard, and nothing is no number', () => {
  expect([readNumber(' １２．５ '), readNumber('－3'), readNumber('1e3')]).toEqual([12.5, -3, 1000]);
  for (const text of ['', ' ', '0x10', '一', '1,2', 'Infinity']) expect(readNumber(text), text).toBeNaN();
});

describe('elsewhere', () => {
  const fieldOf = (body: string, name: string) =>
    new RegExp(`<(?:input|select|textarea)[^>]* name="${name}"[^>]*>`).exec(
      /<form data-refused.*?<\/form>/s.exec(body)?.[0] ?? body,
    )?.[0] ?? '';
  const county = () => `/staff/campaigns/${id}/counties/${countyA}`;
  const post = async (visitor: Visitor, url: string, fields: Record<string, string>) => {
    const page = await visitor.sendBare({ url: '/staff/account' });
    return visitor.sendBare({
      method: 'POST',
      url,
      payload: new URLSearchParams({ ...formsOf(page.body)[0]!.hidden, ...fields }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  };

  it('a proposal says what it lacks at each of its fields, and keeps the rest', async () => {
    const operator = await staff.visit('operator');
    const url = `/staff/campaigns/${id}/proposals`;
    const fields = {
      kind: 'ineligible',
      county: countyA,
      contacts: 'x',
      issued: '-1',
      reason: '人数不对，重新核对',
    };
    const { body, statusCode } = await post(operator, url, { ...fields, samplingStratum: '' });
    expect(statusCode).toBe(422);
    for (const name of ['samplingStratum', 'contacts', 'issued'])
      expect(fieldOf(body, name), name).toContain('aria-invalid="true"');
    expect(fieldOf(body, 'contacts')).toContain('value="x"');
    expect(fieldOf(body, 'reason')).toContain('value="人数不对，重新核对"');
    const whole = await post(operator, url, { kind: 'void', county: '', reason: '短' });
    expect(fieldOf(whole.body, 'county')).toContain('aria-invalid="true"');
    const short = await post(operator, url, { kind: 'void', county: 'all', reason: '短' });
    expect(fieldOf(short.body, 'reason')).toContain('aria-invalid="true"');
  });

  it('an access code that is none is named at its field, as typed', async () => {
    const { body } = await post(await staff.visit('interviewer-a'), '/staff/entry', { code: 'ＡＢＣ' });
    expect(fieldOf(body, 'code')).toMatch(/value="ＡＢＣ".*aria-invalid="true"/);
  });

  it('dice that are none are named at their field, wherever they are thrown', async () => {
    const inspector = await staff.visit('inspector-a');
    const fields = { do: 'draw', dice: '123', count: '3', group: 'parent', sampleSchools: 'false' };
    const { body, statusCode } = await post(inspector, `${base}/interviews`, fields);
    expect(statusCode).toBe(422);
    expect(fieldOf(body, 'dice')).toMatch(/value="123".*aria-invalid="true"/);
  });

  it('a form that should have brought a file says so at the field', async () => {
    const operator = await staff.visit('operator');
    const urls = ['/staff/templates', `${base}/school-table`, `${county()}/fates`, `${county()}/imports`];
    for (const url of urls) {
      const { payload, headers } = multipart({ _csrf: operator.token, note: '说明' });
      const reply = await operator.sendBare({ method: 'POST', url, payload, headers });
      expect([url, reply.statusCode]).toEqual([url, 422]);
      expect(fieldOf(reply.body, 'file'), url).toContain('aria-invalid="true"');
    }
  });
});

describe('ten thousand characters in every field of every form', () => {
  const county = (of: CampaignId) => `/staff/campaigns/${of}/counties/${countyA}`;
  let draft: CampaignId;
  beforeAll(async () => {
    ({ id: draft } = await world.addCampaign());
    await world.addSchools(draft, countyA);
  });
  const steps = ['rules', 'counties', 'texts', 'quotas', 'freeze'];
  const ofCounty = ['', '/schools', '/upload-links', '/plan', '/draw', '/messages', '/sending'];
  const pagesOf: readonly (readonly [AccountName, () => readonly string[]])[] = [
    [
      'operator',
      () => [
        ...[
          '/staff/campaigns/new',
          '/staff/templates',
          '/staff/templates/deputy-2012/adapt',
          '/staff/account',
        ],
        ...steps.map((step) => `/staff/campaigns/${draft}/setup/${step}`),
        ...['proposals', 'close', 'sendings'].map((page) => `/staff/campaigns/${id}/${page}`),
        ...[draft, id].flatMap((of) => ofCounty.map((page) => county(of) + page)),
        ...['/paper', '/links', '/rates', '/evidence'].map((page) => county(id) + page),
      ],
    ],
    [
      'admin',
      () => ['/staff/users', `/staff/users/${staff.users.operator.id}`, '/staff/settings', '/staff/health'],
    ],
    ['interviewer-a', () => ['/staff/entry', '/staff/account']],
  ];

  it.each(pagesOf)(
    'as %s: kept, and named beside a field',
    { timeout: 60_000 },
    async (name, pagesToVisit) => {
      const visitor = await staff.visit(name);
      const faults: string[] = [];
      let forms = 0;
      for (const url of pagesToVisit()) {
        const { body, statusCode } = await visitor.sendBare({ url });
        if (statusCode !== 200) faults.push(`${url}: ${statusCode}`);
        for (const form of formsOf(body)) {
          if (form.typed.length === 0 || !form.source.includes('method="post"')) continue;
          forms++;
          // Of a questionnaire with a hundred texts, all together are what a form takes.
          const text = `<b>&"${'长'.repeat(Math.min(10_000, Math.floor(400_000 / form.typed.length)))}`;
          // In the form's order, a repeated name as often as it stands there: lines of a list belong together.
          const pairs = [...form.source.matchAll(/<(?:input|textarea)\b[^>]*>/g)].flatMap(
            ([input]): [string, string][] => {
              const name = attribute(input, 'name') ?? '';
              if (typeOf(input) === 'hidden') return [[name, attribute(input, 'value') ?? '']];
              return form.typed.includes(name) ? [[name, text]] : [];
            },
          );
          const reply = await visitor.sendBare({
            ...{ method: 'POST', url: form.action },
            ...(form.isUpload
              ? multipart(Object.fromEntries(pairs))
              : {
                  payload: new URLSearchParams(pairs).toString(),
                  headers: { 'content-type': 'application/x-www-form-urlencoded' },
                }),
          });
          const what = `${form.action} ${JSON.stringify(form.typed).slice(0, 80)}: ${reply.statusCode}`;
          const kept = reply.body.split(`&lt;b&gt;&amp;&quot;${text.slice(5)}`).length - 1;
          if (![409, 422].includes(reply.statusCode)) faults.push(what);
          else if (!/class="error(?:s)?"/.test(reply.body)) faults.push(`${what}, nothing beside a field`);
          else if (kept < form.typed.length) faults.push(`${what}, ${kept} of ${form.typed.length} kept`);
        }
      }
      expect(faults).toEqual([]);
      expect(forms).toBeGreaterThan(1);
    },
  );
});

describe('a form that is sent twice, as a double click does', () => {
  const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
  const tokenOf = (page: string) => /name="_csrf" value="([^"]*)"/.exec(page)![1]!;
  const formOn = (page: string, action: string, what: string) =>
    formsOf(page).find((f) => f.action.endsWith(action) && f.hidden['do'] === what)!;
  const postForm = async (visitor: Visitor, form: FoundForm, fields: Record<string, string>) =>
    visitor.sendBare({
      ...{ method: 'POST', url: form.action, headers: urlencoded },
      payload: new URLSearchParams({ ...form.hidden, ...fields }).toString(),
    });
  const meetings = async () =>
    (await viewInspection(world.deps, world.actors.inspector, id, countyA)).documents.symposiums.body
      .meetings;

  it('is done once, and both say that it was done', async () => {
    const visitor = await staff.visit('inspector-a');
    const url = `${base}/onsite`;
    const fields = { kind: 'teachers', on: '2026-05-21', at: '09:00', minutes: '45', place: '双击小学' };
    const page = (await visitor.sendBare({ url })).body;
    const form = formOn(page, '/symposiums', 'plan');
    const before = (await meetings()).length;
    const both = await Promise.all([1, 2].map(async () => postForm(visitor, form, fields)));
    for (const { statusCode, headers } of both) {
      expect([statusCode, headers.location]).toEqual([303, url]);
      const cookie = String(headers['set-cookie']).split(';')[0]!;
      const next = await staff.app.inject({ url, headers: { cookie } });
      expect(next.body).toMatch(/role="status"[^>]*><p>已保存：座谈会，第 \d+ 版。/);
    }
    expect(await meetings()).toHaveLength(before + 1);
    // Opened again, it is another form: then the list itself knows.
    const again = formOn((await visitor.sendBare({ url })).body, '/symposiums', 'plan');
    const late = await postForm(visitor, again, fields);
    expect(late.statusCode).toBe(409);
    expect(late.body).toContain('同样的内容已经登记过');
    expect(await meetings()).toHaveLength(before + 1);
  });

  it('shows once more what is shown only once, and to nobody else', async () => {
    const [admin, operator] = [await staff.visit('admin'), await staff.visit('operator')];
    const fields = {
      ...{ login: 'twice', name: '双击', role: 'official', counties: countyA },
      password: '一只很长的密码 2026',
    };
    const token = tokenOf((await admin.sendBare({ url: '/staff/users' })).body);
    const send = async (visitor: Visitor, more: Record<string, string> = {}) =>
      visitor.sendBare({
        ...{ method: 'POST', url: '/staff/users', headers: urlencoded },
        payload: new URLSearchParams({ ...fields, ...more, _csrf: token }).toString(),
      });
    const both = await Promise.all([send(admin), send(admin)]);
    expect(both.map((reply) => reply.statusCode)).toEqual([303, 303]);
    expect(new Set(both.map(({ headers }) => headers.location)).size).toBe(1);
    expect((await send(operator)).statusCode).toBe(403);
    // What was changed in the form meanwhile is another form.
    expect((await send(admin, { name: '另一个' })).statusCode).toBe(409);

    const made = await Promise.all(
      [1, 2].map(async () =>
        admin.sendBare({
          ...{ method: 'POST', url: '/staff/account/tokens', headers: urlencoded },
          payload: new URLSearchParams({
            name: '脚本',
            scopes: 'figures',
            days: '9',
            _csrf: token,
          }).toString(),
        }),
      ),
    );
    expect(made.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(new Set(made.map(({ body }) => body)).size).toBe(1);
    expect(await world.storage.listTokens(staff.users.admin.id)).toHaveLength(1);
  });

  it('is done once by two processes as well, which know nothing of each other’s replies', async () => {
    const other = await buildApp(staff.deps);
    const [admin, operator] = [await staff.visit('admin'), await staff.visit('operator')];
    const bodyOf = async (visitor: Visitor, url: string, action: string) =>
      formsOf((await visitor.sendBare({ url })).body).find((f) => f.action === action)!;
    async function sendToBoth(visitor: Visitor, form: FoundForm, fields: Record<string, string>) {
      const payload = new URLSearchParams({ ...form.hidden, ...fields }).toString();
      const request = { method: 'POST', url: form.action, headers: urlencoded, payload } as const;
      const { cookie } = visitor;
      return [
        await visitor.sendBare(request),
        await other.inject({ ...request, headers: { ...urlencoded, cookie } }),
      ];
    }
    const places = (replies: readonly { readonly statusCode: number; readonly headers: object }[]) =>
      new Set(
        replies.map(({ statusCode, headers }) => `${statusCode} ${JSON.stringify(headers, ['location'])}`),
      );
    const campaigns = async () => (await world.storage.listCampaigns()).length;
    try {
      const account = {
        ...{ login: 'two-processes', name: '两个进程', role: 'official', counties: countyA },
        password: '一只很长的密码 2026',
      };
      const newUser = await bodyOf(admin, '/staff/users', '/staff/users');
      const users = await sendToBoth(admin, newUser, account);
      expect(places(users).size).toBe(1);
      expect(users[0]!.statusCode).toBe(303);
      // Gone back to, with another password or for another person, it is another form.
      const changed = await sendToBoth(admin, newUser, { ...account, password: '另一只很长的密码 2026' });
      expect(changed.map(({ statusCode }) => statusCode)).toEqual([409, 409]);
      const next = await sendToBoth(admin, newUser, { ...account, login: 'two-processes-2' });
      expect(next.map(({ statusCode }) => statusCode)).toEqual([303, 409]);

      const newCampaign = await bodyOf(operator, '/staff/campaigns/new', '/staff/campaigns');
      const draft = {
        ...{
          name: '双击一次',
          purpose: 'self-check',
          commissioner: '省督导室',
          commissionerPhone: '0531-88886666',
        },
        profile: 'basic-2012',
      };
      const before = await campaigns();
      const made = await sendToBoth(operator, newCampaign, draft);
      expect(made[0]!.statusCode).toBe(303);
      expect(places(made).size).toBe(1);
      expect(await campaigns()).toBe(before + 1);
      const copy = await bodyOf(operator, '/staff/campaigns/new', `/staff/campaigns/${id}/copy`);
      expect(places(await sendToBoth(operator, copy, {})).size).toBe(1);
      expect(await campaigns()).toBe(before + 2);

      const newToken = await bodyOf(operator, '/staff/account', '/staff/account/tokens');
      const token = { name: '夜间备份', scopes: 'figures', days: '9' };
      const tokens = await sendToBoth(operator, newToken, token);
      expect(tokens.map(({ statusCode }) => statusCode)).toEqual([200, 409]);
      expect(tokens[1]!.body).toContain('令牌“夜间备份”已经生成，而令牌只显示一次');
      expect(await world.storage.listTokens(staff.users.operator.id)).toHaveLength(1);
      // The page that says so promises another id.
      const again = formsOf(tokens[1]!.body).find((f) => f.action === '/staff/account/tokens')!;
      expect((await sendToBoth(operator, again, token))[0]!.statusCode).toBe(200);
    } finally {
      await other.close();
    }
  });
});
