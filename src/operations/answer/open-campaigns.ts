/**
 * Cache of the campaigns that take answers now, so that an answer costs one look-up. It follows the storage: invalidated by
 * changes in this process (`watchCampaigns`), after a second for other processes, and reloaded before a code is called unknown.
 * It decides nothing: the storage decides whether an answer is accepted, in the transaction that stores it.
 */
import { AppError } from '../../domain/errors.ts';
import { isVoided } from '../../domain/campaign/cell-void.ts';
import { createCodeLink, type CodeLink } from '../../domain/code/pseudonym.ts';
import type { ReportingStratum } from '../../domain/frame/strata.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { createAnswerParser, type AnswerParser } from '../../domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../domain/questionnaire/compile.ts';
import { hasReversible, isReversed } from '../../domain/questionnaire/option-order.ts';
import type { Questionnaire } from '../../domain/questionnaire/template.ts';
import type { Channel } from '../../domain/model/vocabulary.ts';
import type { KeyStore } from '../../keys/key-store.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { OpenLink } from '../../domain/model/code.ts';
import type { Storage } from '../../storage/port/index.ts';
import { getProfile, getQuestionnaireDocument } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';

export interface OpenQuestionnaire {
  readonly no: number;
  readonly document: Questionnaire;
  readonly parser: AnswerParser;
}

export interface OpenCampaign extends CodeLink {
  readonly campaign: Campaign;
  readonly questionnaires: ReadonlyMap<number, OpenQuestionnaire>;
  /** Of its rule profile. */
  readonly minimumCell: number;
  findCounty(
    code: CountyCode,
  ): Promise<
    { readonly county: CampaignCounty; readonly strata: ReadonlyMap<number, ReportingStratum> } | undefined
  >;
}

/** The place of the answer of a code or of a link's visitor. */
export interface AnswerPlace {
  /** Milliseconds since the questionnaire was opened, if known. */
  readonly elapsed?: number | null;
  readonly open: OpenCampaign;
  readonly county: CampaignCounty;
  readonly stratum: ReportingStratum;
  readonly questionnaire: OpenQuestionnaire;
  /** Whether this code sees reversible scales reversed; false if the questionnaire has none. */
  readonly reversed: boolean;
  readonly channel: Channel;
  readonly link: string | null;
  readonly pseudonym: Uint8Array;
  readonly textId: Uint8Array;
  readonly pressureId: Uint8Array;
}

export interface OpenCampaigns {
  /** Undefined for unknown, closed and voided alike. `code` is complete and its check character is correct. */
  findByCode(code: string): Promise<AnswerPlace | undefined>;
  /** `random` replaces the code, with the same form. */
  findByLink(link: string, random: string): Promise<AnswerPlace | undefined>;
  hasLink(link: string): Promise<boolean>;
  /** The campaigns that take answers, if they are cached and all of them can be served. */
  current(): readonly OpenCampaign[] | undefined;
  list(): Promise<readonly Campaign[]>;
  /** Reload before the next use. */
  expire(): void;
  /** Drops everything derived from keys; objects held by requests in progress stay usable until `wipe`. */
  letGo(): void;
  /** Its keys are destroyed: wipes everything derived from them, also in objects still in use. */
  wipe(id: CampaignId): void;
}

const maxAge = 1000;
/** Minimum interval between storage queries because of unknown codes. */
const missInterval = 100;

type Source = Pick<Deps, 'keys' | 'now' | 'log'> & {
  readonly storage: Pick<
    Storage,
    'listCampaigns' | 'listBrokenCampaigns' | 'findDocument' | 'readStrata' | 'findIssued' | 'findLink'
  >;
};

interface Snapshot {
  readonly startedAt: number;
  readonly open: readonly OpenCampaign[];
  /** Why an open campaign cannot be served: its codes must not be reported as unknown. */
  readonly broken: unknown;
  readonly links: Map<string, OpenLink>;
}

