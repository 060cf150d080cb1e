/** The determination sheet as a file to save. */
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { AppError } from '../domain/errors.ts';
import { safeFileName } from '../domain/file-name.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { determinationXlsx } from '../export/determination.ts';
import { rectificationXlsx } from '../export/rectification.ts';
import { rectificationList, type RectificationView } from '../operations/inspection/rectification.ts';
import { determinationOf, type SheetView } from '../operations/inspection/sheet.ts';
import { downloadAs, xlsxType } from './download.ts';

/** @throws AppError conflict `inspection.no-regime` */
export async function sendSheet(
  reply: FastifyReply,
  view: SheetView,
  format: 'docx' | 'xlsx',
  language: Language,
): Promise<FastifyReply> {
  const made = determinationOf(view);
  if (made === null) throw new AppError('conflict', 'inspection.no-regime');
  downloadAs(reply, safeFileName(`${made.county.name}-${made.regime.id}`, format));
  if (format === 'xlsx') return reply.type(xlsxType).send(Readable.from(determinationXlsx(made, language)));
  // Loading the library takes a third of a second.
  const { determinationDocx } = await import('../export/report/determination-docx.ts');
  return reply
    .type('application/vnd.openxmlformats-officedocument.wordprocessingml.document')
    .send(await determinationDocx(made, language));
}

/** The rectification list as a workbook. */
export function sendRectification(
  reply: FastifyReply,
  view: RectificationView,
  language: Language,
): FastifyReply {
  downloadAs(reply, safeFileName(`${view.view.county.name}-rectification`, 'xlsx'));
  return reply.type(xlsxType).send(Readable.from(rectificationXlsx(rectificationList(view), language)));
}
