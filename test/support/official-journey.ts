/** A county clerk without training: from the log-in to the handed-in roll, in a browser, counting what he has to press. */
import type { Page } from 'playwright-core';
import { xlsxChunks } from '../../src/tabular/write.ts';
import { csv, smallSchools } from './world.ts';

export interface Journey {
  clicks: number;
  /** Pages that only said what cannot be done. */
  deadEnds: number;
  readonly pages: string[];
}

interface File {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const phone = (prefix: number, n: number) => String(prefix * 100_000_000 + n * 37);
const text = (
  name: string,
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): File => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(csv(header, rows)),
});

export const schoolsFile = text(
  '学校名单.csv',
  ['学校代码', '学校名称', '类别', '城乡', '乡镇', '中心校', '学生数', '教职工数'],
  smallSchools,
);

/** Parents with a sheet for each school, and one file for each other group. */
export async function rollFiles(): Promise<readonly File[]> {
  const parts: Uint8Array[] = [];
  const sheets = smallSchools.map(([, name, , , , , pupils], i) => ({
    name,
    header: ['序号', '学生姓名', '年级', '监护人电话', '身份证号'],
    rows: Array.from({ length: pupils }, (_, n) => [
      n + 1,
      '某某',
      '三年级',
      phone(138, i * 1000 + n),
      '1101012015',
    ]),
  }));
  for await (const part of xlsxChunks(sheets)) parts.push(part);
  return [
    {
      name: '家长_各校分表.xlsx',
      mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      buffer: Buffer.concat(parts),
    },
    text(
      '教师名册.csv',
      ['学校', '任教学科', '手机'],
      smallSchools.flatMap(([, name, , , , , , staff], i) =>
        Array.from({ length: staff }, (_, n) => [name, '语文', phone(139, i * 100 + n)]),
      ),
    ),
    text(
      '校长.csv',
      ['学校', '校长电话'],
      smallSchools.map(([, name], i) => [name, phone(137, i)]),
    ),
    text(
      '代表委员.csv',
      ['单位', '代表电话'],
      Array.from({ length: 20 }, (_, n) => ['县人大', phone(136, n)]),
    ),
  ];
}

export function startJourney(page: Page) {
  const journey: Journey = { clicks: 0, deadEnds: 0, pages: [] };
  const look = async () => {
    journey.pages.push(new URL(page.url()).pathname);
    if ((await page.locator('.errors').count()) > 0) journey.deadEnds += 1;
  };
  const count = async (act: () => Promise<unknown>, goes = true) => {
    journey.clicks += 1;
    if (!goes) {
      await act();
      return;
    }
    await Promise.all([page.waitForNavigation(), act()]);
    await look();
  };
  return {
    journey,
    /** `goes`: to another page. */
    press: (selector: string, goes = true) => count(() => page.locator(selector).first().click(), goes),
    choose: (selector: string, value: string) =>
      count(() => page.locator(selector).selectOption(value), false),
    attach: (selector: string, files: readonly File[]) =>
      count(() => page.locator(selector).setInputFiles([...files]), false),
  };
}

/** A large file is read or applied in the background; its row says so. */
async function settle(page: Page): Promise<void> {
  while (/正在(?:读取|核对|入库)/.test(await page.locator('main').innerText())) {
    await page.waitForTimeout(500);
    await page.reload();
  }
}

/** @param seen called on each page of note, before it is left */
export async function officialJourney(
  page: Page,
  origin: string,
  account: { readonly login: string; readonly password: string },
  seen: (name: string) => Promise<void> = async () => undefined,
): Promise<Journey> {
  const { journey, press, choose, attach } = startJourney(page);
  await page.goto(`${origin}/staff/login`);
  await page.locator('input[name=login]').fill(account.login);
  await page.locator('input[name=password]').fill(account.password);
  await press('form:has(input[name=password]) button');
  // From here on it is the county's set-up.
  journey.clicks = 0;
  if (!/\/counties\/\d+$/.test(page.url())) await press('main a[href*="/counties/"]:not([href*="/rates"])');
  await seen('empty');
  await attach('input[type=file]', [schoolsFile]);
  await press('form[action$="/schools"] button');
  await seen('schools');
  await attach('form[action$="/files"] input[type=file]', await rollFiles());
  await press('form[action$="/files"] button');
  await settle(page);
  await seen('files');
  for (const [name, group] of [
    ['家长_各校分表', 'parent'],
    ['教师名册', 'teacher'],
    ['校长', 'principal'],
    ['代表委员', 'deputy'],
  ] as const)
    await choose(`tr:has(a:text("${name}")) select`, group);
  await press('form[action$="/files/check"] button');
  await settle(page);
  await seen('checked');
  await press('form[action$="/files/apply"] button');
  await settle(page);
  await seen('applied');
  await press('form[action$="/hand-in"] button');
  await seen('handed-in');
  return journey;
}
