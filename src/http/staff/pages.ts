/** Common parts of staff page routes: the page's context, and forms that are parsed and shown again with their faults. */
import { secretFields } from '../plugins/forms.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError, type MessageParams } from '../../domain/errors.ts';
import { may } from '../../domain/campaign/permissions.ts';
import {
  campaignIdSchema,
  countyCodeSchema,
  type CampaignId,
  type CountyCode,
  type UserId,
  userIdSchema,
} from '../../domain/model/ids.ts';
import { availableLanguages } from '../../texts/texts.ts';
import { getCampaign } from '../../operations/campaign/campaigns.ts';
import type { Deps } from '../../operations/deps.ts';
import type { LoginThrottle } from '../../operations/user/login-throttle.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { HttpDeps } from '../deps.ts';
import { actorOfRequest } from '../plugins/access.ts';
import { statusOf } from '../plugins/errors.ts';
import type { Html } from '../../html/html.ts';
import type { Done, PageProblem, StaffContext } from './page-view.ts';
import { serviceDay, serviceMinute } from '../../domain/time-zone.ts';

export interface PagesOptions {
  readonly deps: HttpDeps;
  readonly throttle: LoginThrottle;
  /** The OpenAPI document. */
  readonly apiDocument: () => object;
}

export function contextOf(request: FastifyRequest, reply: FastifyReply): StaffContext {
  const { actor } = request;
  return {
    page: request.page,
    stylesheet: request.server.assets.href('staff.css'),
    // An account with pending duties can open nothing else.
    user:
      actor === null || actor.role === 'system' || request.accountStep !== null
        ? null
        : { name: actor.name, role: actor.role },
    may: (action, county) => actor !== null && may(actor, action, county as CountyCode | undefined),
    csrf: reply.generateCsrf(),
    done: takeDone(request),
    here: request.method === 'GET' ? request.url : '/staff',
    languages: availableLanguages,
    office: officeOf(request),
  };
}

function officeOf({ server }: FastifyRequest): NonNullable<StaffContext['office']> {
  const { organisation, logo } = server.settings.current;
  // The address changes with the picture, which browsers cache.
  return {
    name: organisation,
    logo: logo && `/staff/logo?v=${server.settings.version}`,
  };
}

/** Message for the next page that the reader opens, shown once: the result of the action. */
export function sayDone(request: FastifyRequest, message: string, params: MessageParams = {}): void {
  request.session.set('done', { message, params });
}
function takeDone(request: FastifyRequest): Done | null {
  const done = request.session.get('done');
  if (done === undefined) return null;
  request.session.set('done', undefined);
  return done;
}

export type Form = Readonly<Record<string, string | readonly string[] | undefined>>;

export function formOf(request: FastifyRequest): Form {
  return (request.body ?? {}) as Form;
}
export function textOf(form: Form, name: string): string {
  const value = form[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}
export function listOf(form: Form, name: string): readonly string[] {
  const value = form[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/**
 * The id that the page promised to the object of its form (operations/make-once.ts); undefined: none. Ids of campaigns and
 * accounts have one form.
 */
export function promisedId(form: Form): (CampaignId & UserId) | undefined {
  const text = textOf(form, 'id');
  const isId = campaignIdSchema.safeParse(text).success && userIdSchema.safeParse(text).success;
  return isId ? (text as CampaignId & UserId) : undefined;
}

/** A number as people write it, also with full-width digits; NaN for anything else, and for nothing. */
export function readNumber(text: string): number {
  const plain = text.normalize('NFKC').trim();
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
}

/** Only faults that the same form can correct are shown with the form; others get their own page. */
const mendable: ReadonlySet<string> = new Set([
  'invalid',
  'conflict',
  'too-large',
  'too-many',
  'unauthenticated',
  'unavailable',
]);

/** For errors about one field, whatever form it belongs to. */
const fieldOfMessage: Readonly<Record<string, string>> = { 'draw.dice': 'dice' };

/** Faults of a file as a whole are shown beside the file. */
function issuesOf({ kind, message, params, issues }: AppError, isUpload: boolean): AppError['issues'] {
  if (issues.length > 0) return issues;
  const isOfFile = isUpload && (kind === 'invalid' || kind === 'too-large');
  const path = isOfFile ? 'file' : fieldOfMessage[message];
  return path === undefined ? [] : [{ path, message, params }];
}

/** An error as the problem of the sent form. */
export function problemFrom(request: FastifyRequest, error: AppError): PageProblem {
  return {
    ...{ message: error.message, kind: error.kind, params: error.params },
    issues: issuesOf(error, request.routeOptions.config.upload === true),
    sent: {
      action: request.url.replace(/[?#].*/, ''),
      fields: Object.fromEntries(Object.entries(formOf(request)).filter(([name]) => !secretFields.has(name))),
    },
  };
}

/** Does it and goes on to the address it returns, or shows the page; or shows the form again, values kept, with what is wrong. */
export async function attempt(
  reply: FastifyReply,
  act: () => Promise<string | Html>,
  again: (problem: PageProblem) => Promise<Html> | Html,
): Promise<FastifyReply> {
  let next: string | Html;
  try {
    next = await act();
  } catch (error) {
    if (!(error instanceof AppError) || !mendable.has(error.kind)) throw error;
    const page = await again(problemFrom(reply.request, error));
    const { seconds } = error.params;
    if (typeof seconds === 'number') reply.header('retry-after', seconds);
    return reply.code(statusOf[error.kind]).html(page);
  }
  return typeof next === 'string' ? reply.redirect(next, 303) : reply.html(next);
}

/** An address of our own pages; anything else becomes the start page. */
export function ownAddress(address: string): string {
  return /^\/staff(?:[/?][\x21-\x7e]*)?$/.test(address) && !address.includes('\\') ? address : '/staff';
}

/** China's time, in the form of `datetime-local`. */
export function toLocal(at: number): string {
  return serviceMinute(at).replace(' ', 'T');
}
/** NaN if it is not a time: the operation names the field. */
export function fromLocal(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? exactly(text.slice(0, 16), ':00') : Number.NaN;
}
/** `Date.parse` turns a day that a month does not have into one of the next month. */
function exactly(text: string, more: string): number {
  const at = Date.parse(`${text}${more}+08:00`);
  return !Number.isNaN(at) && toLocal(at).startsWith(text) ? at : Number.NaN;
}
export function toDay(at: number): string {
  return serviceDay(at);
}
/** The last moment of the day. */
export function fromDay(text: string): number {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? exactly(text, 'T23:59:59') : Number.NaN;
}

const paramsSchema = z.object({ campaign: campaignIdSchema, county: countyCodeSchema.optional() });

/** @throws AppError not-found, also for a malformed address */
export async function campaignOf(deps: Deps, request: FastifyRequest): Promise<Campaign> {
  const params = paramsSchema.safeParse(request.params);
  if (!params.success) throw new AppError('not-found', 'http.not-found');
  return getCampaign(deps, actorOfRequest(request), params.data.campaign);
}

export interface Place {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly id: CampaignId;
  readonly code: CountyCode;
}
export async function placeOf(deps: Deps, request: FastifyRequest): Promise<Place> {
  const campaign = await campaignOf(deps, request);
  const { county: code } = request.params as { readonly county: string };
  const county = campaign.counties.find((c) => c.code === code);
  if (!county) throw new AppError('not-found', 'http.not-found');
  return { campaign, county, id: campaign.id, code: county.code };
}

export function param(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? '';
}
export function query(request: FastifyRequest, name: string): string {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}
