/** PostgreSQL's own backup, put back beside the original: the README's way, with the README's programs, and `manyi verify-backup` on it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { run as runCommand } from '../../../src/cli/run.ts';
import { closeCampaign } from '../../../src/operations/campaign/closing.ts';
import { auditCampaign } from '../../../src/operations/evidence/audit.ts';
import { recountCampaign } from '../../../src/operations/evidence/recount.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/index.ts';
import { answer } from '../../support/evidence.ts';
import { findBinaries, findProgram, sharedServer, skipped } from '../../support/postgres.ts';
import { countyA, openedWorld } from '../../support/world.ts';

const isThere = findProgram('pg_dump') !== undefined && findProgram('pg_restore') !== undefined;
const missing = findBinaries() === undefined ? skipped : 'a server without pg_dump of its version';

describe.skipIf(!isThere)(isThere ? 'a dump' : missing, () => {
  test('put back beside the original counts the same, and agrees with its log', async () => {
    const { world, campaign } = await openedWorld({ engine: 'postgres' });
    const { deps, actors } = world;
    const codes = await world.sentCodes(campaign.id, countyA);
    for (const [i, { code }] of codes.slice(0, 20).entries())
      await answer(deps, campaign.id, countyA, code, i % 3);
    await closeCampaign(deps, actors.operator, campaign.id);

    const server = await sharedServer();
    const file = join(world.directory, 'manyi.dump');
    const run = (program: 'pg_dump' | 'pg_restore', ...args: readonly string[]) =>
      execFileSync(findProgram(program)!, args, { stdio: 'pipe' });
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
    }

    /** As whoever keeps the backups. */
    async function verifyBackup(database: string, command = 'verify-backup') {
      const said = { out: '', err: '' };
      const code = await runCommand(
        [command, server.urlOf(database)],
        { KEY_DIR: join(world.directory, 'keys'), LANG: 'en_GB.UTF-8' },
        {
          input: Readable.from([]),
          write: (stream, bytes) => void (said[stream] += Buffer.from(bytes).toString()),
        },
      );
      return { code, ...said };
    }
    const responses = 'sound: 20 responses counted anew';
    expect(await verifyBackup('beside')).toMatchObject({
      ...{ code: 0, err: '' },
      out: expect.stringContaining(responses) as unknown,
    });
    // It stays with whoever restored it; the program puts nothing anywhere.
    expect(await verifyBackup('beside', 'restore')).toMatchObject({
      code: 6,
      err: expect.stringContaining('pg_restore') as unknown,
    });
    await server.query('CREATE DATABASE without_tables');
    expect(await verifyBackup('without_tables')).toMatchObject({
      code: 5,
      err: expect.stringContaining('no tables of this program') as unknown,
    });

    // What somebody changed, left out or put in.
    const bent = async (sql: string) => {
      await server.query('DROP DATABASE IF EXISTS bent');
      await server.query('CREATE DATABASE bent TEMPLATE beside');
      await server.query(sql, 'bent');
      return verifyBackup('bent');
    };
    const key = deps.keys.listAll()[0]!;
    for (const [sql, finding] of [
      ['DELETE FROM responses WHERE ctid IN (SELECT ctid FROM responses LIMIT 1)', 'differ from the recount'],
      ["UPDATE campaigns SET key_checks = '{'", 'campaigns'],
      [
        `UPDATE campaigns SET name = name || '${Buffer.from(key).toString('base64')}';
         INSERT INTO messaged_numbers VALUES ('\\x${Buffer.from(key).toString('hex')}', '', 0, 0)`,
        '2 keys of this installation',
      ],
    ] as const)
      expect(await bent(sql), sql).toMatchObject({
        code: 1,
        out: expect.stringContaining(finding) as unknown,
      });
    expect(await bent('DELETE FROM migrations_applied WHERE no > 1')).toMatchObject({
      code: 0,
      out: expect.stringContaining('older version') as unknown,
    });
    await server.query('DROP DATABASE bent');
    await world.close();
  }, 120_000);
});
