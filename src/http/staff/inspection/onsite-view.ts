/** The inspectors' work on site, on one page. */
import type { Html } from '../../../html/html.ts';
import { html } from '../../../html/html.ts';
import type { StaffContext } from '../page-view.ts';
import { inspectionFrame } from './frame-view.ts';
import { interviewsCard } from './interviews-view.ts';
import { spotCard, type SpotPart } from './spot-view.ts';
import { studentsCard } from './students-view.ts';
import { symposiumsCard } from './symposium-view.ts';

export function onsitePage(c: StaffContext, o: SpotPart): Html {
  return inspectionFrame(c, o, {
    page: 'onsite',
    body: html`${symposiumsCard(c, o)}${spotCard(c, o)}${interviewsCard(c, o)}${studentsCard(c, o)}`,
  });
}
