/**
 * The questionnaire of each group: those that fit the rules, shipped and own, one chosen; optionally a split ballot to compare
 * two.
 */
import type { Campaign } from '../../../domain/model/campaign.ts';
import type { ContentHash } from '../../../domain/model/ids.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { smallestShare } from '../../../domain/scoring/ballot/check.ts';
import { smallestDifference } from '../../../domain/scoring/ballot/power.ts';
import { formatDifference } from '../../../domain/scoring/format.ts';
import { choiceFrame, choices, field, select } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { languageName } from '../../../html/layout.ts';
import { card, tag } from '../../../html/parts.ts';
import { campaignPath } from '../frame-view.ts';
import { formatCount, groupNames, table, type PageProblem, type StaffContext } from '../page-view.ts';
import { noticesPart, type ShownNotices } from './notices-view.ts';
import { stepForm, type StepForm } from './form-view.ts';
import { setupFrame } from './steps-bar-view.ts';

export interface ShownVersion {
  readonly hash: ContentHash;
  readonly title: string;
  /** 自带, 第 2 版; null: one that is offered to no campaign any more. */
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
  /** As in the form: hashes, the first one from the radio button. */
  readonly arms: readonly string[];
  /** Index in `arms`; empty: none is declared. */
  readonly official: string;
  /** Percent of each of `arms`, as in the form; all empty: equal. */
  readonly shares: readonly string[];
}

/** Choices for the further arms: one more than used, so that a third and a fourth can follow. */
export const furtherArms = 3;
export const noQuestionnaire = 'none';

export function textsPage(
  c: StaffContext,
  o: {
    readonly campaign: Campaign;
    readonly form: StepForm;
    readonly isFixed: boolean;
    /** The figure decides: its arm must be declared beforehand. */
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
      ${
        choice.shares.some((share) => share !== '')
          ? t('staff.setup.split.now-shares', { count: chosen.length, shares: choice.shares.join(' : ') })
          : t('staff.setup.split.now', { count: chosen.length })
      }${t('sentence.gap')}${choice.official === '' ? t('staff.setup.split.none') : t('staff.setup.split.official-is', { title: chosen[Number(choice.official)]?.title ?? '' })}
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

/** Each arm is a separate questionnaire; the seed assigns them. */
function splitPart(c: StaffContext, o: Parameters<typeof textsPage>[1], choice: ShownChoice): Content {
  const { t } = c.page;
  const { group } = choice;
  const versions = choice.versions.filter((version) => version.asArm);
  if (versions.length < 2) return null;
  const filled = Math.max(choice.arms.length, choice.shares.length);
  const slots = Array.from({ length: filled }, (_, i) => ({
    hash: choice.arms[i] ?? '',
    share: choice.shares[i] ?? '',
  })).filter(({ hash, share }, i) => i === 0 || hash !== '' || share !== '');
  const further = slots.slice(1).map(({ hash }) => hash);
  const shown = Math.min(furtherArms, further.length + 1);
  const own = t(`staff.group.${group}`);
  const isWrong = (o.problem?.issues ?? []).some(({ path }) =>
    new RegExp(`^(?:arm|official|share)-${group}`).test(path),
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
    <p class="quiet">${t('staff.setup.split.share.hint', { least: smallestShare })}</p>
    <div class="row">
      ${Array.from({ length: shown + 1 }, (_, i) =>
        field(
          c,
          {
            ...{ name: `share-${group}`, path: `share-${group}-${i + 1}`, of: own },
            label: t('staff.setup.split.share.of', { no: i + 1 }),
            value: slots[i]?.share ?? '',
            unit: '%',
            extra: { inputmode: 'numeric', size: 3, autocomplete: 'off' },
          },
          o.problem,
        ),
      )}
    </div>
    ${powerPart(c, own, slots)}
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

/** Numbers of valid answers of a group in a county in the table of the smallest difference. */
const sizes = [300, 600, 1200, 2400];
/** Standard deviation between people's means, in points. */
const spreads = [15, 20];

/** The detectable difference with the chosen shares: between the first questionnaire and the one with the smallest share. */
function powerPart(
  c: StaffContext,
  group: string,
  slots: readonly { readonly hash: string; readonly share: string }[],
): Html {
  const { t } = c.page;
  const used = slots.filter(({ hash }, i) => i === 0 || hash !== '');
  const count = Math.max(2, used.length);
  const given = used.map(({ share }) => Number(share));
  const isSet = given.length > 1 && given.every((share) => share > 0);
  const shares = isSet ? given : Array.from({ length: count }, () => 100 / count);
  const [first = 50, ...others] = shares;
  const least = Math.min(...others);
  const caption = t('staff.setup.split.power', {
    group,
    shares: isSet ? shares.join(' : ') : t('staff.setup.split.equal'),
  });
  return html`<p><strong>${caption}</strong></p>
    ${table({
      caption,
      columns: [
        { text: t('staff.setup.split.power.answers'), number: true },
        ...spreads.map((sd) => ({ text: t('staff.setup.split.power.sd', { sd }), number: true })),
      ],
      rows: sizes.map((n) => [
        formatCount(n),
        ...spreads.map((sd) =>
          formatDifference(smallestDifference((n * first) / 100, (n * least) / 100, sd), 1),
        ),
      ]),
    })}
    <p class="quiet">${t('staff.setup.split.power.about')}</p>`;
}

function armText(c: StaffContext, version: ShownVersion): string {
  const { t } = c.page;
  const more = [version.isBalanced ? t('staff.template.balanced') : null, version.version];
  return t('staff.template.full', {
    title: version.title,
    more: more.filter((one) => one !== null).join(t('staff.list-comma')),
  });
}
