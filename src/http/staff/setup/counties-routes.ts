/** The step of counties and dates: typed line by line, pasted as a list, or uploaded as a table. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readCount, readCountyLines } from '../../../domain/campaign/county-list.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import { saveDraft } from '../../../operations/campaign/campaigns.ts';
import { readCountyTable } from '../../../operations/campaign/county-list.ts';
import { getProfile } from '../../../operations/campaign/lookup.ts';
import { downloadAs } from '../../download.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { campaignPath as here } from '../frame-view.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  fromDay,
  fromLocal,
  listOf,
  sayDone,
  textOf,
  toDay,
  toLocal,
  type PagesOptions,
} from '../pages.ts';
import { encodeFieldValues, type FieldValue, type FieldValues } from './changes.ts';
import type { Change } from './form-view.ts';
import { countiesPage, type CountyLine } from './counties-view.ts';
import { addListed } from './listed.ts';
import { changesFor, countyFields, isAuto, saveStep, submitStep, versionOf, whileDraftOf } from './save.ts';

const base = '/campaigns/:campaign';
const edit = { config: { who: 'campaign.edit' } } as const;

export async function setupCountiesPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const whileDraft = whileDraftOf(deps);
  interface CountyValues {
    readonly closesAt: string;
    readonly storageUntil: string;
    readonly lines: readonly CountyLine[];
    readonly add: string;
  }
  const lineOf = ({
    code,
    name,
    residents,
    slips,
    frameState,
  }: Campaign['counties'][number]): CountyLine => ({
    code,
    name,
    residents: residents === null ? '' : String(residents.count),
    asOf: residents?.asOf ?? '',
    slips: String(slips.find((s) => s.group === 'public')?.count ?? ''),
    isFixed: frameState !== 'preparing',
  });
  const asksPublic = (campaign: Campaign) => campaign.questionnaires.some((q) => q.groups.includes('public'));
  const storedValues = (campaign: Campaign): CountyValues => ({
    closesAt: toLocal(campaign.closesAt),
    storageUntil: toDay(campaign.storageUntil),
    lines: campaign.counties.map(lineOf),
    add: '',
  });
  /** A county is compared as a whole, with its residents and slips. Numbers are compared as numbers. */
  function fieldValues(request: FastifyRequest, campaign: Campaign, values: CountyValues): FieldValues {
    const { t } = request.page;
    const number = (text: string) => {
      const count = readCount(text);
      return Number.isNaN(count) ? text.trim() : String(count);
    };
    const date = (text: string) => text.replace('T', ' ');
    return new Map<string, FieldValue>([
      ['closesAt', { label: t('staff.field.closes'), value: values.closesAt, text: date(values.closesAt) }],
      [
        'storageUntil',
        { label: t('staff.field.storage'), value: values.storageUntil, text: values.storageUntil },
      ],
      ...values.lines.map((line) => {
        const residents = number(line.residents);
        const asOf = line.asOf || lastYearEnd(deps.now());
        const slips = asksPublic(campaign) ? number(line.slips) : '';
        const text = [
          residents === ''
            ? t('staff.change.no-residents')
            : t('staff.change.residents', { residents, asOf }),
          ...(slips === '' ? [] : [t('staff.change.slips', { slips })]),
        ].join(t('staff.list-comma'));
        // Without a number its date is meaningless.
        const value = [line.code, residents, residents === '' ? '' : asOf, slips].join(' ');
        return [line.code, { label: line.name, value, text }] as const;
      }),
    ]);
  }
  async function showCounties(
    request: FastifyRequest,
    reply: FastifyReply,
    values: CountyValues | null,
    problem?: PageProblem,
    changes?: readonly Change[],
  ) {
    const campaign = await campaignOf(deps, request);
    const profile = await getProfile(deps, campaign.profile);
    return countiesPage(contextOf(request, reply), {
      campaign,
      form: {
        version: versionOf(campaign, 'counties'),
        was: encodeFieldValues(fieldValues(request, campaign, storedValues(campaign))),
        script: app.assets.href('draft.js'),
        changes,
      },
      asksPublic: asksPublic(campaign),
      needsResidents: profile.quota.kind === 'per-mille' || profile.quota.kind === 'tiers',
      values: values ?? storedValues(campaign),
      asOf: lastYearEnd(deps.now()),
      problem,
    });
  }
  app.get(`${base}/setup/counties`, { ...edit, preHandler: whileDraft }, async (request, reply) =>
    reply.html(await showCounties(request, reply, null)),
  );

  function countyInput(campaign: Campaign, line: CountyLine) {
    const old = campaign.counties.find((one) => one.code === line.code);
    const others = old?.slips.filter((s) => s.group !== 'public') ?? [];
    return {
      code: line.code,
      name: line.name,
      residents:
        line.residents.trim() === ''
          ? null
          : { count: readCount(line.residents), asOf: line.asOf || lastYearEnd(deps.now()) },
      slips:
        line.slips.trim() === ''
          ? others
          : [...others, { group: 'public' as const, count: readCount(line.slips) }],
    };
  }

  app.post(`${base}/setup/counties`, edit, async (request, reply) => {
    const form = formOf(request);
    const at = (name: string, i: number) => listOf(form, name)[i] ?? '';
    const removed = textOf(form, 'remove');
    const sent = listOf(form, 'code')
      .map((code, i) => ({
        code,
        name: at('county', i),
        residents: at('residents', i),
        asOf: at('asOf', i),
        slips: at('slips', i),
        isFixed: false,
      }))
      .filter((line) => line.code !== removed);
    let values: CountyValues = {
      closesAt: textOf(form, 'closesAt'),
      storageUntil: textOf(form, 'storageUntil'),
      lines: sent,
      add: textOf(form, 'add'),
    };
    return submitStep(deps, request, reply, {
      step: 'counties',
      fieldValuesOf: (campaign) => fieldValues(request, campaign, storedValues(campaign)),
      act: async () => {
        const campaign = await campaignOf(deps, request);
        const asOf = textOf(form, 'addAsOf') || lastYearEnd(deps.now());
        // An incomplete line is not a county yet: a button adds it.
        const listed = isAuto(request) ? [] : readCountyLines(values.add);
        const added = await addListed(deps, sent, listed, asOf);
        values = { ...values, lines: added.lines, add: added.left };
        const parts = [
          { closesAt: fromLocal(values.closesAt), storageUntil: fromDay(values.storageUntil) },
          { counties: added.lines.map((line) => countyInput(campaign, line)) },
        ];
        const isDone = form['next'] !== undefined;
        return saveStep(deps, request, campaign, {
          ...{ step: 'counties', parts, issues: added.issues },
          next: isDone ? 'texts' : 'counties',
        });
      },
      again: async (problem) => {
        const campaign = await campaignOf(deps, request);
        const stored = storedValues(campaign);
        const compared = changesFor(
          request,
          problem,
          fieldValues(request, campaign, stored),
          fieldValues(request, campaign, values),
        );
        if (compared === null) return showCounties(request, reply, values, problem);
        const { isTheirs, changes } = compared;
        const merged: CountyValues = {
          ...values,
          closesAt: isTheirs('closesAt') ? stored.closesAt : values.closesAt,
          storageUntil: isTheirs('storageUntil') ? stored.storageUntil : values.storageUntil,
          // Sent again, the form must neither remove a colleague's additions nor restore what one removed.
          lines: [
            ...values.lines.flatMap((line) =>
              isTheirs(line.code) ? stored.lines.filter((one) => one.code === line.code) : [line],
            ),
            ...stored.lines.filter(
              ({ code }) => isTheirs(code) && !values.lines.some((line) => line.code === code),
            ),
          ],
        };
        return showCounties(request, reply, merged, problem, changes);
      },
    });
  });
  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post(
      `${base}/setup/counties/table`,
      { config: { ...edit.config, upload: true } },
      async (request, reply) => {
        let values: CountyValues | null = null;
        return attempt(
          reply,
          async () => {
            const upload = await readUpload(request, reply);
            const campaign = await campaignOf(deps, request);
            const listed = await readCountyTable(deps, actorOfRequest(request), upload);
            const asOf = upload.fields['asOf'] ?? '';
            const added = await addListed(
              deps,
              campaign.counties.map(lineOf),
              listed,
              asOf === '' ? lastYearEnd(deps.now()) : asOf,
            );
            values = {
              closesAt: toLocal(campaign.closesAt),
              storageUntil: toDay(campaign.storageUntil),
              lines: added.lines,
              add: added.left,
            };
            const version = upload.fields['version'] ?? '';
            const counties = added.lines.map((line) => countyInput(campaign, line));
            const issues = [
              ...added.issues,
              ...(await saveDraft(
                deps,
                actorOfRequest(request),
                campaign.id,
                [{ counties }],
                version,
                countyFields,
              )),
            ];
            if (issues.length > 0)
              throw new AppError('invalid', 'staff.setup.saved-partly', {
                params: { count: issues.length },
                issues,
              });
            sayDone(request, 'staff.setup.done.table', { count: listed.length });
            return `${here(campaign.id)}/setup/counties`;
          },
          (problem) => showCounties(request, reply, values, problem),
        );
      },
    );
  });
  app.get(`${base}/setup/counties/empty.csv`, edit, async (request, reply) => {
    const { t } = request.page;
    downloadAs(reply, `${t('staff.setup.table.file')}.csv`);
    // Excel takes a file without this mark for another encoding.
    return reply
      .type('text/csv; charset=utf-8')
      .send(`\ufeff${t('staff.field.county')},${t('staff.field.residents')}\r\n`);
  });
}

/** Residents are counted at the end of a year. */
function lastYearEnd(now: number): string {
  return `${Number(toDay(now).slice(0, 4)) - 1}-12-31`;
}
