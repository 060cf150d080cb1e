/** Command line arguments, parsed into the types that operations take. */
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import {
  campaignIdSchema,
  countyCodeSchema,
  schoolIdSchema,
  type CampaignId,
  type CountyCode,
} from '../domain/model/ids.ts';
import { groupSchema, roleSchema } from '../domain/model/vocabulary.ts';
import { getCampaign } from '../operations/campaign/campaigns.ts';
import type { Actor } from '../domain/campaign/permissions.ts';
import type { Deps } from '../operations/deps.ts';

/** A commander argument parser whose error says what would be valid. */
function parser<T>(schema: z.ZodType<T>, expected: string) {
  return (value: string): T => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new InvalidArgumentError(expected);
    return parsed.data;
  };
}
function listParser<T>(schema: z.ZodType<T>, expected: string) {
  const one = parser(schema, expected);
  return (value: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), one(value)];
}

export const campaignArgument = parser(campaignIdSchema, '0123456789ab');
export const schoolArgument = parser(schoolIdSchema, '2137000001');
export const countyArgument = parser(countyCodeSchema, '990101');
export const countiesArgument = listParser(countyCodeSchema, '990101');
export const groupArgument = parser(groupSchema, groupSchema.options.join(' | '));
export const groupsArgument = listParser(groupSchema, groupSchema.options.join(' | '));
export const roleArgument = parser(roleSchema, roleSchema.options.join(' | '));
export const countArgument = parser(z.coerce.number<string>().int().min(1), '1, 2, 3 …');
export const priceArgument = parser(z.coerce.number<string>().min(0), '0.045');
export const timeArgument = parser(
  z
    .union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })])
    .transform((text) => Date.parse(text)) as z.ZodType<number>,
  '2026-06-01T18:00:00+08:00',
);
export function choiceArgument<const T extends readonly [string, ...string[]]>(...choices: T) {
  return parser<T[number]>(z.enum(choices), choices.join(' | '));
}

/** Adds `--county`, which is optional if only one county is possible. */
export function withCounty(command: Command, description: string): Command {
  return command.option('--county <code>', description, countyArgument);
}

/**
 * The named county, or the only one of the campaign that the actor sees.
 * @throws AppError invalid `cli.county-needed`
 */
export async function countyOfOption(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  given: CountyCode | undefined,
): Promise<CountyCode> {
  if (given !== undefined) return given;
  const { counties } = await getCampaign(deps, actor, campaign);
  const [only, second] = counties;
  if (!only || second)
    throw new AppError('invalid', 'cli.county-needed', {
      params: { counties: counties.map((c) => `${c.code} ${c.name}`).join(', ') },
    });
  return only.code;
}
