/**
 * The OpenAPI document against the service: it is valid, it names exactly the operations that there are, and what each of them answers, in success and in
 * every kind of refusal, has the documented status, media type and shape. Whatever is sent agrees with the document too.
 * Long because each operation has its call.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Action } from '../../src/domain/campaign/permissions.ts';
import { listProgrammes } from '../../src/operations/inspection/programmes.ts';
import { listRegimes } from '../../src/operations/inspection/regimes.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import {
  readApiDocument,
  type Given,
  type Operation,
  type Operations,
  type Parameter,
} from '../support/api-document.ts';
import {
  accountNames,
  createStaff,
  mayAccount,
  multipart,
  type AccountName,
  type Staff,
  type Visitor,
} from '../support/staff.ts';
import { defaultWindow } from '../../src/domain/messaging/send-window.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import { createFakeChannel } from '../support/fake-channel.ts';
import { agreeToRelease, moveEnd } from '../support/two-people.ts';
import { answer } from '../support/evidence.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { countyA, createWorld, csv, dice, smallSchools, type World } from '../support/world.ts';
import { messageKeys } from '../../src/texts/texts.ts';
import { findErrorCodes, listFile, listOf } from './error-codes.ts';
import { createApp } from './support.ts';

/** Operations that no success is shown of, each with the reason. */
const unreached: Readonly<Record<string, string>> = {};

/** Documented statuses that are not provoked at every operation, each with the reason. */
const elsewhere: Readonly<Record<string, string>> = {
  409: 'depends on the state; each provoked one is checked',
  429: 'needs many wrong passwords; provoked at the log-in',
  500: 'a fault of our own; provoked at the log-in',
  503: 'a full disk, a stop; provoked while the service closes',
  ...Object.fromEntries(
    [
      'convertXlsForm',
      'importSchools',
      'importSchoolTable',
      'importRoll',
      'importFates',
      'previewFile',
      'importDivisions',
      'compareClaimed',
    ].map((id) => [
      `${id} 413`,
      'needs a file of 300 MB, or one that is worse than it looks; see test/tabular and test/attack',
    ]),
  ),
};

const tableHead = [
  ...[
    '学校名称',
    '办学类型',
    '小学学生数',
    '初中学生数',
    '教学及辅助用房面积',
    '体育运动场馆面积',
    '教学仪器设备值',
  ],
  ...['计算机台数', '图书册数', '专任教师数', '高于规定学历教师数', '中级及以上职称教师数'],
];

interface Sent extends InjectOptions {
  readonly url: string;
}

interface Call {
  readonly who: AccountName | null;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A form with a file, or the file itself. */
  readonly form?: readonly [Readonly<Record<string, string>>, { name: string; content: string }];
  readonly file?: readonly [type: string, content: string];
}

let world: World;
let staff: Staff;
let api: Operations;
const messaging = { channels: [createFakeChannel()], window: defaultWindow, perNumberADay: 2 };
let failsOnce = false;
const visitors = {} as Record<AccountName, Visitor>;
/** The call that succeeded, by operation: refusals are made from it. */
const successes = new Map<string, Call>();
/** What was seen, `operation status`. */
const seen = new Set<string>();

beforeAll(async () => {
  world = await createWorld();
  const { storage } = world.deps;
  // The draw is interrupted once, so that there is something to resume.
  const saveDrawn: Storage['saveDrawn'] = async (...args) => {
    if (!failsOnce) return storage.saveDrawn(...args);
    failsOnce = false;
    throw new Error('the power went');
  };
  staff = await createStaff(world, {
    backupDir: join(world.directory, 'backups'),
    messaging,
    storage: new Proxy(storage, {
      get: (target, name) => (name === 'saveDrawn' ? saveDrawn : Reflect.get(target, name)),
    }),
  });
  api = await readApiDocument(staff.app);
  for (const name of accountNames) visitors[name] = await staff.visit(name);
});
afterAll(async () => {
  await staff.close();
  await world.close();
});

/** JSON Schemas of OpenAPI 3.1 and of JSON Schema itself, from the package of the linter. */
function schemasOfOpenApi(): { readonly document: object; readonly others: readonly object[] } {
  const ofTest = createRequire(import.meta.url);
  const ofLinter = createRequire(ofTest.resolve('@stoplight/spectral-cli/package.json'));
  const folder = join(dirname(ofLinter.resolve('@stoplight/spectral-rulesets')), 'oas/schemas');
  const read = (path: string): object => JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const drafts = 'json-schema/draft-2020-12';
  return {
    document: read('oas/v3.1/index.json'),
    others: [
      read('oas/v3.1/dialect.schema.json'),
      read('oas/v3.1/meta.schema.json'),
      ...readdirSync(join(folder, drafts)).map((name) => read(`${drafts}/${name}`)),
    ],
  };
}

