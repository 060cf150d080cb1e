/** The pages of whoever runs an installation, as a browser sees them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { actions, actionsOfRole } from '../../src/domain/campaign/permissions.ts';
import { trailTopics } from '../../src/domain/model/trail.ts';
import { roles } from '../../src/domain/model/vocabulary.ts';
import { buildApp } from '../../src/http/app.ts';
import { checkBackup } from '../../src/operations/service/backup.ts';
import { messageKeys, translator } from '../../src/texts/texts.ts';
import { trailWords } from '../../src/texts/trail-words.ts';
import { createStaff, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let admin: Visitor;
let inspector: Visitor;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  admin = await staff.visit('admin');
  inspector = await staff.visit('inspector-a');
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

const get = async (visitor: Visitor, url: string) => visitor.sendBare({ url });
/** As read, without markup. */
const textOf = (body: string) =>
  body
    .replace(/<(script|style|option)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the trail in words', () => {
  const source = new URL('../../src/', import.meta.url);
  const names = { campaigns: new Map<string, string>(), counties: new Map([['340103', '庐阳区']]) };

  test('every action that the code writes has a name in every language, and a topic', () => {
    const files = (readdirSync(source, { recursive: true }) as string[]).filter((f) => f.endsWith('.ts'));
    const written = new Set(
      files.flatMap((file) =>
        [
          ...readFileSync(new URL(file, source), 'utf8').matchAll(
            /\baction(?:: |\s*=\s*)(?:\w+ (?:===|\?) [^'\n]*)?'([a-z-]+\.[a-z-]+)'/g,
          ),
        ].map((m) => m[1]!),
      ),
    );
    for (const action of ['campaign.create', 'user.update', 'backup.make', 'clock.jump'])
      expect([...written]).toContain(action);
    const starts = Object.values(trailTopics).flat() as readonly string[];
    const known = new Set(messageKeys('en'));
    expect([...written].filter((a) => !known.has(`staff.act.${a}`))).toEqual([]);
    expect([...written].filter((a) => !starts.some((start) => a.startsWith(start)))).toEqual([]);
  });

  test.each(['zh-CN', 'en'])('no id, key or millisecond is shown, in %s', (language) => {
    const t = translator(language);
    const say = (action: string, details: Record<string, unknown>) =>
      trailWords(t, { action, details }, names).map(({ label, value }) => `${label}=${value}`);
    const jump = say('clock.jump', { from: 1795820400000, to: 1795906800000 });
    expect(jump.map((w) => w.split('=')[1])).toEqual(['2026-11-28 07:00', '2026-11-29 07:00']);
    const all = [
      ...say('campaign.create', {
        name: '秋季调查',
        profile: 'f'.repeat(64),
        counties: ['340103', '340111'],
      }),
      ...say('import.read', {
        import: 'k3j5h2g4f6d8',
        group: 'parent',
        fileHash: 'e'.repeat(64),
        good: 1200,
        bad: 3,
      }),
      ...say('user.update', { login: 'clerk', role: 'official', disabled: true, password: 'changed' }),
      ...say('token.create', {
        token: 'k3j5h2g4f6d8',
        name: '报表',
        scopes: ['figures'],
        expiresAt: 1795820400000,
      }),
      ...say('frame.freeze', { root: 'a'.repeat(64), size: 1200 }),
      ...say('witness.failed', {
        witness: '省厅',
        size: 12,
        message: 'witness.failure.status',
        params: { status: 502 },
      }),
      ...say('fates.import', { file: '回执.xlsx', hash: 'd'.repeat(64), counts: { delivered: 30 } }),
    ];
    const shown = all.join('\n');
    expect(shown).not.toMatch(/[0-9a-f]{16}|k3j5h2g4f6d8|\d{13}|undefined|\bstaff\.|witness\.failure/);
    expect(shown).toContain('庐阳区');
    expect(shown).toContain('2026-11-28 07:00');
    expect(shown).toContain(t('witness.failure.status', { status: 502 }));
    expect(shown).toContain('1,200');
  });

  test('page and file are filtered alike, by subject, person, day, survey and county', async () => {
    const campaign = await world.addCampaign({ name: '秋季调查' });
    const url = (filter: string) => `/staff/trail${filter}`;
    const all = await get(admin, url(''));
    expect(all.statusCode).toBe(200);
    const shown = textOf(all.body);
    expect(shown).toContain('新建调查');
    expect(shown).toContain('新建账号');
    expect(shown).not.toContain(campaign.id);
    expect(shown).not.toMatch(/[0-9a-f]{20}|\d{13}/);
    const accounts = textOf((await get(admin, url('?topic=accounts'))).body);
    expect(accounts).toContain('新建账号');
    expect(accounts).not.toContain('新建调查');
    const own = textOf((await get(admin, url(`?campaign=${campaign.id}`))).body);
    expect(own).not.toContain('新建账号');
    const day = new Date(world.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const before = new Date(world.now() - 40 * 3_600_000).toISOString().slice(0, 10);
    for (const [filter, found] of [
      [`?from=${day}`, true],
      [`?to=${day}`, true],
      [`?to=${before}`, false],
      ['?actor=nobody-of-that-name', false],
      [`?county=${countyA}`, false],
      // What is no day or subject asks for nothing, and breaks nothing.
      ['?from=gestern&topic=constructor&before=x', true],
    ] as const)
      expect(textOf((await get(admin, url(filter))).body).includes('新建账号'), filter).toBe(found);
    const file = await get(admin, '/staff/trail.csv?topic=accounts');
    expect(file.headers['content-type']).toContain('text/csv');
    expect(file.headers['content-disposition']).toContain('attachment');
    const lines = file.body.trim().split('\r\n');
    expect(lines).toHaveLength(7);
    expect(lines[1]).toContain('新建账号');
    expect(file.body).not.toContain('新建调查');
    // Whoever has to prove it finds the entry as it is stored.
    expect(lines[1]).toContain('""action"":""user.create""');
    // An inspector exports what the page shows him.
    expect((await get(inspector, '/staff/trail.csv')).body).not.toContain('user.create');
  });
});

test('what each role may do is said from the table of permissions', async () => {
  const page = textOf((await get(admin, '/staff/users')).body);
  const t = translator('zh-CN');
  const known = new Set(messageKeys('zh-CN'));
  expect(Object.keys(actions).filter((a) => !known.has(`staff.action.${a}`))).toEqual([]);
  for (const role of roles)
    expect(page).toContain(
      actionsOfRole(role)
        .map((a) => t(`staff.action.${a}`))
        .join('、'),
    );
});

function post(visitor: Visitor, url: string, fields: Readonly<Record<string, string>>) {
  return visitor.sendBare({
    method: 'POST',
    url,
    payload: new URLSearchParams({ ...fields, _csrf: visitor.token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
}

describe('settings', () => {
  const good = {
    organisation: '示范省教育督导局',
    phone: '010-5555 0100',
    icpNumber: '',
    storageMonths: '24',
  };

  test('hold at once: head of the pages, foot of a respondent’s page, a new survey', async () => {
    const before = await staff.app.inject({ url: '/' });
    expect(before.body).not.toContain('示ICP备');
    const saved = await post(admin, '/staff/settings', { ...good, icpNumber: '示ICP备12345678号-1' });
    expect([saved.statusCode, saved.headers.location]).toEqual([303, '/staff/settings']);
    expect((await get(admin, '/staff/settings')).body).toContain('示范省教育督导局');
    expect((await staff.app.inject({ url: '/' })).body).toContain('示ICP备12345678号-1');
    const entries = textOf((await get(admin, '/staff/trail?topic=system')).body);
    expect(entries).toContain('修改设置');
    expect(entries).toMatch(/改动\s+单位名称、咨询电话、备案号、保存期/);
    // An earlier survey's commissioner goes before the installation's own name.
    const draft = (await get(admin, '/staff/campaigns/new')).body;
    expect(draft).toMatch(/name="commissioner"[^>]*value="[^"]+"/);
    const api = await admin.send({
      method: 'PATCH',
      url: '/api/v1/settings',
      payload: { icpNumber: '' },
    });
    expect([api.statusCode, api.json()]).toEqual([200, { ...good, storageMonths: 24, hasLogo: false }]);
    expect((await staff.app.inject({ url: '/' })).body).not.toContain('示ICP备');
    // Saved without a change: nothing to tell.
    const count = (await get(admin, '/staff/trail.csv?topic=system')).body.split('\r\n').length;
    await post(admin, '/staff/settings', good);
    expect((await get(admin, '/staff/trail.csv?topic=system')).body.split('\r\n').length).toBe(count);
  });

  test('faults are named at the field, with what was typed', async () => {
    const refused = await post(admin, '/staff/settings', {
      ...good,
      organisation: '县'.repeat(61),
      storageMonths: '0',
    });
    expect(refused.statusCode).toBe(422);
    expect(refused.body).toContain('href="#f-organisation"');
    expect(refused.body).toContain('href="#f-storageMonths"');
    expect(refused.body).toContain('县'.repeat(61));
  });

  test('the logo is a picture, never a file with script, and is shown before the log-in', async () => {
    const send = (content: Buffer) => {
      const line = '----line';
      const head = `--${line}\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n${admin.token}\r\n--${line}\r\nContent-Disposition: form-data; name="logo"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n`;
      return admin.sendBare({
        method: 'POST',
        url: '/staff/settings/logo',
        headers: { 'content-type': `multipart/form-data; boundary=${line}` },
        payload: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${line}--\r\n`)]),
      });
    };
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    for (const bad of [
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
      Buffer.alloc(200_000),
    ]) {
      const refused = await send(bad);
      expect(refused.statusCode).toBe(422);
      expect(refused.body).toContain('href="#f-logo"');
    }
    expect((await staff.app.inject({ url: '/staff/logo' })).statusCode).toBe(404);
    expect((await send(png)).statusCode).toBe(303);
    const page = await staff.app.inject({ url: '/staff/login' });
    const src = /<img class="logo" src="([^"]+)"/.exec(page.body)![1]!;
    const logo = await staff.app.inject({ url: src });
    expect([logo.headers['content-type'], logo.rawPayload.equals(png)]).toEqual(['image/png', true]);
    await post(admin, '/staff/settings/logo/remove', {});
    expect((await staff.app.inject({ url: '/staff/login' })).body).not.toContain('class="logo"');
  });
});

test('the page of health takes a backup, reads it back, and says so', async () => {
  const backupDir = mkdtempSync(join(tmpdir(), 'manyi-backups-'));
  const own = await buildApp({ ...staff.deps, backupDir });
  try {
    const visit = (url: string, method: 'GET' | 'POST' = 'GET', form = '') =>
      own.inject({
        method,
        url,
        payload: form,
        headers: { cookie: admin.cookie, 'content-type': 'application/x-www-form-urlencoded' },
      });
    const before = textOf((await visit('/staff/health')).body);
    expect(before).toContain('正常');
    expect(before).toContain('最近 2 天没有备份');
    const form = new URLSearchParams({ _csrf: admin.token }).toString();
    expect((await visit('/staff/health/backups', 'POST', form)).statusCode).toBe(303);
    await vi.waitUntil(async () => !(await visit('/staff/health')).body.includes('data-live'), 20_000);
    const after = textOf((await visit('/staff/health')).body);
    expect(after).toMatch(/manyi-[\w-]+\.db/);
    expect(after).toContain('完好');
    expect(after).not.toContain('没有备份');
    // A byte changed on the disk is found, and stays said.
    const [file] = readdirSync(backupDir);
    const path = join(backupDir, file!);
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096, 4096 + 400);
    writeFileSync(path, bytes);
    const admins = world.actors.administrator;
    const check = await checkBackup({ ...staff.deps, backupDir }, admins, path).catch((e: unknown) => e);
    expect(check).not.toMatchObject({ sound: true });
  } finally {
    await own.close();
    rmSync(backupDir, { recursive: true });
  }
});

test('every call of the API stands on a page, with what it takes and how it refuses', async () => {
  const document = (await get(admin, '/api/v1/openapi.json')).json<{
    paths: Record<string, Record<string, { operationId: string; tags: readonly string[] }>>;
  }>();
  const index = await get(admin, '/staff/programs');
  expect(index.statusCode).toBe(200);
  const parts = new Map<string, string>();
  for (const [path, methods] of Object.entries(document.paths))
    for (const { operationId, tags } of Object.values(methods)) {
      const [part] = tags as [string];
      expect(index.body).toContain(
        `<a href="/staff/programs/${part}#call-${operationId}"><code lang="en">${path}</code></a>`,
      );
      const page = parts.get(part) ?? (await get(admin, `/staff/programs/${part}`)).body;
      parts.set(part, page);
      expect(page).toContain(`id="call-${operationId}"`);
      expect(page).toContain(`<code lang="en">${path}</code>`);
    }
  for (const body of [index.body, ...parts.values()])
    expect(body).not.toMatch(/\[object|undefined|<script|https?:\/\/(?!127\.0\.0\.1)/);
  const one = /<details class="call" id="call-createUser">[\s\S]*?<\/details>/.exec(parts.get('users')!)![0];
  for (const text of [
    'counties',
    '&quot;official&quot;',
    '422',
    '409',
    'user.login-taken',
    'application/json',
  ])
    expect(one).toContain(text);
  expect((await get(admin, '/staff/programs/nothing')).statusCode).toBe(404);
});
