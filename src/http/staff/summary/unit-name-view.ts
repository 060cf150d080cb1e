/** How the pages of rates call a row. */
import type { RateRow } from '../../../domain/answer/rate-view.ts';
import type { StaffContext } from '../page-view.ts';

export function unitName(c: StaffContext, r: RateRow): string {
  const { t } = c.page;
  switch (r.level) {
    case 'school':
      return r.name;
    case 'parent-school':
      return t('staff.level.parent-school', { name: r.name });
    case 'township':
      return t('staff.level.township', { name: r.name });
    case 'location':
      return t('staff.level.location', { name: t(`staff.location.${r.name}`) });
    case 'county':
      return t('staff.level.rest');
    case null:
      return t('staff.level.county');
  }
}