function find(id: string) {
  const found = api.all.find(({ operation }) => operation.operationId === id);
  if (!found) throw new Error(`no operation ${id}`);
  return found;
}

/** Would any word do for this parameter? */
function isChecked({ required, schema }: Parameter): boolean {
  return required === true || (schema.enum ?? schema.pattern ?? schema.minimum) !== undefined;
}

function urlOf(path: string, { params = {}, query = {} }: Call): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `no-${name}`);
  const search = new URLSearchParams(query).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

function requestOf(id: string, call: Call): Sent {
  const { method, path } = find(id);
  const base = { method: method as 'GET', url: urlOf(path, call) };
  if (call.form) return { ...base, ...multipart(...call.form) };
  if (call.file) return { ...base, headers: { 'content-type': call.file[0] }, payload: call.file[1] };
  return call.body === undefined ? base : { ...base, payload: call.body as object };
}

/** Notes what came, and holds it against the document. */
function check(operation: Operation, reply: Given, what: string): void {
  seen.add(`${operation.operationId} ${reply.statusCode}`);
  expect(api.faultsOfReply(operation, reply), `${what} → ${reply.statusCode}`).toEqual([]);
}

async function send(id: string, who: AccountName | null, options: Sent, token = true) {
  const { operation } = find(id);
  const what = `${id} ${String(options.method)} ${options.url} as ${who ?? 'nobody'}`;
  const visitor = who === null ? null : visitors[who];
  const reply = visitor
    ? await (token ? visitor.send(options) : visitor.sendBare(options))
    : await staff.app.inject(options);
  check(operation, reply, what);
  return reply;
}

/** The request, too, is one that a reader of the document would make. */
async function succeed(id: string, call: Call): Promise<any> {
  const { operation } = find(id);
  expect(api.faultsOfQuery(operation, call.query ?? {}), id).toEqual([]);
  if (call.body !== undefined)
    expect(api.faultsOfBody(operation, 'application/json', call.body), id).toEqual([]);
  if (call.form) {
    const [fields, { content }] = call.form;
    const body = { ...fields, file: content };
    expect(api.faultsOfBody(operation, 'multipart/form-data', body), id).toEqual([]);
  }
  if (call.file) expect(api.faultsOfBody(operation, ...call.file), id).toEqual([]);
  const reply = await send(id, call.who, requestOf(id, call));
  expect(reply.statusCode, `${id}: ${reply.body.slice(0, 500)}`).toBeLessThan(300);
  successes.set(id, call);
  return /[/+]json/.test(String(reply.headers['content-type'])) ? reply.json() : reply.body;
}

