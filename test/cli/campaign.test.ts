/** A campaign from the first administrator to the audit of its figures, by commands alone. */
import Database from 'better-sqlite3';
import { parse } from 'csv-parse/sync';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeService, createLogger } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { submitAnswer } from '../../src/operations/answer/answering.ts';
import { exampleOf } from '../messaging/rigs.ts';
import { createShell, passwords, type Ran, type Shell } from './support.ts';

const county = '990199';
let shell: Shell;
let campaign: string;
const dice = '31641 52632 14514 36625';

beforeAll(() => {
  shell = createShell();
});
afterAll(() => shell.remove());

function done(ran: Ran): any {
  expect(ran.err).toBe('');
  expect(ran.code).toBe(0);
  return ran.json();
}
function file(name: string, text: string): string {
  const path = join(shell.folder, name);
  writeFileSync(path, text);
  return path;
}
const phone = (n: number) => `1940${String(1_000_003 + n * 7919).slice(-7)}`;

describe.sequential('a campaign by commands', { timeout: 300_000 }, () => {
  test('the first administrator, and no second first one', async () => {
    const made = await shell.run(['admin', 'create', 'chief', '--password-stdin'], {
      input: `${passwords['chief']}\n`,
    });
    expect(made.out).toContain('Account chief created');
    expect(made.out).not.toContain(passwords['chief']);
    const again = await shell.run(['admin', 'create', 'chief2', '--password-stdin'], {
      input: 'another long one\n',
    });
    expect(again.code).toBe(6);
    const weak = createShell();
    const refused = await weak.run(['admin', 'create', 'chief', '--password-stdin'], { input: '12345\n' });
    expect(refused.code).toBe(2);
    const without = await weak.run(['admin', 'create', 'chief']);
    expect(without).toMatchObject({ code: 3 });
    expect(without.err).toContain('--password-stdin');
    weak.remove();
  });

  test('accounts; a wrong password and a missing account get nowhere', async () => {
    for (const [login, role] of [
      ['clerk', 'operator'],
      ['other', 'operator'],
      ['judge', 'inspector'],
    ] as const) {
      const own = role === 'inspector' ? ['--county', county] : [];
      const ran = await shell.run(
        ['--as', 'chief', 'user', 'create', login, '--role', role, ...own, '--password-stdin', '--json'],
        { input: `${passwords['chief']}\n${passwords[login]}\n` },
      );
      expect(done(ran)).toMatchObject({ login, role });
      expect(ran.out).not.toContain('argon2');
    }
    const wrong = await shell.run(['--as', 'chief', 'campaign', 'list'], {
      env: { MANYI_PASSWORD: 'not this one' },
    });
    expect(wrong.code).toBe(3);
    expect((await shell.run(['campaign', 'list'])).err).toContain('--as');
    const users = await shell.as('clerk', ['user', 'list']);
    // An action and a state are words, not the program's names of them.
    expect(users.code).toBe(4);
    expect(users.err).not.toMatch(/\w\.\w/);
  });

  test('campaign, schools, roll with a bad row, coverage', async () => {
    const path = file(
      'campaign.json',
      JSON.stringify({
        name: 'By commands',
        purpose: 'self-check',
        commissioner: '某市教育督导室',
        commissionerPhone: '000-1234567',
        closesAt: '2099-01-01T18:00:00+08:00',
        storageUntil: '2099-06-01T18:00:00+08:00',
        demo: true,
        profile: 'basic-2012',
        questionnaires: ['parent', 'teacher', 'principal', 'deputy', 'public'].map((g) => ({
          document: `${g}-2012`,
          groups: [g],
        })),
        counties: [
          {
            code: county,
            name: '虚构县',
            residents: { count: 100_000, asOf: '2020-11-01' },
            slips: [{ group: 'public', count: 20 }],
          },
        ],
      }),
    );
    campaign = done(await shell.as('clerk', ['campaign', 'create', path])).id as string;
    expect(done(await shell.as('judge', ['campaign', 'list']))).toMatchObject([
      { id: campaign, state: 'draft' },
    ]);

    const schools = file('schools.csv', '学校,城乡类型,学生数,教职工数\n一小,城区,60,12\n二小,乡村,40,12\n');
    expect(done(await shell.as('clerk', ['schools', 'import', campaign, schools]))).toMatchObject({
      saved: 2,
    });

    const rows = Array.from({ length: 90 }, (_, i) => `${i < 55 ? '一小' : '二小'},${phone(i)}`);
    const parents = file('parents.csv', `学校,手机\n${rows.join('\n')}\n一小,123\n`);
    const faults = join(shell.folder, 'faults.csv');
    const roll = ['roll', 'import', campaign, parents, '--group', 'parent', '--faults', faults];
    const refused = await shell.as('clerk', roll);
    expect(refused.code).toBe(1);
    expect(refused.json()).toMatchObject([{ state: 'discarded', summary: { good: 90, bad: 1 }, added: 0 }]);
    expect(readFileSync(faults, 'utf8')).toContain('parents.csv');
    expect((await shell.as('clerk', roll)).code).toBe(6);
    const kept = done(await shell.as('clerk', [...roll.slice(0, -2), '--keep-good']));
    expect(kept).toMatchObject([{ state: 'applied', added: 90 }]);

    const because = ['--reason', 'numbers of one office'];
    const more = (group: string, count: number, from: number, school: boolean) => {
      const lines = Array.from({ length: count }, (_, i) => `${school ? '一小,' : ''}${phone(from + i)}`);
      return file(`${group}.csv`, `${school ? '学校,' : ''}手机\n${lines.join('\n')}\n`);
    };
    for (const [group, path] of [
      ['teacher', more('teacher', 20, 200, true)],
      ['principal', more('principal', 2, 300, true)],
      ['deputy', more('deputy', 12, 400, false)],
    ] as const)
      done(await shell.as('clerk', ['roll', 'import', campaign, path, '--group', group, ...because]));

    const odd = ['roll', 'import', campaign, file('odd.csv', `哪所,谁,打哪里\n一小,甲,${phone(200)}\n`)];
    const preview = done(await shell.as('clerk', [...odd, '--group', 'teacher', '--preview']));
    expect(preview.rows[1].cells).toEqual(['一小', '甲', expect.stringMatching(/^1\d\d\*{4}\d{4}$/)]);
    const chosen = ['--group', 'teacher', '--columns', 'school=A,phone=C,grade=none', '--header-row', '1'];
    expect(done(await shell.as('clerk', [...odd, ...chosen, ...because]))).toMatchObject([
      { added: 0, duplicates: 1 },
    ]);

    const coverage = done(await shell.as('judge', ['coverage', campaign]));
    const used = coverage.schools[0].id as string;
    expect((await shell.as('clerk', ['schools', 'remove', campaign, used])).code).toBe(6);
    expect(coverage.schools.map((s: { guardians: number }) => s.guardians)).toEqual([35, 55]);
    const table = await shell.run(['--as', 'judge', 'coverage', campaign], {
      env: { MANYI_PASSWORD: passwords['judge'] as string },
    });
    expect(table.out).toMatch(/school +pupils +guardians/);
  });

  test('freeze, draw by the inspector alone, open, messages', async () => {
    expect(done(await shell.as('clerk', ['freeze', campaign]))).toMatchObject({ size: 124 });
    expect((await shell.as('clerk', ['draw', campaign, '--dice', dice])).code).toBe(4);
    expect((await shell.as('judge', ['draw', campaign, '--dice', '123'])).code).toBe(2);
    const contacts = file(
      'contacts.json',
      JSON.stringify([
        { label: 'A', phone: '13900000001', group: 'parent', school: '一小', answers: null },
        { label: 'B', phone: '13900000002', group: 'parent', answers: 4 },
      ]),
    );
    const sealing = ['canaries', campaign, '--seal', contacts, '-o', join(shell.folder, 'kept.json')];
    expect((await shell.as('clerk', sealing)).code).toBe(4);
    expect((await shell.as('judge', ['canaries', campaign])).code).toBe(2);
    // What was killed between the file and the commitment stands in nobody's way; another file does.
    const other = file('kept.json', '{}');
    expect((await shell.as('judge', sealing)).code).toBe(6);
    const canary = { label: 'A', group: 'parent', pseudonym: '00'.repeat(16), answers: null };
    const half = {
      manyi: 'canaries',
      version: 1,
      campaign,
      county,
      nonce: '00'.repeat(32),
      canaries: [canary],
    };
    writeFileSync(other, JSON.stringify(half));
    expect((await shell.as('judge', sealing)).code).toBe(0);
    expect(readFileSync(other, 'utf8')).not.toContain('"nonce": "0000');
    expect((await shell.as('judge', sealing)).code).toBe(6);
    expect(statSync(join(shell.folder, 'kept.json')).mode & 0o777).toBe(0o600);
    const drawn = done(await shell.as('judge', ['draw', campaign, '--dice', dice]));
    expect(drawn.draw.seed).toMatch(/^[0-9a-f]{64}$/);
    expect((await shell.as('judge', ['draw', campaign, '--dice', dice])).code).toBe(6);
    done(await shell.as('clerk', ['open', campaign]));
    const twice = await shell.as('clerk', ['open', campaign]);
    expect(twice).toMatchObject({ code: 6, err: expect.stringContaining('“Open”') });
    const asText = async (...args: readonly string[]) => {
      const ran = await shell.run(['--as', 'clerk', ...args], {
        env: { MANYI_PASSWORD: passwords['clerk']! },
      });
      return ran.out;
    };
    expect(await asText('--lang', 'zh-CN', 'schools', 'list', campaign)).toMatch(/一小 .* 城区/);

    const preview = await shell.as('clerk', [
      'messages',
      'preview',
      campaign,
      '--template',
      '请填{address} {code}',
    ]);
    expect(preview.code).toBe(1);
    expect(done({ ...preview, code: 0 })).toMatchObject({
      segments: 1,
      issues: [{ message: 'sms.address-touches' }],
    });
    const target = join(shell.folder, 'sms.csv');
    const exporting = ['messages', 'export', campaign, '--kind', 'invitation', '--format', 'csv'];
    // Where no file can be, none is made; and nobody is said to have got the codes.
    const nowhere = await shell.as('clerk', [...exporting, '-o', join(contacts, 'sms.csv')]);
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('is not a folder') });
    const made = done(await shell.as('clerk', [...exporting, '-o', target]));
    expect(made.count).toBe(126);
    const trail = done(await shell.as('chief', ['trail'])) as { action: string }[];
    expect(trail.filter((e) => e.action === 'codes.export')).toHaveLength(1);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(
      (await shell.as('judge', ['messages', 'export', campaign, '--kind', 'slips', '-o', `${target}x`])).code,
    ).toBe(4);
    expect(done(await shell.as('clerk', ['links', campaign, '--group', 'parent']))).toHaveLength(2);
    expect(done(await shell.as('judge', ['rates', campaign]))).toMatchObject({ kind: 'none' });
    const early = await shell.as('judge', ['summary', campaign]);
    expect(early.code).toBe(6);
    expect(early.err).toContain('2099-01-01 18:00');
  });

  test('messages that cannot leave in time are scheduled with the words of the dry run', async () => {
    const channels = file('channels.json', JSON.stringify([exampleOf('smpp')]));
    const as = (...args: readonly string[]) =>
      shell.run(['--as', 'clerk', 'sending', ...args], {
        env: { MANYI_PASSWORD: passwords['clerk']!, CHANNELS_FILE: channels, SMPP_PASSWORD: 'smsc-pass' },
      });
    const waves = ['--wave', 'invitation=2098-12-01T09:00', '--wave', 'last-notice', '--per-day', '20'];
    expect(await as('plan', campaign, '--channel', 'pigeon', ...waves)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^There is no such channel\. .*: smpp\.\n$/),
    });
    const plan = await as('plan', campaign, '--channel', 'smpp', ...waves);
    const [warning = ''] = plan.out.split('\n').filter((line) => line.includes('20' + ' a day'));
    expect(warning).toMatch(/Last notice/i);
    const scheduled = await as('schedule', campaign, '--channel', 'smpp', ...waves);
    expect([scheduled.code, scheduled.err]).toEqual([0, '']);
    expect(scheduled.out.split('\n')).toContain(warning);
    for (const no of ['1', '2']) expect((await as('cancel', campaign, no)).code).toBe(0);
    const again = await as('--json', 'schedule', campaign, '--channel', 'smpp', ...waves);
    expect(again.json().map((s: { shortfall: unknown }) => s.shortfall)).toMatchObject([
      null,
      { perDay: 20 },
    ]);
    for (const no of ['3', '4']) expect((await as('cancel', campaign, no)).code).toBe(0);
  });

  test('a new closing time needs a second person', async () => {
    const make = [
      'propose',
      'dates',
      campaign,
      '--closes-at',
      '2098-01-01T18:00:00+08:00',
      '--reason',
      'sooner',
    ];
    const { id } = done(await shell.as('clerk', [...make]));
    expect((await shell.as('clerk', ['decide', id, 'confirmed'])).code).toBe(6);
    done(await shell.as('other', ['decide', id, 'confirmed']));
    expect(done(await shell.as('other', ['campaign', 'show', campaign])).closesAt).toBe(
      '2098-01-01T10:00:00.000Z',
    );
  });

  test('beside a running service: commands look, and change through it, by the same rules', async () => {
    const config = readConfig({ ...shell.environment, PORT: '0' });
    const service = await composeService(config, createLogger({ logLevel: 'silent' }), { demo: true });
    try {
      const rows: string[][] = parse(readFileSync(join(shell.folder, 'sms.csv')), {
        bom: true,
        from_line: 2,
      });
      for (const [i, row] of rows.entries()) {
        const place = await service.deps.campaigns.findByCode(row[2] ?? '');
        if (!place) throw new Error('no place');
        const option = i % 3 === 0 ? 'satisfied' : 'very-satisfied';
        const fields = place.questionnaire.document.items.flatMap((item) =>
          item.type === 'rating' ? [[item.id, option] as const] : [],
        );
        const sheet = place.questionnaire.parser.parseForm(fields);
        if (!sheet.ok) throw new Error('no sheet');
        expect(await submitAnswer(service.deps, place, sheet)).toBe('stored');
      }
      expect(done(await shell.spawn(['audit', '--json']))).toMatchObject([
        { responses: 124, differences: [] },
      ]);
      const spawnAs = (login: string, args: readonly string[]) =>
        shell.spawn(['--as', login, '--json', ...args], { env: { MANYI_PASSWORD: passwords[login]! } });
      const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
      const socket = join(config.dataDir, 'manyi.sock');
      expect(existsSync(socket)).toBe(false);
      await service.start();
      // For the service's own account alone.
      expect(statSync(socket).mode & 0o777).toBe(0o600);
      done(await spawnAs('chief', ['clock', 'confirm', today]));
      const [entry] = await service.deps.storage.listTrail({
        ...{ campaign: null, counties: null, before: null, limit: 1 },
      });
      expect(entry).toMatchObject({ action: 'clock.confirm', via: 'cli', role: 'administrator' });
      // Refused by the same rules, in one sentence.
      const close = await spawnAs('clerk', ['close', campaign]);
      expect(close.code).toBe(6);
      expect(close.err.trim().split('\n')).toHaveLength(1);
      const copy = join(shell.folder, 'copy.db');
      expect(await shell.spawn(['backup', copy])).toMatchObject({ code: 0, err: '' });
      expect(statSync(copy).size).toBeGreaterThan(10_000);
      expect((await shell.spawn(['backup', copy])).code).toBe(6);
    } finally {
      await service.stop();
    }
    expect(existsSync(join(config.dataDir, 'manyi.sock'))).toBe(false);
    expect(await shell.spawn(['backup'])).toMatchObject({ code: 0, err: '' });
  });

  test('close, summary in three formats, release, trail', async () => {
    // Before its time not by one person.
    expect((await shell.as('clerk', ['close', campaign])).code).toBe(6);
    const early = done(await shell.as('clerk', ['propose', 'close', campaign, '--reason', 'flooded roads']));
    done(await shell.as('other', ['decide', early.id, 'confirmed']));
    const [summary] = done(await shell.as('judge', ['summary', campaign]));
    expect(summary.county.code).toBe(county);
    expect(summary.official.kind).toBe('no-data');
    expect(summary.verdict.kind).toBe('insufficient');
    const csv = join(shell.folder, 'summary.csv');
    expect((await shell.as('judge', ['summary', campaign, '--format', 'csv', '-o', csv])).code).toBe(0);
    const lines: string[][] = parse(readFileSync(csv), { bom: true });
    expect(lines[0]).toContain('value');
    expect(lines.some((l) => l.includes('parents'))).toBe(true);
    const text = await shell.run(['--as', 'judge', 'summary', campaign], {
      env: { MANYI_PASSWORD: passwords['judge'] as string },
    });
    expect(text.out).toContain('against 85');
    // Everybody in the list answered, those who never do as well, and all of them otherwise than agreed.
    const kept = join(shell.folder, 'kept.json');
    const opened = await shell.as('judge', ['canaries', campaign, '--open', kept]);
    expect(opened.code).toBe(1);
    expect(opened.json()).toMatchObject([{ fault: 'answered' }, { fault: 'altered' }]);
    const bundle = join(shell.folder, 'county.bundle');
    expect((await shell.as('judge', ['bundle', campaign, bundle])).code).toBe(0);
    expect((await shell.run(['verify', bundle])).code).toBe(0);
    const verified = await shell.run(['verify', bundle, '--canaries', kept]);
    expect(verified.code).toBe(1);
    expect(verified.out).toContain('somebody answered for it');

    // What the inspector was shown follows from the bundle; a figure that was improved does not.
    const shown = join(shell.folder, 'shown.csv');
    expect((await shell.as('judge', ['summary', campaign, '--format', 'csv', '-o', shown])).code).toBe(0);
    const same = await shell.run(['verify', bundle, '--against', shown]);
    expect(same).toMatchObject({ code: 0, out: expect.stringContaining('says the same, figure by figure') });
    const better = join(shell.folder, 'better.json');
    const [own] = done(await shell.as('judge', ['summary', campaign, '--format', 'json'])) as [object];
    writeFileSync(better, JSON.stringify([{ ...own, verdict: { kind: 'met' } }]));
    const other = await shell.run(['verify', bundle, '--against', better]);
    expect(other).toMatchObject({ code: 1, out: expect.stringContaining('verdict.kind') });
    expect((await shell.run(['verify', bundle, '--against', bundle])).code).not.toBe(0);

    const site = join(shell.folder, 'site');
    expect((await shell.as('other', ['publish', campaign, '-o', site])).code).toBe(6);
    expect((await shell.as('other', ['release', campaign])).code).toBe(6);
    const weak = done(
      await shell.as('clerk', ['propose', 'release', campaign, '--reason', 'no data, said so']),
    );
    done(await shell.as('other', ['decide', weak.id, 'confirmed']));
    expect((await shell.as('judge', ['publish', campaign, '-o', site])).code).toBe(4);
    const [made] = done(await shell.as('other', ['publish', campaign, '-o', site]));
    expect(readFileSync(made.html, 'utf8')).toContain('All figures');
    expect(JSON.parse(readFileSync(made.json, 'utf8'))).toMatchObject({ manyi: 'publication' });
    expect((await shell.as('other', ['publish', campaign, '-o', site])).code).toBe(6);
    const [dossier] = done(
      await shell.as('other', ['dossier', campaign, '-o', join(shell.folder, 'archive')]),
    );
    expect(existsSync(dossier.zip)).toBe(true);
    expect(readdirSync(dossier.folder)).toContain('SHA256SUMS');
    expect((await shell.as('other', ['dossier', campaign, '-o', join(shell.folder, 'archive')])).code).toBe(
      6,
    );
    // With the zip alone in the way, nothing is made, and nothing of it stands in the trail.
    rmSync(dossier.folder, { recursive: true });
    const dossierAgain = ['dossier', campaign, '-o', join(shell.folder, 'archive')];
    expect((await shell.as('other', dossierAgain)).code).toBe(6);
    const trail = done(await shell.as('chief', ['trail', '--campaign', campaign])) as { action: string }[];
    expect(trail.filter(({ action }) => action === 'dossier.made')).toHaveLength(1);
    expect(trail.length).toBeGreaterThan(10);
    expect(JSON.stringify(trail)).not.toMatch(/1940\d{7}/);
  });

  test('the audit is equal, and names the cell once a byte of an answer, or a tally, has been changed by hand', async () => {
    const equal = await shell.run(['audit']);
    expect(equal).toMatchObject({ code: 0 });
    expect(equal.out).toContain('equal (124 responses');
    const path = join(shell.environment['DATA_DIR'] as string, 'manyi.db');
    const write = (sql: string, ...values: unknown[]) => {
      const db = new Database(path);
      expect(db.prepare(sql).run(...values).changes).toBe(1);
      db.close();
    };
    const db = new Database(path);
    // One that counts: what is superseded is erased, and a test contact's is in no tally.
    const answer = db
      .prepare(
        `SELECT pseudonym, revision, answers FROM responses WHERE answers IS NOT NULL
         AND pseudonym IN (SELECT pseudonym FROM issued WHERE counted_set = 'drawn') LIMIT 1`,
      )
      .get() as { pseudonym: Buffer; revision: number; answers: Buffer };
    const tally = db.prepare('SELECT * FROM tallies ORDER BY length(bytes) DESC LIMIT 1').get() as {
      reporting_stratum: number;
      sampling_stratum: number;
      questionnaire: number;
      bytes: Buffer;
    };
    db.close();

    const flipped = Buffer.from(answer.answers);
    flipped[0] = flipped[0] === 3 ? 2 : 3;
    const setAnswer = 'UPDATE responses SET answers = ? WHERE pseudonym = ? AND revision = ?';
    write(setAnswer, flipped, answer.pseudonym, answer.revision);
    const answered = await shell.run(['audit', '--json']);
    write(setAnswer, answer.answers, answer.pseudonym, answer.revision);
    expect(answered.code).toBe(1);
    expect(answered.json()[0].differences[0].cell).toMatch(/\S/);

    const counted = Buffer.from(tally.bytes);
    counted[counted.length - 1] = (counted[counted.length - 1] as number) ^ 1;
    const setTally =
      'UPDATE tallies SET bytes = ? WHERE reporting_stratum = ? AND sampling_stratum = ? AND questionnaire = ?';
    const key = [tally.reporting_stratum, tally.sampling_stratum, tally.questionnaire];
    write(setTally, counted, ...key);
    const tallied = await shell.run(['audit']);
    write(setTally, tally.bytes, ...key);
    expect(tallied.code).toBe(1);
    expect(tallied.out).toMatch(/1 difference[\s\S]*stored .*recounted/);
    expect((await shell.run(['audit'])).code).toBe(0);
  });
});
