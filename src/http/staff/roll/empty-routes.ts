/** Tables to fill in, for a county that has none yet. */
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { rollGroupSchema } from '../../../domain/model/vocabulary.ts';
import { emptyRoll, emptySchoolList } from '../../../export/empty-table.ts';
import { downloadAs, xlsxType } from '../../download.ts';
import { param } from '../pages.ts';

const base = '/campaigns/:campaign/counties/:county/empty';

export async function emptyTables(app: FastifyInstance): Promise<void> {
  const options = { config: { who: 'roll.prepare' } } as const;
  app.get(`${base}/schools.xlsx`, options, async ({ page, language }, reply) => {
    downloadAs(reply, `${page.t('staff.empty.schools')}.xlsx`);
    return reply.type(xlsxType).send(await emptySchoolList(language));
  });
  app.get(`${base}/:group.xlsx`, options, async (request, reply) => {
    const group = rollGroupSchema.safeParse(param(request, 'group'));
    if (!group.success) throw new AppError('not-found', 'http.not-found');
    const { t } = request.page;
    downloadAs(reply, `${t('staff.empty.roll', { group: t(`staff.group.${group.data}`) })}.xlsx`);
    return reply.type(xlsxType).send(await emptyRoll(group.data, request.language));
  });
}
