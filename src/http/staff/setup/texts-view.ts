/** Which questionnaire each group answers: what fits the rules, shipped and own, one chosen; and, where somebody wants to compare two, a split ballot. */
import type { Campaign } from '../../../domain/model/campaign.ts';
import type { ContentHash } from '../../../domain/model/ids.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { choiceFrame, choices, select } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { languageName } from '../../../html/layout.ts';
import { card, tag } from '../../../html/parts.ts';
import { campaignPath } from '../frame-view.ts';
import { groupNames, table, type PageProblem, type StaffContext } from '../page-view.ts';
import { noticesPart, type ShownNotices } from './notices-view.ts';
import { stepForm, type StepForm } from './form-view.ts';
import { setupFrame } from './steps-bar-view.ts';

export interface ShownVersion {
  readonly hash: ContentHash;
  readonly title: string;
  /** 自带, 第 2 版; null: one that no campaign is offered any more. */
  readonly version: string | null;
  readonly isBalanced: boolean;
  readonly items: number;
  readonly languages: readonly string[];
  readonly asOnly: boolean;
  readonly asArm: boolean;
}
export interface ShownChoice {
  readonly group: Group;
  readonly isRequired: boolean;
  readonly versions: readonly ShownVersion[];
  /** As the form has it: hashes, the first one the radio button's. */
  readonly arms: readonly string[];
  /** Place in `arms`; empty: none is declared. */
  readonly official: string;
}

/** Of the arms beside the first: one more than there are, so that a third and a fourth can follow. */
export const furtherArms = 3;
export const noQuestionnaire = 'none';

