/** A receipt proves that something was received; a coercer who demands it learns nothing else from it. */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { formatCheckpoint, openCheckpoint, parseVerifierKey } from '../../src/domain/evidence/note.ts';
import { verifyInclusion } from '../../src/domain/evidence/proofs.ts';
import { formatReceipt, openReceipt, parseReceipt } from '../../src/domain/evidence/receipt.ts';
import { decodeResponseLeaf } from '../../src/domain/evidence/leaf.ts';
import { fromBase64, toBase64, toHex } from '../../src/domain/hash.ts';
import { createNoteSigner } from '../../src/keys/note-signer.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { getLogKey } from '../../src/operations/evidence/evidence.ts';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import { bundleLines, forge, verify } from '../support/evidence.ts';
import { readQr } from '../support/qr.ts';
import { createStaff, type Staff } from '../support/staff.ts';
import { countyA, openedWorld, readTemplate, type SentCode, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let campaign: Campaign;
let codes: SentCode[];
/** The first parent's three sendings, each with its receipt. */
const receipts: string[] = [];

const ratings = (readTemplate('parent-2012.json') as { items: { id: string; type: string }[] }).items
  .filter((i) => i.type === 'rating')
  .map((i) => i.id);
const sheet = (option: string) => Object.fromEntries(ratings.map((id) => [id, option]));
const send = (code: string, option: string, more: Record<string, string> = {}) =>
  staff.app.inject({
    method: 'POST',
    url: `/s/${code.replace(/\s/g, '')}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...sheet(option), ...more }).toString(),
  });
const check = (receipt: string, accept = 'application/json') =>
  staff.app.inject({
    method: 'POST',
    url: '/receipt',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept },
    payload: new URLSearchParams({ receipt }).toString(),
  });
const shown = (body: string) =>
  /<textarea id="receipt"[^>]*>([^<]*)<\/textarea>/.exec(body)![1]!.replaceAll('&#39;', "'");

beforeAll(async () => {
  ({ world, campaign } = await openedWorld());
  staff = await createStaff(world);
  codes = (await world.sentCodes(campaign.id, countyA)).filter((c) => c.group === 'parents');
});
afterAll(async () => {
  await staff.close();
  await world.close();
});

describe('asking for a receipt', () => {
  test('gets it in the reply, as text and QR code; the plain button gets none', async () => {
    expect(codes.length).toBeGreaterThan(20);
    const plain = await send(codes[1]!.code, 'satisfied');
    expect(plain.statusCode).toBe(303);
    for (const option of ['very-satisfied', 'dissatisfied', 'satisfied']) {
      const reply = await send(codes[0]!.code, option, { _receipt: '1' });
      expect(reply.statusCode).toBe(200);
      expect(reply.headers['cache-control']).toBe('no-store');
      const receipt = shown(reply.body);
      expect(readQr(/<svg[^]*?<\/svg>/.exec(reply.body)![0])).toBe(receipt);
      receipts.push(receipt);
    }
    const key = parseVerifierKey(await getLogKey(staff.deps, campaign.id, countyA));
    expect(new Set(receipts.map((r) => openReceipt(r, key).leaf.toString())).size).toBe(3);
  });

  test('gets the same page for the first answer and the tenth, but for the receipt', async () => {
    const blind = (body: string, receipt: string) =>
      body.replace(receipt, '').replace(/<svg[^]*?<\/svg>/, '');
    const first = await send(codes[2]!.code, 'satisfied', { _receipt: '1' });
    for (let i = 0; i < 8; i++) await send(codes[2]!.code, 'satisfied');
    const tenth = await send(codes[2]!.code, 'dissatisfied', { _receipt: '1' });
    const [a, b] = [shown(first.body), shown(tenth.body)];
    expect(blind(first.body, a)).toBe(blind(tenth.body, b));
    expect(a.length).toBe(b.length);
    const pick = ({ headers }: typeof first) => ({ ...headers, date: '', 'content-length': '' });
    expect(pick(first)).toEqual(pick(tenth));
  });

  test('holds neither code nor answer nor pseudonym, and is stored nowhere', async () => {
    const [receipt] = receipts;
    const { leaf, ...rest } = parseReceipt(receipt!);
    expect(rest).toMatchObject({ campaign: campaign.id, county: countyA });
    expect(leaf).toHaveLength(32);
    expect(receipt!.split('\n').filter((l) => l !== '')).toHaveLength(4);
    const raw = new Database(join(world.dataDir, 'manyi.db'), { readonly: true });
    const tables = raw
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .pluck()
      .all() as string[];
    const signature = receipt!.trim().split(' ').at(-1)!;
    for (const table of tables)
      for (const row of raw.prepare(`SELECT * FROM "${table}"`).raw().iterate() as Iterable<unknown[]>)
        for (const cell of row)
          if (typeof cell === 'string') expect(cell.includes(signature), table).toBe(false);
    raw.close();
  });

  test('an answer with faults is shown again and has none', async () => {
    const reply = await send(codes[3]!.code, 'nonsense', { _receipt: '1' });
    expect(reply.statusCode).toBe(422);
    expect(reply.body).not.toContain('manyi receipt');
  });

  test('works in JSON, and only if asked for', async () => {
    const post = (payload: object) =>
      staff.app.inject({ method: 'POST', url: `/s/${codes[4]!.code.replace(/\s/g, '')}`, payload });
    expect((await post({ answers: sheet('satisfied') })).body).toBe('{"status":"received"}');
    expect((await post({ answers: sheet('satisfied'), receipt: false })).body).toBe('{"status":"received"}');
    const { receipt } = (await post({ answers: sheet('satisfied'), receipt: true })).json<{
      receipt: string;
    }>();
    expect(parseReceipt(receipt).county).toBe(countyA);
  });

  test('that cannot be made is told, and that the answer is stored', async () => {
    const { storage } = staff.deps;
    const respondents = async () =>
      (await storage.countResponses(campaign.id, countyA)).reduce((n, c) => n + c.answered, 0);
    const before = await respondents();
    const find = vi.spyOn(storage, 'findLeafHash');
    find.mockRejectedValueOnce(new Error('disk')).mockResolvedValueOnce(undefined);
    for (const _ of ['an error', 'nothing found']) {
      const reply = await send(codes[5]!.code, 'satisfied', { _receipt: '1' });
      expect([reply.statusCode, reply.headers.location]).toEqual([303, '/done?lang=zh-CN&receipt=failed']);
    }
    expect(await respondents()).toBe(before + 1);
    const page = async (url: string) => (await staff.app.inject(url)).body;
    expect(await page('/done?lang=zh-CN&receipt=failed')).toContain('答案已经保存，但收据没有生成');
    expect(await page('/done?lang=zh-CN')).not.toContain('收据');
    find.mockResolvedValueOnce(undefined);
    const json = await staff.app.inject({
      method: 'POST',
      url: `/s/${codes[5]!.code.replace(/\s/g, '')}`,
      payload: { answers: sheet('satisfied'), receipt: true },
    });
    expect(json.body).toBe('{"status":"received","receipt":null}');
    find.mockRestore();
  });
});

describe('a receipt and a checkpoint, signed by the same key,', () => {
  test('cannot pass for each other', async () => {
    const signer = createNoteSigner(
      world.deps.keys.service('log'),
      `my.example.cn/log/${campaign.id}/${countyA}`,
    );
    const leaf = new Uint8Array(32);
    const receipt = signer.sign(formatReceipt({ origin: signer.key.name, leaf }));
    const checkpoint = signer.sign(formatCheckpoint({ origin: signer.key.name, size: 3, root: leaf }));
    expect(openReceipt(receipt, signer.key).leaf).toEqual(leaf);
    expect(openCheckpoint(checkpoint, signer.key).size).toBe(3);
    expect(() => openCheckpoint(receipt, signer.key)).toThrow();
    expect(() => openReceipt(checkpoint, signer.key)).toThrow();
  });

  test('one of another log or another key is refused, as is every change of a character', () => {
    const key = createNoteSigner(world.deps.keys.service('log'), parseReceipt(receipts[0]!).origin).key;
    const other = createNoteSigner(new Uint8Array(32).fill(7), key.name).key;
    expect(() => openReceipt(receipts[0]!, other)).toThrow('evidence.receipt-key');
    const text = receipts[0]!.trim();
    for (let i = 0; i < text.length; i++) {
      if (/\s/.test(text[i]!)) continue;
      const changed = `${text.slice(0, i)}${text[i] === 'A' ? 'B' : 'A'}${text.slice(i + 1)}`;
      expect(() => openReceipt(changed, key), String(i)).toThrow();
    }
  });
});

describe('checking it', () => {
  test('needs no log-in, and before close tells nothing but that it is genuine', async () => {
    const page = await staff.app.inject('/receipt');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<form');
    expect((await check(receipts[0]!)).json()).toEqual({ result: 'not-closed', closesAt: campaign.closesAt });
  });

  test('after close finds each of them, superseded or not, with a proof that a stranger can check', async () => {
    world.passTime(86_400_000);
    await closeCampaign(staff.deps, world.actors.operator, campaign.id);
    const key = parseVerifierKey(await getLogKey(staff.deps, campaign.id, countyA));
    const replies = [];
    for (const receipt of receipts) {
      const { leaf } = openReceipt(receipt, key);
      const found = (await check(receipt)).json();
      const { size, root } = openCheckpoint(found.checkpoint, key);
      expect(found).toMatchObject({ result: 'included', size });
      expect(verifyInclusion(leaf, found.index, size, found.path.map(fromBase64), root)).toBe(true);
      // C2SP tlog-proof: index and path, an empty line, the checkpoint.
      expect(found.proof).toBe(
        ['c2sp.org/tlog-proof@v1', `index ${found.index}`, ...found.path, '', found.checkpoint].join('\n'),
      );
      replies.push(Object.keys(found).sort().join());
    }
    expect(new Set(replies).size).toBe(1);
    const html = (await check(receipts[0]!, 'text/html')).body;
    expect(html).toContain('在日志里');
    expect(html).toContain('c2sp.org/tlog-proof@v1');
  });

  test('takes it as people paste it', async () => {
    const receipt = receipts[0]!;
    const lines = receipt.trim().split('\n');
    for (const pasted of [
      receipt.trim(),
      receipt.replaceAll('\n', '\r\n'),
      `\ufeff\n\n  ${receipt.replaceAll('\n', '  \n')}`,
      lines.filter((l) => l !== '').join('\n'),
    ])
      expect((await check(pasted)).json().result).toBe('included');
  });

  test('says what is wrong with what is no receipt', async () => {
    const signer = createNoteSigner(new Uint8Array(32).fill(7), parseReceipt(receipts[0]!).origin);
    const forged = signer.sign(formatReceipt({ origin: signer.key.name, leaf: new Uint8Array(32) }));
    const elsewhere = signer.sign(
      formatReceipt({ origin: 'other.example.cn/log/zzzzzzzzzzzz/990101', leaf: new Uint8Array(32) }),
    );
    for (const [text, result] of [
      ['', 'malformed'],
      ['x'.repeat(5000), 'malformed'],
      [receipts[0]!.split('\n').slice(0, 3).join('\n'), 'malformed'],
      [forged, 'foreign'],
      [elsewhere, 'foreign'],
    ] as const) {
      const reply = await check(text);
      const code = `respondent.receipt.result.${result}`;
      expect([reply.statusCode, reply.json().code], text.slice(0, 20)).toEqual([422, code]);
      const html = (await check(text, 'text/html')).body;
      expect(html).toContain('aria-describedby="receipt-error"');
    }
  });

  test('names a broken promise', async () => {
    const signer = createNoteSigner(world.deps.keys.service('log'), parseReceipt(receipts[0]!).origin);
    for (const fill of [0, 1, 128, 255]) {
      const broken = signer.sign(
        formatReceipt({ origin: signer.key.name, leaf: new Uint8Array(32).fill(fill) }),
      );
      expect((await check(broken)).json()).toEqual({ result: 'missing' });
    }
    expect(world.logged.some((l) => l.level === 'error' && l.event === 'receipt.missing')).toBe(true);
  });

  test('is checked against the bundle without a network, and a deleted answer is found out', async () => {
    const lines = await bundleLines(staff.deps, world, campaign.id, countyA);
    expect(await verify(lines, { receipts })).toMatchObject({ ok: true, receipts: 3 });
    const survey = { lines, world };
    const { leaf } = parseReceipt(receipts[2]!);
    const without = forge(survey, ({ leaves }) => {
      const index = lines
        .filter((l) => l.includes('"h":'))
        .findIndex((l) => Buffer.from((JSON.parse(l) as { h: string }).h, 'base64').equals(leaf));
      leaves.splice(index, 1);
    });
    const found = await verify(without, { receipts });
    expect(found.receipts).toBe(2);
    expect(found.findings.map((f) => f.code)).toContain('receipt-missing');
    const foreign = await verify(lines, { receipts: ['x'] });
    expect(foreign.findings.map((f) => f.code)).toEqual(['receipt']);
  });

  test('by itself shows nothing of what counts; what a bundle beside it shows is what the README says', async () => {
    const lines = await bundleLines(world.deps, world, campaign.id, countyA);
    const leafOf = (receipt: string) => {
      const hash = toBase64(parseReceipt(receipt).leaf);
      return JSON.parse(lines.find((l) => l.includes(`"h":"${hash}"`))!) as { l: string; c?: string };
    };
    // Two superseded sendings and the one that counts, of one person.
    expect(receipts.map((r) => leafOf(r).c !== undefined)).toEqual([false, false, true]);
    const said = await Promise.all(
      receipts.map(async (receipt) => {
        const { result, size, checkpoint } = (await check(receipt)).json<Record<string, unknown>>();
        const page = (await check(receipt, 'text/html')).body
          // Where the leaf stands, and the proof of it.
          .replace(/<textarea[^>]*>[^<]*<\/textarea>/g, '')
          .replace(/\d+/g, '0');
        const verified = await verify(lines, { receipts: [receipt] });
        return { result, size, checkpoint, page, verified };
      }),
    );
    expect(said[0]!.verified).toMatchObject({ ok: true, receipts: 1 });
    expect(said[1]).toEqual(said[0]);
    expect(said[2]).toEqual(said[0]);
    // The positive control: with the bundle all three are one person's, and the answers that count are there.
    const pseudonyms = receipts.map((r) => toHex(decodeResponseLeaf(fromBase64(leafOf(r).l)).pseudonym));
    expect(new Set(pseudonyms).size).toBe(1);
  });

  test('has a budget of its own, beside the misses of codes', async () => {
    for (let i = 0; i < 100; i++) expect((await check('x')).statusCode).toBe(422);
    const code = await staff.app.inject('/s/ZZZZZZZZZZ');
    expect(code.statusCode).not.toBe(429);
    let last = 422;
    for (let i = 0; i < 600 && last !== 429; i++) last = (await check('x')).statusCode;
    expect(last).toBe(429);
    expect((await staff.app.inject('/receipt')).statusCode).toBe(200);
  });
});
