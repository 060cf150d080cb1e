/** Who does what, in which order, and the terms on the pages. */
import { roles } from '../../../domain/model/vocabulary.ts';
import { html, type Html } from '../../../html/html.ts';
import { card, grid } from '../../../html/parts.ts';
import { staffPage, table, type StaffContext } from '../page-view.ts';

const helpSteps = ['setup', 'roll', 'freeze', 'draw', 'open', 'answer', 'close', 'release'] as const;
/** In the order in which a survey uses them. */
const words = [
  'campaign',
  'commissioner',
  'profile',
  'questionnaire',
  'roll',
  'coverage',
  'freeze',
  'dice',
  'test-contact',
  'sample',
  'quota',
  'shortfall',
  'code',
  'slip',
  'return-rate',
  'valid',
  'floor',
  'threshold',
  'interval',
  'reporting-unit',
  'suppression',
  'close',
  'release',
  'evidence',
  'checkpoint',
  'void',
] as const;

export function helpPage(c: StaffContext): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.help'),
    subtitle: t('staff.help.sub'),
    cards: true,
    body: grid(
      card({
        title: t('staff.help.steps'),
        span: 6,
        body: html`<ol>
          ${helpSteps.map(
            (step) =>
              html`<li>
                <strong>${t(`staff.help.step.${step}`)}</strong
                >${t('staff.colon')}${t(`staff.help.step.${step}.about`)}
              </li>`,
          )}
        </ol>`,
      }),
      card({
        title: t('staff.help.roles'),
        span: 6,
        body: table({
          caption: t('staff.help.roles'),
          stack: true,
          columns: [{ text: t('staff.field.role') }, { text: t('staff.help.does') }],
          rows: roles.map((role) => [t(`staff.role.${role}`), t(`staff.role.${role}.about`)]),
        }),
      }),
      card({
        title: t('staff.programs'),
        body: html`<p>
          ${t('staff.programs.about')}${t('sentence.gap')}<a href="/staff/programs"
            >${t('staff.programs.open')}</a
          >
        </p>`,
      }),
      card({
        title: t('staff.help.glossary'),
        id: 'glossary',
        body: html`<dl class="glossary">
          ${words.map(
            (word) =>
              html`<div id="word-${word}">
                <dt>${t(`staff.word.${word}`)}</dt>
                <dd>${t(`staff.word.${word}.about`)}</dd>
              </div>`,
          )}
        </dl>`,
      }),
    ),
  });
}