export function textsPage(
  c: StaffContext,
  o: {
    readonly campaign: Campaign;
    readonly form: StepForm;
    readonly isFixed: boolean;
    /** The figure decides: which arm it is of has to be said beforehand. */
    readonly isGate: boolean;
    readonly isSplittable: boolean;
    readonly excepted: readonly Group[];
    readonly choices: readonly ShownChoice[];
    readonly notices: ShownNotices | null;
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  const base = campaignPath(o.campaign.id);
  const parts = o.choices.map((choice) =>
    card({
      title: t(`staff.group.${choice.group}`),
      body: o.isFixed ? fixedPart(c, base, choice) : choicePart(c, base, o, choice),
    }),
  );
  const excepted =
    o.excepted.length > 0 &&
    html`<p class="quiet">${t('staff.setup.texts.excepted', { groups: groupNames(c, o.excepted) })}</p>`;
  return setupFrame(
    c,
    o.campaign,
    'texts',
    html`${
      o.isFixed
        ? html`<p class="quiet">${t('staff.setup.texts.fixed')}</p>
            <div class="grid">${parts}</div>
            ${excepted}
            <p><a class="button" href="${base}/setup/quotas">${t('staff.setup.next')}</a></p>`
        : html`<p class="quiet">${t('staff.setup.texts.about')}</p>
            ${stepForm(
              c,
              o.campaign,
              { ...o.form, step: 'texts', problem: o.problem },
              html` <div class="grid">${parts}</div>
                ${excepted}
                <div class="acts">
                  <button name="next" value="1">${t('staff.setup.save-next')}</button>
                  <button class="secondary" name="save" value="here">${t('staff.setup.save')}</button>
                </div>`,
            )}`
    }
    ${noticesPart(c, base, o.notices)}`,
    o.problem,
    o.isFixed ? null : o.form.script,
  );
}

function previewLinks(base: string, group: Group, version: ShownVersion): Html {
  return html`<span class="links"
    >${version.languages.map(
      (language) =>
        html`<a
          href="${base}/setup/preview/${version.hash}?group=${group}&in=${language}"
          target="_blank"
          rel="noopener"
          >${languageName(language)}</a
        >`,
    )}</span
  >`;
}

function versionText(c: StaffContext, version: ShownVersion): Content {
  const { t } = c.page;
  return version.version === null
    ? tag('warn', t('staff.setup.texts.gone'))
    : [
        version.version,
        version.isBalanced && html`<br /><span class="quiet">${t('staff.template.balanced')}</span>`,
      ];
}

function versionTable(
  c: StaffContext,
  base: string,
  choice: ShownChoice,
  versions: readonly ShownVersion[],
  first: (version: ShownVersion) => Content,
  more: readonly (readonly [Content, Content])[] = [],
): Html {
  const { t } = c.page;
  return table({
    caption: t('staff.setup.texts.caption', { group: t(`staff.group.${choice.group}`) }),
    stack: true,
    columns: [
      { text: t('staff.setup.questionnaire') },
      { text: t('staff.setup.texts.version') },
      { text: t('staff.setup.items'), number: true },
      { text: t('staff.setup.preview') },
    ],
    rows: [
      ...versions.map((version) => [
        first(version),
        versionText(c, version),
        version.items,
        previewLinks(base, choice.group, version),
      ]),
      ...more.map(([head, text]) => [head, text, '–', '–']),
    ],
  });
}

function fixedPart(c: StaffContext, base: string, choice: ShownChoice): Content {
  const { t } = c.page;
  const chosen = choice.arms.flatMap((hash) => choice.versions.find((one) => one.hash === hash) ?? []);
  if (chosen.length === 0) return html`<p>${t('staff.setup.texts.none')}</p>`;
  return html`${versionTable(c, base, choice, chosen, (version) => version.title)}${
    chosen.length > 1 &&
    html`<p>
      ${t('staff.setup.split.now', { count: chosen.length })}
      ${choice.official === '' ? t('staff.setup.split.none') : t('staff.setup.split.official-is', { title: chosen[Number(choice.official)]?.title ?? '' })}
    </p>`
  }`;
}

function choicePart(
  c: StaffContext,
  base: string,
  o: Parameters<typeof textsPage>[1],
  choice: ShownChoice,
): Content {
  const { t } = c.page;
  const { group } = choice;
  const name = `main-${group}`;
  const radio = (value: string, text: Content, isChosen: boolean) =>
    html`<label class="option"
      ><input${attributes({ type: 'radio', name, value, checked: isChosen })} />${text}</label
    >`;
  const only = choice.versions.filter((version) => version.asOnly);
  const [main = ''] = choice.arms;
  return html`${choiceFrame(
    c,
    {
      path: name,
      legend: t('staff.setup.texts.choose', { group: t(`staff.group.${group}`) }),
      body: versionTable(
        c,
        base,
        choice,
        only,
        (version) => radio(version.hash, version.title, version.hash === main),
        choice.isRequired
          ? []
          : [
              [
                radio(
                  noQuestionnaire,
                  t('staff.setup.texts.not-asked'),
                  main === '' || main === noQuestionnaire,
                ),
                t('staff.setup.texts.not-required'),
              ],
            ],
      ),
    },
    o.problem,
  )}${o.isSplittable && splitPart(c, o, choice)}`;
}

/** Each arm is a questionnaire of its own; who gets which, the seed decides. */
function splitPart(c: StaffContext, o: Parameters<typeof textsPage>[1], choice: ShownChoice): Content {
  const { t } = c.page;
  const { group } = choice;
  const versions = choice.versions.filter((version) => version.asArm);
  if (versions.length < 2) return null;
  const further = choice.arms.slice(1).filter((hash) => hash !== '');
  const shown = Math.min(furtherArms, further.length + 1);
  const own = t(`staff.group.${group}`);
  const isWrong = (o.problem?.issues ?? []).some(({ path }) =>
    new RegExp(`^(?:arm|official)-${group}`).test(path),
  );
  const count = Math.max(2, further.length + 1);
  return html`<details class="split" ${attributes({ open: further.length > 0 || isWrong })}>
    <summary>${t('staff.setup.split')}</summary>
    <p class="quiet">${t('staff.setup.split.about')}</p>
    ${Array.from({ length: shown }, (_, i) =>
      select(
        c,
        {
          name: `arm-${group}`,
          path: `arm-${group}-${i + 2}`,
          of: own,
          label: t('staff.setup.split.arm', { no: i + 2 }),
          hint: i === 0 ? t('staff.setup.split.arm.hint') : null,
          value: further[i] ?? '',
          choices: [
            { value: '', text: t(i === 0 ? 'staff.setup.split.no' : 'staff.setup.split.no-more') },
            ...versions.map((version) => ({ value: version.hash, text: armText(c, version) })),
          ],
        },
        o.problem,
      ),
    )}
    <p>${t(`staff.setup.split.share`, { count, share: Math.round(100 / count) })}</p>
    ${choices(
      c,
      {
        type: 'radio',
        name: `official-${group}`,
        legend: t('staff.setup.split.official', { group: own }),
        hint: t(o.isGate ? 'staff.setup.split.official.gate' : 'staff.setup.split.official.reference'),
        options: [
          ...Array.from({ length: shown + 1 }, (_, i) => ({
            value: String(i),
            text: t('staff.setup.split.arm', { no: i + 1 }),
            about: i === 0 ? t('staff.setup.split.first') : '',
          })),
          ...(o.isGate ? [] : [{ value: '', text: t('staff.setup.split.undeclared') }]),
        ],
        chosen: further.length > 0 ? [choice.official] : [],
      },
      o.problem,
    )}
  </details>`;
}

function armText(c: StaffContext, version: ShownVersion): string {
  const { t } = c.page;
  const more = [version.isBalanced ? t('staff.template.balanced') : null, version.version];
  return t('staff.template.full', {
    title: version.title,
    more: more.filter((one) => one !== null).join(t('staff.list-comma')),
  });
}
