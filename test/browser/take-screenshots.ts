/**
 * Screenshots of the demonstration's pages, to look at: `npm run screenshots -- <folder>` takes one page of each kind for each role at 1280 and 360 px (`--dark`: in
 * dark colours; `--role inspector`: of one role). `npm run screenshots -- --readme` takes those of the README.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { startDemo } from '../support/demo.ts';
import { launchChromium } from '../support/programs.ts';
import { createKinds, followLinks, logIn, openLogIn, readStages } from './staff-pages.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    readme: { type: 'boolean', default: false },
    dark: { type: 'boolean', default: false },
    role: { type: 'string' },
  },
});
const readmeFolder = fileURLToPath(new URL('../../.github/screenshots', import.meta.url));
const folder = values.readme ? readmeFolder : positionals[0];
if (folder === undefined)
  throw new Error('Into which folder? For example: npm run screenshots -- /tmp/pages');
mkdirSync(folder, { recursive: true });

const widths = [1280, 360] as const;
const heights = { 1280: 860, 360: 740 } as const;
const demo = await startDemo();
const browser = await launchChromium();

async function inTab(width: keyof typeof heights, work: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height: heights[width] },
    locale: 'zh-CN',
    colorScheme: values.dark ? 'dark' : 'light',
  });
  try {
    await work(await context.newPage());
  } finally {
    await context.close();
  }
}

/** The step of the quotas of the draft that the account sees. */
async function findQuotas(page: Page): Promise<string> {
  const [draft] = [...(await readStages(page))].find(([, stage]) => stage === 'before')!;
  return new URL(`/staff/campaigns/${draft}/setup/quotas`, page.url()).href;
}

type Address = string | ((page: Page) => Promise<string>);

/** The README's: role (null: a respondent), name of the file, address, width. */
function readmePages(): readonly (readonly [string | null, string, Address, keyof typeof heights])[] {
  const campaignOf = (link: string) => /^.*\/campaigns\/[^/]+/.exec(link)![0];
  return [
    [null, 'parent', demo.links.parent, 360],
    ['official-1', 'roll', demo.links.rates.replace(/\/rates$/, ''), 1280],
    ['official-1', 'rates', demo.links.rates, 1280],
    ['inspector', 'summary', demo.links.summary, 1280],
    ['inspector', 'summary', demo.links.summary, 360],
    ['inspector', 'compare', `${campaignOf(demo.links.summary)}/compare`, 1280],
    ['operator-1', 'setup', findQuotas, 1280],
    ['operator-1', 'campaign', campaignOf(demo.links.rates), 1280],
  ];
}

try {
  if (values.readme)
    for (const [role, name, address, width] of readmePages())
      await inTab(width, async (page) => {
        if (role !== null) {
          await openLogIn(page, demo);
          await logIn(page, demo, role);
        }
        await page.goto(typeof address === 'string' ? address : await address(page));
        await page.screenshot({ path: join(folder, `${name}-${width}.png`) });
      });
  else
    for (const { login } of demo.logins)
      for (const width of values.role === undefined || values.role === login ? widths : [])
        await inTab(width, async (page) => {
          await openLogIn(page, demo);
          await logIn(page, demo, login);
          for await (const { kind, show } of followLinks(page, createKinds(await readStages(page)))) {
            await show();
            const name = kind.replace(/^\/staff\/?/, '').replaceAll(/[/*]+/g, '_') || 'start';
            await page.screenshot({ path: join(folder, `${login}-${name}-${width}.png`), fullPage: true });
          }
        });
} finally {
  await browser.close();
  await demo.close();
}
