/** PostgreSQL's own backup, put back beside the original: the README's way, with the README's programs. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { closeCampaign } from '../../../src/operations/campaign/closing.ts';
import { auditCampaign } from '../../../src/operations/evidence/audit.ts';
import { recountCampaign } from '../../../src/operations/evidence/recount.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/index.ts';
import { answer } from '../../support/evidence.ts';
import { findBinaries, sharedServer, skipped } from '../../support/postgres.ts';
import { countyA, openedWorld } from '../../support/world.ts';

const isThere = findBinaries() !== undefined;

describe.skipIf(!isThere)(isThere ? 'a dump' : skipped, () => {
  test('put back beside the original counts the same, and agrees with its log', async () => {
    const { world, campaign } = await openedWorld({ engine: 'postgres' });
    const { deps, actors } = world;
    const codes = await world.sentCodes(campaign.id, countyA);
    for (const [i, { code }] of codes.slice(0, 20).entries())
      await answer(deps, campaign.id, countyA, code, i % 3);
    await closeCampaign(deps, actors.operator, campaign.id);

    const server = await sharedServer();
    const file = join(world.directory, 'manyi.dump');
    const run = (program: string, ...args: readonly string[]) =>
      execFileSync(join(findBinaries()!, program), args, { stdio: 'pipe' });
    run('pg_dump', '--format=custom', `--file=${file}`, world.database!);
    await server.query('CREATE DATABASE beside');
    run('pg_restore', '--exit-on-error', `--dbname=${server.urlOf('beside')}`, file);

    const storage = await openPostgresStorage({ url: server.urlOf('beside'), readOnly: true });
    const restored = { ...deps, storage };
    try {
      const [audit] = await auditCampaign(deps, actors.administrator, campaign.id);
      expect(audit).toMatchObject({ count: 0, responses: 20 });
      expect(await auditCampaign(restored, actors.administrator, campaign.id)).toEqual([audit]);
      const counted = await recountCampaign(deps, actors.administrator, campaign.id);
      expect(await recountCampaign(restored, actors.administrator, campaign.id)).toEqual(counted);
      expect(await storage.auditTrail()).toMatchObject({ breaks: [] });
    } finally {
      await storage.close();
      await world.close();
    }
  }, 60_000);
});