describe('the document', () => {
  it('is valid OpenAPI 3.1, and its schemas are valid JSON Schema', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addFormat('media-range', true);
    const { document: schema, others } = schemasOfOpenApi();
    for (const other of others) ajv.addSchema(other);
    const validate = ajv.compile(schema);
    expect(validate(api.document), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...api.document, paths: { x: {} } }), 'the check can fail').toBe(false);
    expect(api.document.openapi).toBe('3.1.0');
    let schemas = 0;
    for (const { operation } of api.all)
      for (const { schema } of Object.values(operation.responses).flatMap((r) =>
        Object.values(r.content ?? {}),
      )) {
        schemas++;
        expect(ajv.validateSchema(schema!), operation.operationId).toBe(true);
      }
    expect(schemas).toBeGreaterThan(50);
  });

  it('names exactly the routes there are, each with an id, a tag, a summary and its real statuses', () => {
    const routes = staff.app.declaredRoutes
      .filter((r) => r.url.startsWith('/api/v1/') && r.method !== 'HEAD')
      .map((r) => `${r.method} ${r.url.replace(/:(\w+)/g, '{$1}')}`);
    expect(api.all.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(routes.sort());
    expect(routes.length).toBeGreaterThan(50);
    const ids = api.all.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = new Set(api.document.tags.map((t) => t.name));
    for (const { operation } of api.all) {
      const what = operation.operationId;
      expect(what).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary, what).toBeTruthy();
      expect(operation.tags.every((t) => tags.has(t)) && operation.tags.length === 1, what).toBe(true);
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.filter((s) => !/^[245]\d\d$/.test(s)),
        what,
      ).toEqual([]);
      expect(
        statuses.filter((s) => s.startsWith('2')),
        what,
      ).toHaveLength(1);
    }
    for (const reply of Object.values(api.document.components.responses))
      expect(Object.keys(reply.content ?? {})).toEqual(['application/problem+json']);
  });

  it('states the exact codes of every refusal, as they are found in the code', () => {
    expect(readFileSync(listFile, 'utf8'), 'run: npm run api:codes').toBe(listOf(findErrorCodes()));
    const codesOf = (id: string, status: string): readonly string[] => {
      const found = find(id).operation.responses[status]!;
      const name = found.$ref?.replace('#/components/responses/', '');
      const reply = name === undefined ? found : api.document.components.responses[name]!;
      const schema = reply.content!['application/problem+json']!.schema as {
        readonly allOf: readonly [
          unknown,
          { readonly properties: { readonly code: { readonly enum: string[] } } },
        ];
      };
      return schema.allOf[1].properties.code.enum;
    };
    const known = new Set(messageKeys('zh-CN'));
    let own = 0;
    for (const { operation } of api.all)
      for (const status of Object.keys(operation.responses).filter((s) => /^[45]/.test(s))) {
        const codes = codesOf(operation.operationId, status);
        expect(codes, `${operation.operationId} ${status}`).not.toEqual([]);
        expect(codes.filter((code) => !known.has(code))).toEqual([]);
        if (operation.responses[status]!.$ref === undefined) own += 1;
      }
    expect(own).toBeGreaterThan(200);
    // Named by their doc comments, and by nothing that the list is made from.
    expect(codesOf('withdrawImport', '409')).toEqual(
      expect.arrayContaining(['import.state', 'import.withdraw-late', 'frame.frozen', 'roll.handed-in']),
    );
    expect(codesOf('drawSample', '409')).toEqual(
      expect.arrayContaining(['draw.not-frozen', 'draw.done', 'draw.running', 'draw.residents-unknown']),
    );
    expect(codesOf('logIn', '401')).toEqual(['login.failed', 'second-factor.needed', 'second-factor.wrong']);
    const refused = (code: string) => ({
      statusCode: 409,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify({ type: 'about:blank', title: 'x', status: 409, detail: 'x', code }),
    });
    const { operation } = find('createUser');
    expect(api.faultsOfReply(operation, refused('user.login-taken'))).toEqual([]);
    expect(api.faultsOfReply(operation, refused('draw.done')), 'the check can fail').toHaveLength(1);
  });

  it('says where the service is, and how to prove oneself', () => {
    expect(api.document.servers).toEqual([{ url: 'https://my.example.cn' }]);
    const { session, csrf } = api.document.components.securitySchemes;
    expect(session).toMatchObject({ in: 'cookie', name: '__Host-manyi' });
    expect(csrf).toMatchObject({ in: 'header', name: 'csrf-token' });
    for (const route of staff.app.declaredRoutes) {
      if (!route.url.startsWith('/api/v1/') || route.method === 'HEAD') continue;
      const path = route.url.replace(/:(\w+)/g, '{$1}');
      const { operation } = api.all.find((o) => o.path === path && o.method === route.method)!;
      const writes = route.method !== 'GET';
      expect(operation.security, `${route.method} ${path}`).toEqual(
        route.who === 'public' ? [] : [{ session: [], ...(writes && { csrf: [] }) }, { token: [] }],
      );
    }
  });

  it('is the same however often it is asked for', async () => {
    const again = await readApiDocument(staff.app);
    expect(again.document).toEqual(api.document);
  });
});