export function createOpenCampaigns(deps: Source): OpenCampaigns {
  let current: Snapshot | null = null;
  let loading: Promise<Snapshot> | null = null;
  let expiredAt = 0;
  const kept = new Map<string, { readonly text: string; readonly open: OpenCampaign }>();
  /** All that were created, and are still in use. */
  const made = new Map<string, WeakRef<OpenCampaign>[]>();
  /** By content hash: campaigns with the same questionnaire share the parser, and a sheet is parsed once for all of them. */
  const compiled = new Map<string, Pick<OpenQuestionnaire, 'document' | 'parser'>>();

  async function load(): Promise<Snapshot> {
    const startedAt = performance.now();
    const open: OpenCampaign[] = [];
    let broken: unknown = null;
    const seen = new Set<string>();
    for (const campaign of await deps.storage.listCampaigns()) {
      if (campaign.state !== 'open') continue;
      seen.add(campaign.id);
      try {
        const text = fingerprintOf(campaign);
        const before = kept.get(campaign.id);
        const entry = before?.text === text ? before.open : await openCampaign(deps, campaign, compiled);
        kept.set(campaign.id, { text, open: entry });
        if (entry !== before?.open) remember(entry);
        open.push(entry);
      } catch (error) {
        broken = error;
        deps.log.error({ campaign: campaign.id, err: error }, 'campaign.unusable');
      }
    }
    for (const { id, state, fault } of await deps.storage.listBrokenCampaigns()) {
      if (state !== 'open') continue;
      broken = new AppError('corrupt', 'storage.corrupt', { params: { column: fault } });
      deps.log.error({ campaign: id, err: broken }, 'campaign.unusable');
    }
    for (const id of kept.keys()) if (!seen.has(id)) wipe(id as CampaignId);
    const used = new Set(open.flatMap((o) => o.campaign.questionnaires.map((q) => q.hash as string)));
    for (const hash of compiled.keys()) if (!used.has(hash)) compiled.delete(hash);
    return { startedAt, open, broken, links: new Map() };
  }

  function remember(open: OpenCampaign): void {
    const { id } = open.campaign;
    made.set(id, [...(made.get(id) ?? []).filter((one) => one.deref()), new WeakRef(open)]);
  }

  function wipe(id: CampaignId): void {
    for (const one of made.get(id) ?? []) one.deref()?.wipe();
    made.delete(id);
    kept.delete(id);
  }

  /** A state of the storage that was read at `since` or later. */
  async function since(moment: number): Promise<Snapshot> {
    for (;;) {
      if (current && current.startedAt >= Math.max(moment, expiredAt)) return current;
      loading ??= load().finally(() => {
        loading = null;
      });
      current = await loading;
    }
  }
  const recent = (age = maxAge) => since(performance.now() - age);

  async function afterMiss(): Promise<Snapshot> {
    const asked = performance.now();
    const wait = current === null ? 0 : current.startedAt + missInterval - asked;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return since(asked);
  }

  async function lookUp<T>(search: (snapshot: Snapshot) => Promise<T | undefined>): Promise<T | undefined> {
    const found = await search(await recent());
    if (found !== undefined) return found;
    const snapshot = await afterMiss();
    const second = await search(snapshot);
    if (second === undefined && snapshot.broken !== null)
      throw new AppError('unavailable', 'http.unavailable', { cause: snapshot.broken });
    return second;
  }

  async function place(
    open: OpenCampaign,
    code: string,
    belongs: {
      readonly county: CountyCode;
      readonly reportingStratum: number;
      readonly questionnaire: number;
    },
    rest: Pick<AnswerPlace, 'channel' | 'link' | 'pseudonym' | 'textId' | 'pressureId'>,
  ): Promise<AnswerPlace | undefined> {
    const found = await open.findCounty(belongs.county);
    const stratum = found?.strata.get(belongs.reportingStratum);
    const questionnaire = open.questionnaires.get(belongs.questionnaire);
    if (!found || !stratum || !questionnaire) return undefined;
    const { group, no } = stratum;
    if (isVoided(open.campaign.voids, { county: belongs.county, group, reportingStratum: no }))
      return undefined;
    const reversed = hasReversible(questionnaire.document) && isReversed(code);
    return { open, county: found.county, stratum, questionnaire, reversed, ...rest };
  }
  const takesAnswers = (open: OpenCampaign) => deps.now() < open.campaign.closesAt;

  async function findLink(snapshot: Snapshot, id: string): Promise<[OpenCampaign, OpenLink] | undefined> {
    const link = snapshot.links.get(id) ?? (await deps.storage.findLink(id));
    if (!link) return undefined;
    if (snapshot.links.size < 1000) snapshot.links.set(id, link);
    const open = snapshot.open.find((o) => o.campaign.id === link.campaign && takesAnswers(o));
    return open && [open, link];
  }

  return {
    findByCode: (code) =>
      lookUp(async ({ open }) => {
        for (const one of open) {
          if (!takesAnswers(one)) continue;
          const pseudonym = one.pseudonymOf(code);
          const issued = await deps.storage.findIssued(one.campaign.id, pseudonym);
          if (issued)
            return place(one, code, issued, {
              channel: 'web',
              link: null,
              pseudonym,
              textId: one.textIdOf(code),
              pressureId: one.pressureIdOf(code),
            });
        }
        return undefined;
      }),
    findByLink: (id, random) =>
      lookUp(async (snapshot) => {
        const found = await findLink(snapshot, id);
        if (!found) return undefined;
        const [open, link] = found;
        // The link's prefix prevents collisions with pseudonyms of personal codes.
        const visitor = `${link.id}/${random}`;
        return place(open, visitor, link, {
          channel: 'link',
          link: link.id,
          pseudonym: open.pseudonymOf(visitor),
          textId: open.textIdOf(visitor),
          pressureId: open.pressureIdOf(visitor),
        });
      }),
    hasLink: async (id) =>
      (await lookUp(async (snapshot) => ((await findLink(snapshot, id)) ? true : undefined))) ?? false,
    current() {
      if (current === null || current.startedAt < expiredAt) return undefined;
      const age = performance.now() - current.startedAt;
      if (age > maxAge) return undefined;
      // Reloaded before it expires, so that no request waits for it. An error is seen by the next request.
      if (age > maxAge / 2 && loading === null) recent(maxAge / 2).catch(() => undefined);
      if (current.broken !== null) return undefined;
      const { open } = current;
      return open.every(takesAnswers) ? open : open.filter(takesAnswers);
    },
    list: async () => (await recent()).open.map((o) => o.campaign),
    expire() {
      expiredAt = performance.now();
    },
    letGo() {
      kept.clear();
      current = null;
      expiredAt = performance.now();
    },
    wipe(id) {
      wipe(id);
      expiredAt = performance.now();
    },
  };
}

