/** Templates added by users: which version a document becomes, and when one is no longer offered. */
import { AppError, type Issue } from '../errors.ts';
import { lineFault, lineSchema } from '../line.ts';
import type { Decision } from '../model/decision.ts';
import type { ContentHash } from '../model/ids.ts';
import type { Stamp } from '../model/stamp.ts';
import type { TemplateKind, TemplateOrigin, TemplateVersion } from '../model/template.ts';

export interface NewTemplate {
  readonly kind: TemplateKind;
  readonly id: string;
  readonly hash: ContentHash;
  readonly origin: TemplateOrigin;
  readonly note: string;
  /** For the trail. */
  readonly title: string;
}

/** More would not fit on a page, and nobody writes that many by hand. */
export const maxTemplates = 2_000;
const note = lineSchema(0, 200);
const reason = lineSchema(1, 200);

/**
 * @param known all existing versions
 * @param shipped hashes of the program's own templates
 * @throws AppError conflict `template.same`, `template.as-shipped`, `template.too-many`; invalid `template.invalid`
 */
export function decideTemplate(
  known: readonly TemplateVersion[],
  shipped: ReadonlySet<ContentHash>,
  command: NewTemplate,
  { at, actor }: Stamp,
): Decision<TemplateVersion> {
  const { title, ...rest } = command;
  const said = note.safeParse(command.note);
  if (!said.success) throw wrong({ path: 'note', message: lineFault(said.error, 'template.note-long') });
  if (shipped.has(command.hash)) throw new AppError('conflict', 'template.as-shipped');
  const same = known.find((one) => one.hash === command.hash && one.withdrawn === null);
  if (same) throw new AppError('conflict', 'template.same', { params: { version: same.version } });
  if (known.length >= maxTemplates)
    throw new AppError('conflict', 'template.too-many', { params: { most: maxTemplates } });
  const own = known.filter((one) => one.kind === command.kind && one.id === command.id);
  const changes: TemplateVersion = {
    ...rest,
    note: said.data,
    no: Math.max(0, ...known.map((one) => one.no)) + 1,
    version: Math.max(0, ...own.map((one) => one.version)) + 1,
    addedAt: at,
    addedBy: actor.name,
    withdrawn: null,
  };
  const details = {
    title,
    kind: command.kind,
    version: changes.version,
    origin: command.origin,
    hash: command.hash,
  };
  return { changes, leaves: [], trail: [{ action: 'template.add', details }] };
}

/**
 * Campaigns that use it keep it: what was frozen with a campaign stays readable as long as the campaign.
 * @throws AppError conflict `template.withdrawn`; invalid `template.invalid`
 */
export function decideTemplateWithdrawal(
  before: TemplateVersion,
  command: { readonly reason: string; readonly title: string },
  { at, actor }: Stamp,
): Decision<TemplateVersion> {
  if (before.withdrawn) throw new AppError('conflict', 'template.withdrawn');
  const said = reason.safeParse(command.reason);
  if (!said.success)
    throw wrong({ path: 'reason', message: lineFault(said.error, 'template.reason-needed') });
  const { kind, version, hash } = before;
  return {
    changes: { ...before, withdrawn: { at, by: actor.name, reason: said.data } },
    leaves: [],
    trail: [
      {
        action: 'template.withdraw',
        details: { title: command.title, kind, version, hash, reason: said.data },
      },
    ],
  };
}

function wrong(found: Issue): AppError {
  return new AppError('invalid', 'template.invalid', { issues: [found] });
}
