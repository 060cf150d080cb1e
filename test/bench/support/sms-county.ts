/** An open county whose parents are all drawn, each with a mobile number of its own. */
import { openCampaign } from '../../../src/operations/campaign/campaigns.ts';
import { drawSample } from '../../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../../src/operations/frame/frame.ts';
import { applyRoll, readRoll } from '../../../src/operations/frame/roll.ts';
import { importSchools } from '../../../src/operations/frame/schools.ts';
import { scheduleSendings } from '../../../src/operations/message/schedule.ts';
import type { Channel } from '../../../src/domain/messaging/channel.ts';
import { bytesOf, countyA, createWorld, csv, dice, smallProfile, type World } from '../../support/world.ts';
import { messagingBy, numberOf } from '../../support/sms-settings.ts';

export async function openCounty(contacts: number): Promise<World> {
  const world = await createWorld({ threads: true });
  const { deps, actors } = world;
  const { operator, inspector } = actors;
  const [own] = world.campaignInput().counties;
  const { id } = await world.addCampaign({
    counties: [{ ...own!, slips: [] }],
    profile: smallProfile({
      quota: {
        kind: 'tiers',
        tiers: [{ below: null, quotas: { parent: contacts, teacher: 1, principal: 1, deputy: 1 } }],
      },
    }),
  });
  const header = ['学校代码', '学校名称', '学校类别', '城乡类别', '乡镇', '学生数', '教职工数'];
  const schools = Array.from({ length: 20 }, (_, i) => [
    `S${i}`,
    `第${i}小学`,
    '小学',
    '镇区',
    `${i % 5}镇`,
    900,
    40,
  ]);
  const table = { fileName: 'schools.csv', source: bytesOf(csv(header, schools)) };
  await importSchools(deps, operator, id, countyA, table);
  const rows = Array.from({ length: contacts }, (_, i) => [`S${i % 20}`, `${(i % 6) + 1}年级`, numberOf(i)]);
  const roll = await readRoll(deps, operator, {
    ...{ campaign: id, county: countyA, group: 'parent' as const, fileName: 'roll.csv' },
    source: bytesOf(csv(['学校代码', '年级', '家长电话'], rows), 65_536),
  });
  await applyRoll(deps, operator, roll.id, { keepGood: true, reason: 'an invented roll' });
  await freezeFrame(deps, operator, id, countyA);
  await drawSample(deps, inspector, id, countyA, dice);
  await openCampaign(deps, operator, id);
  return world;
}

/** One invitation to everybody, due at once. */
export async function scheduleInvitation(world: World, channel: Channel): Promise<void> {
  const [campaign] = await world.storage.listCampaigns();
  await scheduleSendings({ ...world.deps, messaging: messagingBy(channel) }, world.actors.operator, {
    ...{
      campaign: campaign!.id,
      county: countyA,
      channel: channel.name,
      texts: {},
      perDay: null,
      price: null,
    },
    waves: [{ kind: 'invitation', dueAt: world.now() }],
  });
}
