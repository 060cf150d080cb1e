/** A questionnaire before anyone answers it: shipped, added, or chosen for a campaign. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Campaign } from '../../../domain/model/campaign.ts';
import { countyLevelGroups, type Group } from '../../../domain/model/vocabulary.ts';
import { createAnswerParser } from '../../../domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../../domain/questionnaire/compile.ts';
import type { Questionnaire } from '../../../domain/questionnaire/template.ts';
import {
  questionnairePage,
  untouched,
  type QuestionnaireData,
  type QuestionnaireState,
} from '../../answering/questionnaire-view.ts';
import { previewEndPage } from '../../answering/respondent-view.ts';
import { readSheet } from '../../answering/sheet.ts';
import type { FormFields } from '../../plugins/forms.ts';

export interface PreviewOptions {
  /** As requested; the main one if the questionnaire does not have it. */
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
  /** Null: a placeholder school. */
  readonly county: string | null;
  readonly reversed?: boolean;
}

/**
 * A questionnaire as a respondent of the group sees it, which can be filled in to the end: input is parsed like an answer,
 * including faults and conditions, and nothing is stored.
 */
export function sendPreview(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  questionnaire: Questionnaire,
  o: PreviewOptions,
): FastifyReply {
  const fields = (request.body ?? {}) as FormFields;
  const asked = [fields._lang, fields._language, o.language];
  const language = questionnaire.languages.find((l) => l === asked.find((one) => one !== undefined));
  const large = fields._size === undefined ? fields._large === '1' : fields._size === 'large';
  const context = app.pageContext(language ?? questionnaire.languages[0]!, large);
  const { address, hasEnded } = placeOfPreview(request.url);
  if (hasEnded) return reply.html(previewEndPage(context, address));
  if (request.method !== 'POST') return show(200, untouched);

  const parser = createAnswerParser(compileQuestionnaire(questionnaire));
  const read = readSheet({ document: questionnaire, parser }, fields);
  if ('again' in read) return show(read.again.status, read.again.state);
  return reply.redirect(`${address}${address.includes('?') ? '&' : '?'}${endMark}`, 303);

  function show(status: number, state: QuestionnaireState): FastifyReply {
    const own = { _csrf: reply.generateCsrf(), ...(large && { _large: '1' }) };
    const county = o.county ?? context.t('staff.setup.preview.county');
    const school = context.t('staff.setup.preview.school');
    const data: QuestionnaireData = {
      ...{ questionnaire, county, reversed: o.reversed ?? false },
      ...{ commissioner: o.campaign.commissioner, commissionerPhone: o.campaign.commissionerPhone },
      ...{
        purpose: o.campaign.purpose,
        closesAt: o.campaign.closesAt,
        storageUntil: o.campaign.storageUntil,
      },
      ...{ demo: o.campaign.demo, selfAdministered: o.campaign.selfAdministered },
      about: countyLevelGroups.has(o.group) ? null : school,
      names: { county, school },
      known: o.group === 'parent' ? 'pupil' : 'roll',
      smallGroup: false,
      openLink: false,
    };
    return reply.code(status).html(questionnairePage(context, data, state, null, own));
  }
}

const endMark = 'sent=1';

/** The preview's address without the mark of its end. */
function placeOfPreview(url: string): { readonly address: string; readonly hasEnded: boolean } {
  const [path, ...queries] = url.split('?');
  const parts = queries.join('?').split('&');
  const rest = parts.filter((part) => part !== endMark && part !== '');
  return {
    address: rest.length === 0 ? path! : `${path!}?${rest.join('&')}`,
    hasEnded: parts.includes(endMark),
  };
}