describe('every operation', () => {
  it('succeeds as documented', async () => {
    await succeed('getDocument', { who: null });
    const password = 'lange Nacht, kurzer Tag';
    await succeed('logIn', { who: null, body: { login: 'operator', password } });
    await succeed('getSession', { who: 'admin' });
    const user = { login: 'new-inspector', name: '新督学', role: 'inspector', counties: [countyA], password };
    const { id: userId } = await succeed('createUser', { who: 'admin', body: user });
    await succeed('listUsers', { who: 'admin' });
    await succeed('getSettings', { who: 'admin' });
    await succeed('changeSettings', { who: 'admin', body: { organisation: '澜江市教育督导室' } });
    await succeed('updateUser', { who: 'admin', params: { user: userId }, body: { name: '督学甲' } });
    const other = 'kurze Nacht, langer Tag';
    await succeed('resetPassword', { who: 'admin', params: { user: userId }, body: { password: other } });
    await succeed('importDivisions', {
      who: 'admin',
      query: { asOf: '2025-01-01', fileName: 'd.csv' },
      file: [
        'text/csv',
        csv(
          ['代码', '名称'],
          [
            ['110101', '东城区'],
            ['110102', '西城区'],
          ],
        ),
      ],
    });
    await succeed('makeBackup', { who: 'admin' });

    const shipped = readFileSync(new URL('../../survey-templates/public-2012.json', import.meta.url), 'utf8');
    const document = { ...(JSON.parse(shipped) as object), id: 'ours' };
    await succeed('listTemplates', { who: 'operator' });
    await succeed('checkTemplate', { who: 'operator', body: { document } });
    await succeed('convertXlsForm', {
      who: 'operator',
      query: { groups: 'public', fileName: 'ours.json' },
      file: ['text/csv', shipped],
    });
    const { key: template } = await succeed('addTemplate', {
      who: 'operator',
      body: { document, note: '本县' },
    });
    await succeed('getTemplate', { who: 'inspector-a', params: { template } });
    await succeed('compareTemplates', { who: 'operator', params: { template, other: 'public-2017' } });
    const text = { 'zh-CN': '学校的收费', en: 'School charges' };
    await succeed('adaptTemplate', {
      who: 'operator',
      params: { template },
      body: {
        title: text,
        items: [
          { id: 'overall', text },
          { id: 'fees', text },
        ],
      },
    });
    await succeed('withdrawTemplate', { who: 'operator', params: { template }, body: { reason: '有错字' } });

    const input = world.campaignInput();
    const iso = (at: number) => new Date(at).toISOString();
    const draft = {
      ...input,
      closesAt: iso(input.closesAt),
      storageUntil: iso(input.storageUntil),
      counties: input.counties.slice(0, 1),
    };
    const { id: campaign } = await succeed('createCampaign', { who: 'operator', body: draft });
    await succeed('listCampaigns', { who: 'inspector-a' });
    const ofCampaign = { who: 'operator', params: { campaign } } as const;
    await succeed('updateCampaign', { ...ofCampaign, body: { name: '满意度调查甲' } });
    await succeed('getCampaign', ofCampaign);

    const params = { campaign, county: countyA };
    const ofCounty = { who: 'operator', params } as const;
    const inspecting = { who: 'inspector-a', params } as const;
    const token = visitors['official-a'].token;
    const header = ['学校代码', '学校名称', '学校类别', '城乡类别', '乡镇', '中心校', '学生数', '教职工数'];
    const spare = ['S9', '备用小学', '小学', '乡村', '青山乡', '', 10, 1];
    const schools = csv(header, [...smallSchools, spare]);
    await succeed('importSchools', {
      who: 'official-a',
      params,
      form: [
        { _csrf: token, hiddenRows: 'skip' },
        { name: 'schools.csv', content: schools },
      ],
    });
    await succeed('listSchools', { who: 'official-a', params });
    await succeed('removeSchool', { ...ofCounty, params: { ...params, school: 'S9' } });

    await succeed('listRegimes', { who: 'inspector-a' });
    const [, regime] = await listRegimes();
    await succeed('changeInspection', {
      ...ofCounty,
      body: { record: 'rules', change: { do: 'choose', regime, adapted: false }, version: 0 },
    });
    const row = ['第一小学', '小学', 120, 0, 700, 900, 300_000, 20, 4000, 8, 7, 4];
    await succeed('importSchoolTable', {
      who: 'official-a',
      params,
      form: [{ _csrf: token }, { name: 'table.csv', content: csv(tableHead, [row]) }],
    });
    await succeed('getInspection', inspecting);
    await succeed('getBalance', inspecting);
    await succeed('getSheet', inspecting);
    await succeed('getSheetDocx', inspecting);
    await succeed('getSheetXlsx', inspecting);
    await succeed('listInspectionVersions', { who: 'official-a', params });
    await succeed('getInspectionVersion', { who: 'official-a', params: { ...params, no: '1' } });

    await succeed('listProgrammes', { who: 'inspector-a' });
    const [programme] = await listProgrammes();
    await succeed('changeInspection', {
      ...ofCounty,
      body: { record: 'programme', change: { do: 'choose', rules: programme, adapted: false } },
    });
    await succeed('getProgramme', { who: 'official-a', params });
    const found = { title: '路程远', found: '现场查看' };
    await succeed('changeInspection', {
      ...inspecting,
      body: { record: 'rectification', change: { do: 'add', ...found } },
    });
    await succeed('getRectification', { who: 'official-a', params });
    await succeed('getRectificationXlsx', { who: 'official-a', params });

    const parents = smallSchools.flatMap((s, i) =>
      Array.from({ length: 20 }, (_, j) => [s[1], `1380010${String(1000 + i * 100 + j * 3)}`]),
    );
    const rolls = {
      parent: [...parents, ['第九小学', '123']],
      teacher: smallSchools.flatMap((s, i) =>
        Array.from({ length: 6 }, (_, j) => [s[1], `1390010${2000 + i * 100 + j * 3}`]),
      ),
      principal: smallSchools.map((s, i) => [s[1], `1370010${3000 + i * 7}`]),
      deputy: Array.from({ length: 12 }, (_, i) => ['县人大', `1360010${4000 + i * 7}`]),
    };
    const contentOf = (group: keyof typeof rolls) => csv(['学校', '电话'], rolls[group]);
    await succeed('previewFile', {
      who: 'official-a',
      params,
      query: { fileName: 'r.csv', kind: 'roll', group: 'parent' },
      file: ['application/octet-stream', contentOf('parent')],
    });
    const spoilt = await succeed('importRoll', {
      ...ofCounty,
      query: { fileName: 'r.csv', group: 'parent' },
      file: ['text/csv', contentOf('parent')],
    });
    const ofSpoilt = { ...ofCounty, params: { ...params, import: spoilt.id } };
    expect(await succeed('getImportFaults', ofSpoilt)).toContain('122');
    await succeed('discardImport', ofSpoilt);
    for (const group of ['parent', 'teacher', 'principal', 'deputy'] as const) {
      const { id } = await succeed('importRoll', {
        who: 'official-a',
        params,
        form: [
          { _csrf: token, group },
          { name: `${group}.csv`, content: contentOf(group) },
        ],
      });
      const ofImport = { ...ofCounty, params: { ...params, import: id as string } };
      await succeed('getImport', ofImport);
      await succeed('applyImport', { ...ofImport, body: { keepGood: true } });
    }
    await succeed('listImports', { who: 'official-a', params });
    await succeed('getCoverage', ofCounty);
    const extra = await succeed('importRoll', {
      ...ofCounty,
      query: { fileName: 'extra.csv', group: 'parent' },
      file: ['text/csv', csv(['学校', '电话'], [['第一小学', '13811118888']])],
    });
    const ofExtra = { ...ofCounty, params: { ...params, import: extra.id as string } };
    await succeed('applyImport', { ...ofExtra, body: { keepGood: false } });
    await succeed('withdrawImport', { ...ofExtra, body: { reason: '传错了文件' } });
    const [first] = await world.storage.listSchools(params.campaign as never, countyA);
    const { id: school, code: _code, ...fields } = first!;
    await succeed('editSchool', { ...ofCounty, params: { ...params, school }, body: fields });
    await succeed('handInRoll', { who: 'official-a', params, body: { note: '其余学校无家长电话' } });
    await succeed('takeBackRoll', { who: 'official-a', params });
    await succeed('handInRoll', { who: 'official-a', params, body: { note: '其余学校无家长电话' } });
    await succeed('sendBackRoll', { ...ofCounty, body: { reason: '请补上校长名册' } });
    await succeed('listHandIns', { who: 'official-a', params });
    await succeed('planSurvey', { ...ofCounty, query: {} });
    await succeed('freezeFrame', ofCounty);

    const canary = { label: 'A', phone: '13900000001', group: 'parent', school: 'S1', answers: 2 };
    await succeed('getCanaries', inspecting);
    const sealed = await succeed('sealCanaries', { ...inspecting, body: { canaries: [canary] } });

    failsOnce = true;
    const interrupted = requestOf('drawSample', { ...inspecting, body: { dice } });
    expect((await send('drawSample', 'inspector-a', interrupted)).statusCode).toBe(500);
    await succeed('resumeDraw', ofCounty);
    // Of a second campaign, where nothing interrupts it.
    const second = await world.addCampaign({ counties: input.counties.slice(0, 1) });
    const ofSecond = { campaign: second.id, county: countyA };
    await world.fillCounty(second.id, countyA);
    expect(
      (
        await send(
          'drawSample',
          'inspector-a',
          requestOf('drawSample', { who: null, params: ofSecond, body: { dice } }),
        )
      ).statusCode,
    ).toBe(409);
    await succeed('freezeFrame', { ...ofCounty, params: ofSecond });
    await succeed('drawSample', { ...inspecting, params: ofSecond, body: { dice } });
    await succeed('getStrata', inspecting);
    const sheet = { do: 'draw', group: 'parent', dice, count: 5, sampleSchools: false };
    await succeed('changeInspection', { ...inspecting, body: { record: 'interviews', change: sheet } });
    await succeed('getCalls', inspecting);
    const call = { list: 'interviews', no: 1, at: 1 };
    expect((await succeed('showNumber', { ...inspecting, body: call })).phone).toMatch(/^1380010/);
    await succeed('noteCall', { ...inspecting, body: { ...call, outcome: 'complete' } });
    await succeed('openCampaign', ofCampaign);
    const sample = { do: 'draw', dice, count: 3 };
    await succeed('changeInspection', { ...inspecting, body: { record: 'sample', change: sample } });
    const slips = [{ group: 'parent', count: 20 }];
    await succeed('makeSpotSurvey', { ...ofCounty, body: { slips, closesAt: iso(world.now() + 3_600_000) } });
    await succeed('listSpotSurveys', inspecting);

    await succeed('getRates', { who: 'official-a', params });
    await succeed('createLinks', { ...ofCounty, body: { groups: ['parent'] } });
    await succeed('listLinks', ofCounty);
    await succeed('listChannels', { who: 'operator' });
    const dueAt = new Date(world.now()).toISOString();
    const sendings = { channel: 'loopback', waves: [{ kind: 'invitation', dueAt }] };
    await succeed('planSendings', { ...ofCounty, body: sendings });
    await succeed('scheduleSendings', { ...ofCounty, body: sendings });
    await succeed('listSendings', ofCounty);
    const toMyself = { channel: 'loopback', kind: 'invitation', phone: '13800138000' };
    await succeed('sendTestMessage', { ...ofCounty, body: toMyself });
    // It begins, and sends nothing yet.
    await sendDue({ ...world.deps, messaging }, AbortSignal.abort());
    const one = { ...ofCounty, params: { ...params, sending: '1' } };
    for (const command of ['pause', 'resume', 'cancel']) await succeed(`${command}Sending`, one);
    await succeed('setDoNotContact', { who: 'operator', body: { phone: '13800138000', listed: true } });
    await succeed('previewMessage', {
      ...ofCounty,
      body: { kind: 'invitation', text: '请填{address} 答题码{code}' },
    });
    for (const format of ['xlsx', 'csv'])
      await succeed('exportCodes', { ...ofCounty, body: { kind: 'invitation', format } });
    await succeed('listExports', inspecting);
    await succeed('importFates', {
      ...ofCounty,
      query: { fileName: 'f.csv' },
      file: ['text/csv', csv(['手机号', '状态'], [['13800101000', '空号']])],
    });
    const late = await succeed('importRoll', {
      ...ofCounty,
      query: { fileName: 'late.csv', group: 'parent', lateReason: '转入的学生家长' },
      file: ['text/csv', csv(['学校', '电话'], [['第一小学', '13811119999']])],
    });
    await succeed('applyImport', {
      ...ofCounty,
      params: { ...params, import: late.id },
      body: { keepGood: true },
    });
    await succeed('issueLateCodes', ofCounty);
    const closesAt = iso(input.closesAt + 86_400_000);
    const proposal = await succeed('makeProposal', {
      ...ofCampaign,
      body: { content: { kind: 'dates', closesAt }, reason: '天气原因顺延一天' },
    });
    await succeed('decideProposal', {
      who: 'admin',
      params: { campaign, proposal: proposal.id },
      body: { decision: 'confirmed' },
    });
    await succeed('listProposals', ofCampaign);
    await succeed('getEvidence', inspecting);

    // Enough for a comment to be shown.
    const invitedParents = (await world.sentCodes(campaign as CampaignId, countyA)).filter(
      (s) => s.group === 'parents',
    );
    for (const [i, { code }] of invitedParents.slice(0, 12).entries())
      await answer(world.deps, campaign as CampaignId, countyA, code, i % 3, { comment: '操场太小' });

    // Too early: every one of these says so.
    for (const id of [
      'getSummary',
      'getPressure',
      'listComments',
      'exportBundle',
      'makePublication',
      'makeDossier',
      'exportAnalysis',
      'openCanaries',
    ]) {
      const who = id === 'makePublication' ? 'operator' : 'inspector-a';
      const call = { who, params, ...(id === 'openCanaries' && { body: sealed }) } as const;
      expect((await send(id, who, requestOf(id, call))).statusCode, id).toBe(409);
    }
    await moveEnd(world, campaign);
    await succeed('closeCampaign', ofCampaign);
    await succeed('openCanaries', { ...inspecting, body: sealed });
    await succeed('getPressure', inspecting);
    const { comments } = await succeed('listComments', inspecting);
    await succeed('changeComment', {
      who: 'inspector-a',
      params: { ...params, comment: comments[0].ref },
      body: { kind: 'mark', marked: true },
    });
    await succeed('recount', { who: 'inspector-a', params: { campaign } });
    await succeed('audit', { who: 'inspector-a', params: { campaign } });
    await succeed('exportBundle', inspecting);
    await succeed('exportAnalysis', inspecting);
    await agreeToRelease(world, campaign);
    await succeed('releaseCampaign', ofCampaign);
    await succeed('changeInspection', {
      ...ofCounty,
      body: { record: 'rectification', change: { do: 'collect', lowest: 5 } },
    });
    const again = { name: '复查', closesAt: iso(world.now() + 14 * 86_400_000) };
    await succeed('createResurvey', { ...ofCounty, body: again });
    for (const format of ['csv', 'json']) {
      await succeed('getSummary', { ...inspecting, query: { format } });
      await succeed('compareArms', { ...inspecting, query: { format } });
      await succeed('compareSummaries', { ...ofCampaign, query: { county: countyA, format } });
    }
    await succeed('makePublication', ofCounty);
    await succeed('makeDossier', ofCounty);
    await succeed('compareClaimed', {
      ...ofCounty,
      query: { fileName: 'claimed.csv' },
      file: [
        'text/csv',
        csv(
          ['选项', '小计'],
          [
            ['非常满意', '9'],
            ['不满意', '1'],
          ],
        ),
      ],
    });
    await succeed('listTrail', { who: 'inspector-a', query: { campaign, limit: '50' } });

    // Last, since they end sessions.
    visitors['official-b'] = await staff.visit('official-b');
    await succeed('changePassword', { who: 'official-b', body: { present: password, password: other } });
    visitors['official-b'] = await staff.visit('official-b', other);
    await succeed('logOut', { who: 'official-b' });
    visitors['official-b'] = await staff.visit('official-b', other);

    const missed = api.all.map(({ operation }) => operation.operationId).filter((id) => !successes.has(id));
    expect(missed.sort()).toEqual(Object.keys(unreached).sort());
  }, 180_000);

  it('refuses as documented', async () => {
    for (const { method, path, operation } of api.all) {
      const id = operation.operationId;
      const call = successes.get(id)!;
      const { who } = call;
      const good = requestOf(id, call);
      const writes = method !== 'GET';
      const expected = async (status: number, options: Sent, as = who, token = true) => {
        const reply = await send(id, as, options, token);
        expect(reply.statusCode, `${id} ${options.url.slice(0, 200)} ${reply.body.slice(0, 300)}`).toBe(
          status,
        );
        return reply;
      };
      const declared = staff.app.declaredRoutes.find(
        (r) => r.method === method && r.url.replace(/:(\w+)/g, '{$1}') === path,
      )!;

      if (declared.who !== 'public') {
        await expected(401, good, null);
        const refused =
          declared.who === 'signed-in'
            ? undefined
            : accountNames.find((name) => !mayAccount(name, declared.who as Action));
        if (refused) await expected(403, good, refused);
      }
      if (writes) {
        await expected(403, { ...good, headers: { ...good.headers, 'sec-fetch-site': 'cross-site' } });
        if (who !== null && !call.form) {
          const reply = await expected(403, good, who, false);
          expect(reply.json().code, id).toBe('csrf.failed');
        }
        // Of an upload the type is anything; this is none.
        const isUpload = operation.requestBody?.content['multipart/form-data'] !== undefined;
        const wrong = isUpload ? 'nonsense' : 'text/plain';
        await expected(415, { ...good, headers: { 'content-type': wrong }, payload: 'x' });
        await expected(400, { ...good, headers: { 'content-type': 'application/json' }, payload: '{"a":' });
        if (!isUpload) {
          const kilobytes = id.endsWith('eCampaign') ? 8 * 1024 : 256;
          const large = JSON.stringify({ a: 'x'.repeat(kilobytes * 1024) });
          await expected(413, { ...good, headers: { 'content-type': 'application/json' }, payload: large });
        }
      }
      if (operation.requestBody && call.body !== undefined) {
        const reply = await expected(422, { ...good, payload: { unexpected: 1 } });
        expect(reply.json().issues.length, id).toBeGreaterThan(0);
      }
      if (call.form) await expected(422, { ...good, ...multipart(call.form[0]) });
      // Nothing in it; the state may forbid it before it is read.
      if (call.file)
        expect([409, 422], id).toContain((await send(id, who, { ...good, payload: '' })).statusCode);
      const parameters = operation.parameters ?? [];
      for (const p of parameters.filter((p) => p.in === 'query' && isChecked(p)))
        await expected(422, requestOf(id, { ...call, query: { ...call.query, [p.name]: 'nonsense' } }));
      for (const { name } of parameters.filter((p) => p.in === 'path')) {
        const withName = (value: string) =>
          requestOf(id, { ...call, params: { ...call.params, [name]: value } });
        // A county that an account is not bound to is refused before it is looked for.
        const isForeign = name === 'county' && (who === 'inspector-a' || who === 'official-a');
        const nobodys = name === 'county' ? '110101' : '0'.repeat(12);
        await expected(isForeign ? 403 : 404, withName(nobodys));
        if (name === 'campaign' || name === 'template') await expected(422, withName('no such id'));
        await expected(400, { ...good, url: path.replace(`{${name}}`, '%zz').replace(/\{\w+\}/g, 'x') });
        await expected(414, withName('0'.repeat(401)));
      }
      // Once more as it succeeded: what cannot be done twice says so.
      if (!['logOut', 'changePassword', 'makeBackup'].includes(id)) await send(id, who, good);
    }
  }, 180_000);

  it('checks the fields of an upload’s form as it checks the address', async () => {
    const { params } = successes.get('importRoll')!;
    const file = { name: 'r.csv', content: csv(['学校', '电话'], [['第一小学', '13811118888']]) };
    const form = (fields: Record<string, string>): Call => ({
      who: 'operator',
      params: params!,
      form: [{ _csrf: visitors.operator.token, ...fields }, file],
    });
    const refused = async (fields: Record<string, string>) => {
      const reply = await send('importRoll', 'operator', requestOf('importRoll', form(fields)));
      return [reply.statusCode, reply.json().code, reply.json().issues?.[0]?.path];
    };
    expect(await refused({})).toEqual([422, 'upload.group', undefined]);
    expect(await refused({ group: 'nobody' })).toEqual([422, 'http.invalid', 'group']);
    expect(await refused({ group: 'parent', lateReason: '长'.repeat(1001) })).toEqual([
      422,
      'http.invalid',
      'lateReason',
    ]);
  });

  it('says a second time that it is done, or that the state does not allow it', () => {
    const conflicts = [...seen].filter((pair) => pair.endsWith(' 409'));
    expect(conflicts.length).toBeGreaterThan(20);
  });

  it('makes a guesser wait', async () => {
    const wrong = {
      method: 'POST',
      url: '/api/v1/session',
      payload: { login: 'admin', password: 'wrong' },
    } as const;
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await send('logIn', null, wrong)).statusCode);
    expect(statuses).toContain(401);
    expect(statuses.at(-1)).toBe(429);
  });

  it('says in the same form that it is broken, or is being stopped', async () => {
    const { operation } = find('logIn');
    const url = '/api/v1/session';
    const payload = { login: 'admin', password: 'x' };
    let closing: Given | undefined;
    const made = await createApp({
      routes: (own) => {
        own.addHook('preClose', async () => {
          const { port } = own.server.address() as { port: number };
          const reply = await fetch(`http://127.0.0.1:${port}${url}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(payload),
          });
          const headers = Object.fromEntries(reply.headers);
          closing = { statusCode: reply.status, headers, body: await reply.text() };
        });
      },
    });
    // A storage that can do nothing.
    const broken = await made.app.inject({ method: 'POST', url, payload });
    expect(broken.statusCode).toBe(500);
    check(operation, broken, 'a broken storage');
    await made.app.listen({ port: 0, host: '127.0.0.1' });
    await made.close();
    expect(closing?.statusCode).toBe(503);
    check(operation, closing!, 'while the service closes');
  });

  it('answers in all documented ways', () => {
    const claimed = api.all
      .flatMap(({ operation: o }) => Object.keys(o.responses).map((status) => `${o.operationId} ${status}`))
      .filter((pair) => elsewhere[pair] === undefined && elsewhere[pair.split(' ')[1]!] === undefined);
    expect(claimed.filter((pair) => !seen.has(pair))).toEqual([]);
    for (const status of Object.keys(elsewhere).filter((s) => /^\d+$/.test(s)))
      expect([...seen].filter((pair) => pair.endsWith(` ${status}`)).length, status).toBeGreaterThan(0);
  });
});
