/** Who downloads an empty table, fills it in and sends it back is asked nothing about its columns. */
import { describe, expect, test } from 'vitest';
import { guessGroups } from '../../src/domain/frame/roll/guess-group.ts';
import { mapFrameHeader, mapSchoolHeader } from '../../src/domain/frame/roll/header.ts';
import { groups, rollGroupSchema } from '../../src/domain/model/vocabulary.ts';
import { emptyRoll, emptySchoolList } from '../../src/export/empty-table.ts';
import { translator } from '../../src/texts/texts.ts';
import { readBook } from '../tabular/helpers.ts';
import { isNotice, type TableRow } from '../../src/tabular/read.ts';

const rowsOf = async (file: Buffer) =>
  (await readBook(file)).filter((item): item is TableRow => !isNotice(item));

describe.each(['zh-CN', 'en'] as const)('empty tables in %s', (language) => {
  test('the list of schools has only columns that its reader knows', async () => {
    const rows = await rowsOf(await emptySchoolList(language));
    expect(rows).toHaveLength(1);
    const mapped = mapSchoolHeader(rows);
    expect(mapped).toMatchObject({ ok: true, unmapped: 0 });
    expect(mapped.ok && mapped.columns).toMatchObject({
      ...{ name: [0], code: [1], category: [2], location: [3], township: [4] },
      ...{ parent: [5], pupils: [6], staff: [7], level: [8], ownership: [9], alias: [] },
    });
  });

  test.each(rollGroupSchema.options)('a roll of group %s is recognised as one', async (group) => {
    const rows = await rowsOf(await emptyRoll(group, language));
    expect(rows).toHaveLength(1);
    expect(mapFrameHeader(rows, { group })).toMatchObject({ ok: true, unmapped: 0 });
    const t = translator(language);
    const look = { rows: 0, pupils: 0, staff: 0, schools: 0, headers: rows[0]!.cells.map(String) };
    const fileName = `${t('staff.empty.roll', { group: t(`staff.group.${group}`) })}.xlsx`;
    const [best] = guessGroups({ ...look, fileName, sheetNames: [rows[0]!.sheet] }, groups);
    expect(best?.group).toBe(group);
    // No name, no identity number: what is not kept is not asked for.
    expect(rows[0]!.cells.length).toBeLessThanOrEqual(3);
  });
});
