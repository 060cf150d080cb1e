/** The planner in terms of ordering codes: how many answers, which response; the result, and the button that applies it. */
import type { Need } from '../../../domain/scoring/planner/need.ts';
import { actionForm, field, hiddenFields, select } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { tag } from '../../../html/parts.ts';
import { campaignPath } from '../frame-view.ts';
import { formatCount, type PageProblem, type StaffContext } from '../page-view.ts';

export interface ShownNeed {
  readonly need: Need;
  readonly county: { readonly code: string; readonly name: string };
  /** Counties to choose from; none on a county's own page. */
  readonly counties: readonly { readonly code: string; readonly name: string }[];
  /** As typed, if it could not be parsed. */
  readonly typed?: { readonly valid: string; readonly of100: string } | undefined;
  /** Of the draft, if its quotas can still be raised; null: not here, or not any more. */
  readonly version: string | null;
  readonly areSeveral: boolean;
}

/** `more`: further fields of the same form. */
export function needForm(
  c: StaffContext,
  action: string,
  o: ShownNeed,
  problem: PageProblem | null | undefined,
  more: Content = null,
): Html {
  const { t } = c.page;
  const { question } = o.need;
  const number = (name: 'valid' | 'of100', unit: string) =>
    field(
      c,
      {
        name,
        label: t(`staff.plan.${name}`),
        hint: t(`staff.plan.${name}.hint`),
        unit,
        value: o.typed?.[name] ?? String(question[name]),
        extra: { inputmode: 'numeric', size: 8, maxlength: 20 },
      },
      problem,
    );
  return html`<form method="get" action="${action}" class="narrow">
    ${
      o.counties.length > 1 &&
      select(c, {
        name: 'county',
        label: t('staff.field.county'),
        value: o.county.code,
        choices: o.counties.map(({ code, name }) => ({ value: code, text: name })),
      })
    }${o.counties.length === 1 && hiddenFields({ county: o.county.code })}${number('valid', t('staff.plan.unit.sheets'))}${number('of100', t('staff.plan.unit.people'))}${more}<button
      class="secondary"
    >
      ${t('staff.plan.do')}
    </button>
  </form>`;
}

/** Whether the numbers could be parsed; otherwise no result is shown. */
export function hasNumbers(problem: PageProblem | null | undefined): boolean {
  return !(problem?.issues ?? []).some(({ path }) => path === 'valid' || path === 'of100');
}

export function needResult(c: StaffContext, campaign: string, o: ShownNeed): Html {
  const { t } = c.page;
  const { need, county } = o;
  const { question, toIssue, byRule, population, raise, floor } = need;
  const isTooMany = population !== null && toIssue > population;
  const rate = `${question.of100}%`;
  return html`<div class="need">
    <p class="lead">
      ${
        byRule === null
          ? t('staff.plan.issue', { count: formatCount(toIssue) })
          : toIssue > byRule
            ? t('staff.plan.issue.more', {
                ...{ count: formatCount(toIssue), rule: formatCount(byRule) },
                more: formatCount(toIssue - byRule),
              })
            : t('staff.plan.issue.enough', { count: formatCount(toIssue), rule: formatCount(byRule) })
      }
    </p>
    ${
      isTooMany &&
      html`<p>
        ${tag('bad', t('staff.setup.quota.short'))}
        ${t('staff.plan.beyond-roll', { count: formatCount(population) })}
      </p>`
    }
    <p>
      ${t('staff.plan.more-no-rate')}${t('sentence.gap')}${
        floor !== null &&
        html`${tag(need.isFloorReached === true ? 'ok' : 'warn', rate)}
        ${t(need.isFloorReached === true ? 'staff.plan.floor.reached' : 'staff.plan.floor.missed', { rate, floor: `${floor}%` })}`
      }
    </p>
    ${need.isCarriedOver && html`<p>${tag('ok', t('staff.plan.carried-over'))}</p>`}${
      raise !== null &&
      !isTooMany &&
      !need.isCarriedOver &&
      o.version !== null &&
      html`${actionForm(
        c,
        `${campaignPath(campaign)}/setup/quotas/raise`,
        t('staff.plan.carry-over', { count: formatCount(toIssue) }),
        {
          hidden: {
            version: o.version,
            county: county.code,
            valid: String(question.valid),
            of100: String(question.of100),
          },
        },
      )}${o.areSeveral && html`<p class="quiet">${t('staff.plan.carry-over.all')}</p>`}`
    }
  </div>`;
}
