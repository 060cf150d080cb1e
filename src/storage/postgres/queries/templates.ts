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

export async function listTemplateVersions(tx: Tx): Promise<readonly TemplateVersion[]> {
  return (await tx.select().from(templates).orderBy(desc(templates.no))).map(toVersion);
}

export async function addTemplateVersion(
  tx: Tx,
  stamp: Stamp,
  command: NewTemplate,
  document: Document,
  shipped: readonly ContentHash[],
): Promise<TemplateVersion> {
  const { changes, trail } = decideTemplate(await listTemplateVersions(tx), new Set(shipped), command, stamp);
  await putDocuments(tx, [document]);
  const { withdrawn: _, ...row } = changes;
  await tx.insert(templates).values(row);
  await recordTrail(tx, stamp, null, trail);
  return changes;
}

export async function withdrawTemplateVersion(
  tx: Tx,
  stamp: Stamp,
  no: number,
  command: { readonly reason: string; readonly title: string },
): Promise<TemplateVersion> {
  const row = (await tx.select().from(templates).where(eq(templates.no, no)))[0];
  if (!row) throw new AppError('not-found', 'template.not-found');
  const { changes, trail } = decideTemplateWithdrawal(toVersion(row), command, stamp);
  await tx
    .update(templates)
    .set({ withdrawn: JSON.stringify(changes.withdrawn) })
    .where(eq(templates.no, no));
  await recordTrail(tx, stamp, null, trail);
  return changes;
}
