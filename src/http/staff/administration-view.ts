/** The tab bar of the administrator's pages. */
import type { Html } from '../../html/html.ts';
import type { Tab } from '../../html/parts.ts';
import { staffPage, type StaffContext, type StaffParts } from './page-view.ts';

export function administrationPage(c: StaffContext, tab: string, parts: StaffParts): Html {
  const { t } = c.page;
  const tabs: readonly (Tab | false)[] = [
    c.may('users.manage') && { key: 'users', href: '/staff/users', text: t('staff.nav.users') },
    c.may('trail.view') && { key: 'trail', href: '/staff/trail', text: t('staff.nav.audit') },
    c.may('health.view') && { key: 'health', href: '/staff/health', text: t('staff.health') },
    c.may('settings.edit') && { key: 'settings', href: '/staff/settings', text: t('staff.settings') },
  ];
  return staffPage(c, {
    ...parts,
    tabs: {
      label: t('staff.nav.administration'),
      tabs: tabs.filter((one) => one !== false),
      current: tab,
    },
  });
}
