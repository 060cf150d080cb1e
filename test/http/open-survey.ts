/** A campaign that takes answers, in a real database in a folder of its own: two counties' worth of strata, codes known to the test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeAccessCode } from '../../src/domain/code/access-code.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { pseudonymOf, textIdOf } from '../../src/domain/code/pseudonym.ts';
import type { ReportingLevel, ReportingStratum } from '../../src/domain/frame/strata.ts';
import { contentHash } from '../../src/domain/hash.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema, type Questionnaire } from '../../src/domain/questionnaire/template.ts';
import { ruleProfileSchema } from '../../src/domain/scoring/rules/profile.ts';
import { createIntake, type Intake } from '../../src/intake/intake.ts';
import { createFileKeyStore, type KeyStore } from '../../src/keys/key-store.ts';
import { ensureLogKey } from '../../src/operations/evidence/log-key.ts';
import {
  createOpenCampaigns,
  watchCampaigns,
  type OpenCampaigns,
} from '../../src/operations/answer/open-campaigns.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { quiet } from './support.ts';
import { temporaryFolder } from '../support/at-end.ts';
import { openNewStorage } from '../support/new-storage.ts';

export const now = Date.UTC(2026, 4, 12, 2);
export const county = '990101' as CountyCode;
export const campaign = '0123456789ab' as CampaignId;
export const stamp = { at: now, actor: systemActor };

export function template(name: string): unknown {
  const { $schema: _, ...document } = JSON.parse(
    readFileSync(new URL(`../../survey-templates/${name}`, import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
  return document;
}

const body = (i: number) => `ABCDE${String(i).padStart(4, '0')}`;

export interface OpenSurvey {
  readonly storage: Storage;
  readonly keys: KeyStore;
  readonly intake: Intake;
  readonly campaigns: OpenCampaigns;
  readonly questionnaire: Questionnaire;
  /** The i-th code of a reporting stratum (1: a school of 30, 2: a small teaching-point bundle, 3: principals). */
  code(stratum: number, i: number): string;
  readonly pseudonym: (code: string) => Uint8Array;
  readonly textId: (code: string) => Uint8Array;
  /** A complete form: every rating item with one option. */
  form(option?: string, more?: Readonly<Record<string, string>>): string;
  close(): Promise<void>;
}

export interface SurveyOptions {
  readonly questionnaire?: unknown;
  readonly state?: 'open' | 'drawn';
  readonly closesAt?: number;
  readonly now?: () => number;
  /** So many more codes, as stratum 4. */
  readonly more?: number;
  /** The storage on threads of its own, as in service. */
  readonly threads?: boolean;
}

export async function openSurvey(options: SurveyOptions = {}): Promise<OpenSurvey> {
  const place = temporaryFolder('manyi-survey');
  const directory = place.path;
  const keys = createFileKeyStore(join(directory, 'keys'));
  const raw = await openNewStorage({
    directory: join(directory, 'data'),
    inline: options.threads !== true,
  });
  // As at every start: without the key no receipt can be signed.
  await ensureLogKey({ storage: raw, keys });
  const questionnaire = questionnaireSchema.parse(options.questionnaire ?? template('parent-2012.json'));
  const profile = ruleProfileSchema.parse(template('profiles/basic-2012.json'));
  const campaigns = createOpenCampaigns({ storage: raw, keys, now: options.now ?? (() => now), log: quiet });
  const storage = watchCampaigns(raw, () => campaigns.expire());
  const compiled = compileQuestionnaire(questionnaire);

  await storage.createCampaign(
    stamp,
    {
      id: campaign,
      name: '满意度调查',
      purpose: 'city-review',
      commissioner: '云川市教育督导委员会办公室',
      commissionerPhone: '0999-1234567',
      closesAt: options.closesAt ?? now + 5 * 86_400_000,
      storageUntil: now + 200 * 86_400_000,
      selfAdministered: false,
      demo: true,
      profile: contentHash(profile),
      questionnaires: [{ no: 1, hash: compiled.hash, groups: [...questionnaire.groups] }],
      counties: [
        {
          code: county,
          name: '青禾县',
          residents: null,
          slips: [{ group: questionnaire.groups[0] ?? 'parent', count: 1 }],
        },
      ],
    },
    [
      { hash: compiled.hash, kind: 'questionnaire', body: JSON.stringify(questionnaire) },
      { hash: contentHash(profile), kind: 'profile', body: JSON.stringify(profile) },
    ],
    keys.create(campaign),
  );
  const pseudonym = (code: string) => pseudonymOf(keys.use(campaign, 'pseudonym'), code);
  const textId = (code: string) => textIdOf(keys.use(campaign, 'text'), code);
  const code = (stratum: number, i: number) => completeAccessCode(body(stratum * 2000 + i));
  await storage.freezeFrame(stamp, campaign, county, {
    root: new Uint8Array(32),
    size: 0,
    version: 0,
  });
  await storage.beginDraw(stamp, campaign, county, {
    dice: '1'.repeat(20),
    seed: new Uint8Array(32),
    moves: [],
    quotas: {},
  });
  const stratum = (no: number, level: ReportingLevel, name: string, drawn: number): ReportingStratum => ({
    no,
    group: questionnaire.groups[0] ?? 'parent',
    level,
    key: `k${no}`,
    name,
    schools: [`k${no}` as SchoolId],
    location: 'rural',
    issued: { drawn, replacement: 0, other: 0 },
  });
  const strata = [
    stratum(1, 'school', '青禾县第一小学', 30),
    stratum(2, 'parent-school', '柳湾中心小学', 12),
    stratum(3, 'county', '', 20),
    ...(options.more === undefined ? [] : [stratum(4, 'school', '青禾县第二小学', options.more)]),
  ];
  await storage.saveDrawn(
    campaign,
    county,
    [],
    strata.flatMap((s) =>
      Array.from({ length: s.issued.drawn }, (_, i) => ({
        pseudonym: pseudonym(code(s.no, i)),
        samplingStratum: 1,
        reportingStratum: s.no,
        questionnaire: 1,
        set: 'drawn' as const,
      })),
    ),
  );
  await storage.finishDraw(
    stamp,
    campaign,
    county,
    [
      {
        no: 1,
        group: questionnaire.groups[0] ?? 'parent',
        location: 'rural',
        grade: null,
        kind: 'frame',
        frameSize: 62,
        quota: 62,
        drawn: 62,
        replacements: 0,
      },
    ],
    strata,
  );
  if (options.state !== 'drawn') await storage.openCampaign(stamp, campaign);
  const intake = createIntake(storage, { queueLimit: 1000, batchLimit: 64, onFailure: () => undefined });
  return {
    storage,
    keys,
    intake,
    campaigns,
    questionnaire,
    code,
    pseudonym,
    textId,
    form(option = 'satisfied', more = {}) {
      const pairs = questionnaire.items
        .filter((item) => item.type === 'rating')
        .map((item): [string, string] => [item.id, option]);
      return new URLSearchParams([...pairs, ...Object.entries(more)]).toString();
    },
    async close() {
      await intake.close();
      await storage.close();
      place.remove();
    },
  };
}
