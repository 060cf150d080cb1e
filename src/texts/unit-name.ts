/** The name of a row of rates. */
import type { RateRow } from '../domain/answer/rate-view.ts';
import type { Translate } from './texts.ts';

export function unitName(t: Translate, r: Pick<RateRow, 'level' | 'name'>): string {
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
