/** Branded identifiers: parsed once at the boundary, then carried by type. */
import { z } from 'zod';

/** Public id of a campaign: 12 characters of lower-case Crockford base 32, chosen at random on creation. */
export const campaignIdSchema = z
  .string()
  .regex(/^[0-9a-hjkmnp-tv-z]{12}$/)
  .brand('CampaignId');
export type CampaignId = z.infer<typeof campaignIdSchema>;

/** GB/T 2260 county-level code, six digits; 99xxxx is reserved for the demonstration. */
export const countyCodeSchema = z
  .string()
  .regex(/^[1-9][0-9]{5}$/)
  .brand('CountyCode');
export type CountyCode = z.infer<typeof countyCodeSchema>;

/** A school within a county of one campaign: the clerk's own code, or derived from the name. */
export const schoolIdSchema = z.string().min(1).max(64).brand('SchoolId');
export type SchoolId = z.infer<typeof schoolIdSchema>;

export const userIdSchema = z
  .string()
  .regex(/^[0-9a-hjkmnp-tv-z]{12}$/)
  .brand('UserId');
export type UserId = z.infer<typeof userIdSchema>;

/** SHA-256 of a canonical document (questionnaire, profile), 64 hexadecimal digits. */
export const contentHashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand('ContentHash');
export type ContentHash = z.infer<typeof contentHashSchema>;
