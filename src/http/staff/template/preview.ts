import type { FastifyInstance } from 'fastify';
import type { Campaign } from '../../../domain/model/campaign.ts';
import { countyLevelGroups, type Group } from '../../../domain/model/vocabulary.ts';
import type { Questionnaire } from '../../../domain/questionnaire/template.ts';
import type { Html } from '../../../html/html.ts';
import { questionnairePage } from '../../answering/questionnaire-view.ts';

export interface PreviewOptions {
  /** As asked for; the main one where the questionnaire has no such language. */
  readonly language: string;
  readonly group: Group;
  readonly campaign: Pick<
    Campaign,
    | 'commissioner'
    | 'commissionerPhone'
    | 'purpose'
    | 'closesAt'
    | 'storageUntil'
    | 'demo'
    | 'selfAdministered'
  >;
  /** Null: one that stands for any. */
  readonly county: string | null;
  readonly reversed?: boolean;
}

/** A questionnaire as somebody of the group sees it. What is sent from it goes nowhere: previews have no address that takes answers. */
export function previewPage(app: FastifyInstance, questionnaire: Questionnaire, o: PreviewOptions): Html {
  const language = questionnaire.languages.find((l) => l === o.language) ?? questionnaire.languages[0]!;
  const context = app.pageContext(language);
  const county = o.county ?? context.t('staff.setup.preview.county');
  const school = context.t('staff.setup.preview.school');
  const hasSchool = !countyLevelGroups.has(o.group);
  return questionnairePage(context, {
    ...{ questionnaire, county, reversed: o.reversed ?? false },
    ...{ commissioner: o.campaign.commissioner, commissionerPhone: o.campaign.commissionerPhone },
    ...{ purpose: o.campaign.purpose, closesAt: o.campaign.closesAt, storageUntil: o.campaign.storageUntil },
    ...{ demo: o.campaign.demo, selfAdministered: o.campaign.selfAdministered },
    about: hasSchool ? school : null,
    names: { county, school },
    known: o.group === 'parent' ? 'pupil' : 'roll',
    smallGroup: false,
    openLink: false,
  });
}