function fingerprintOf(campaign: Campaign): string {
  return JSON.stringify(campaign, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
}

async function openCampaign(
  deps: { readonly storage: Pick<Storage, 'findDocument' | 'readStrata'>; readonly keys: KeyStore },
  campaign: Campaign,
  compiled: Map<string, Pick<OpenQuestionnaire, 'document' | 'parser'>>,
): Promise<OpenCampaign> {
  const questionnaires = new Map<number, OpenQuestionnaire>();
  for (const { no, hash } of campaign.questionnaires) {
    let known = compiled.get(hash);
    if (known === undefined) {
      const parsed = await getQuestionnaireDocument(deps, hash);
      known = { document: parsed, parser: createAnswerParser(compileQuestionnaire(parsed)) };
      compiled.set(hash, known);
    }
    questionnaires.set(no, { no, ...known });
  }
  const { minimumCell } = await getProfile(deps, campaign.profile);
  const strata = new Map<CountyCode, ReturnType<OpenCampaign['findCounty']>>();
  return {
    campaign,
    questionnaires,
    minimumCell,
    ...createCodeLink(
      deps.keys.use(campaign.id, 'pseudonym', campaign.keyChecks.pseudonym),
      deps.keys.use(campaign.id, 'text', campaign.keyChecks.text),
    ),
    findCounty(code) {
      let found = strata.get(code);
      if (!found) {
        const county = campaign.counties.find((c) => c.code === code);
        found =
          county === undefined
            ? Promise.resolve(undefined)
            : deps.storage
                .readStrata(campaign.id, code)
                .then(({ reporting }) => ({ county, strata: new Map(reporting.map((s) => [s.no, s])) }));
        strata.set(code, found);
        found.catch(() => strata.delete(code));
      }
      return found;
    },
  };
}

const changing: ReadonlySet<string | symbol> = new Set([
  'updateCampaign',
  'deleteCampaign',
  'openCampaign',
  'decideProposal',
  'createLinks',
  // After this a campaign takes no answers: its further steps change nothing here.
  'beginClosing',
]);

/**
 * The same storage, which calls `changed` after each operation that may change which codes take answers, before its caller gets
 * the result.
 */
export function watchCampaigns(storage: Storage, changed: () => void): Storage {
  const watched = new Map<string | symbol, unknown>();
  return new Proxy(storage, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      let method = watched.get(name);
      if (method === undefined) {
        const own = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
        method = changing.has(name) ? (...args: unknown[]) => own(...args).finally(changed) : own;
        watched.set(name, method);
      }
      return method;
    },
  });
}
