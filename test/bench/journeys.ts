/** How often a member of staff must press to get through a journey, in Chromium as a new user goes it; and how many pages only said what cannot be done. */
import type { AddressInfo } from 'node:net';
import { launchChromium } from '../support/programs.ts';
import { commissionerJourney, logInAs } from '../support/commissioner-journey.ts';
import { officialJourney } from '../support/official-journey.ts';
import { createStaff, password } from '../support/staff.ts';
import { createWorld } from '../support/world.ts';

const world = await createWorld({ threads: true });
const staff = await createStaff(world);
const browser = await launchChromium();
try {
  await world.addCampaign();
  await staff.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = staff.app.server.address() as AddressInfo;
  const page = await (await browser.newContext({ locale: 'zh-CN' })).newPage();
  const account = { login: 'official-a', password };
  const origin = `http://127.0.0.1:${port}`;
  const official = await officialJourney(page, origin, account);
  const two = [
    await (await browser.newContext()).newPage(),
    await (await browser.newContext()).newPage(),
  ] as const;
  await logInAs(two[0], origin, 'operator', password);
  await logInAs(two[1], origin, 'admin', password);
  const commissioner = await commissionerJourney(two, origin, world);
  console.log(
    JSON.stringify({
      bench: 'journeys',
      official_clicks: official.clicks,
      commissioner_clicks: commissioner.setUp,
      commissioner_clicks_to_release: commissioner.clicks,
      dead_ends: official.deadEnds + commissioner.deadEnds,
    }),
  );
} finally {
  await browser.close();
  await staff.close();
  await world.close();
}
