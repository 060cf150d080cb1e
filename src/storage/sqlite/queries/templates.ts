import { desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import type { Document } from '../../../domain/model/campaign.ts';
import type { ContentHash } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { templateKinds, templateOrigins, type TemplateVersion } from '../../../domain/model/template.ts';
import {
  decideTemplate,
  decideTemplateWithdrawal,
  type NewTemplate,
} from '../../../domain/template/decide-template.ts';
import type { Tx } from '../connection.ts';
import { parseColumn, parseJson } from '../../shared/json.ts';
import { templates } from '../schema.ts';
import { putDocuments } from './campaigns.ts';
import { recordTrail } from './trail.ts';

const kindSchema = z.enum(templateKinds);
const originSchema = z.enum(templateOrigins);
const withdrawnSchema = z.object({ at: z.number(), by: z.string(), reason: z.string() });

function toVersion(row: typeof templates.$inferSelect): TemplateVersion {
  return {
    ...row,
    kind: parseColumn(kindSchema, row.kind, 'templates.kind'),
    origin: parseColumn(originSchema, row.origin, 'templates.origin'),
    hash: row.hash as ContentHash,
    withdrawn:
      row.withdrawn === null ? null : parseJson(withdrawnSchema, row.withdrawn, 'templates.withdrawn'),
  };
}

export function listTemplateVersions(tx: Tx): readonly TemplateVersion[] {
  return tx.select().from(templates).orderBy(desc(templates.no)).all().map(toVersion);
}

export function addTemplateVersion(
  tx: Tx,
  stamp: Stamp,
  command: NewTemplate,
  document: Document,
  shipped: readonly ContentHash[],
): TemplateVersion {
  const { changes, trail } = decideTemplate(listTemplateVersions(tx), new Set(shipped), command, stamp);
  putDocuments(tx, [document]);
  const { withdrawn: _, ...row } = changes;
  tx.insert(templates).values(row).run();
  recordTrail(tx, stamp, null, trail);
  return changes;
}

export function withdrawTemplateVersion(
  tx: Tx,
  stamp: Stamp,
  no: number,
  command: { readonly reason: string; readonly title: string },
): TemplateVersion {
  const row = tx.select().from(templates).where(eq(templates.no, no)).get();
  if (!row) throw new AppError('not-found', 'template.not-found');
  const { changes, trail } = decideTemplateWithdrawal(toVersion(row), command, stamp);
  tx.update(templates)
    .set({ withdrawn: JSON.stringify(changes.withdrawn) })
    .where(eq(templates.no, no))
    .run();
  recordTrail(tx, stamp, null, trail);
  return changes;
}
