/** Enumerations of the domain, with one spelling in code, tables, routes and pages (texts are in the message files). */
import { z } from 'zod';

/** 家长 教师 校长 人大代表·政协委员 其他群众 学生 */
export const groups = ['parent', 'teacher', 'principal', 'deputy', 'public', 'student'] as const;
export const groupSchema = z.enum(groups);
export type Group = z.infer<typeof groupSchema>;

/** Groups that are only reported for the whole county, whatever their size (domain.md §8). */
export const countyLevelGroups: ReadonlySet<Group> = new Set<Group>(['principal', 'deputy', 'public']);

/** Groups whose members are listed with a phone number. Other public and students have no roll. */
export const rollGroupSchema = z.enum(['parent', 'teacher', 'principal', 'deputy']);
export type RollGroup = z.infer<typeof rollGroupSchema>;

/** 城区 镇区 乡村 */
export const locations = ['urban', 'town', 'rural'] as const;
export const locationSchema = z.enum(locations);
export type Location = z.infer<typeof locationSchema>;

export const schoolCategories = [
  'primary',
  'teaching-point',
  'junior',
  'nine-year',
  'complete-secondary',
  'other',
] as const;
export const schoolCategorySchema = z.enum(schoolCategories);
export type SchoolCategory = z.infer<typeof schoolCategorySchema>;

export const schoolLevels = ['good', 'medium', 'weak'] as const;
export const schoolLevelSchema = z.enum(schoolLevels);
export type SchoolLevel = z.infer<typeof schoolLevelSchema>;

export const ownerships = ['public', 'private'] as const;
export const ownershipSchema = z.enum(ownerships);
export type Ownership = z.infer<typeof ownershipSchema>;

/**
 * How an answer was given. `web`: through a personal code on the respondent's own device. `link`: a link shared by a school and
 * group, never part of a sampled figure. `kiosk`: a numbered slip on a shared device. `assisted`, `paper`: entered by an
 * interviewer. The last three never supersede a self-completed answer (domain/answer/revision.ts). The position in this list is
 * the stored byte: append only.
 */
export const channels = ['web', 'link', 'kiosk', 'assisted', 'paper'] as const;
export const channelSchema = z.enum(channels);
export type Channel = z.infer<typeof channelSchema>;

/**
 * "有人告诉您该怎么选吗？": who told a respondent what to answer; `watched`: nobody did, but somebody watched. The answer that nothing
 * happened is not stored.
 */
export const pressureSources = ['school', 'officials', 'other', 'watched'] as const;
export const pressureSourceSchema = z.enum(pressureSources);
export type PressureSource = z.infer<typeof pressureSourceSchema>;

/**
 * Counted set: the kind of invitation that an answer belongs to. `drawn`: the sample. `replacement`: pre-drawn replacements.
 * `other`: late additions and open links, outside the denominator. The position is the stored number: append only.
 */
export const countedSets = ['drawn', 'replacement', 'other'] as const;
export const countedSetSchema = z.enum(countedSets);
export type CountedSet = z.infer<typeof countedSetSchema>;
/** Set under which a code is issued: a counted set, or an inspector's test contact, which counts nowhere. */
export const issuedSets = [...countedSets, 'canary'] as const;
export const issuedSetSchema = z.enum(issuedSets);
export type IssuedSet = z.infer<typeof issuedSetSchema>;

export const purposes = [
  'self-check',
  'city-review',
  'provincial-evaluation',
  'national-check',
  'spot-check',
  're-survey',
] as const;
export const purposeSchema = z.enum(purposes);
export type Purpose = z.infer<typeof purposeSchema>;

export const roles = ['administrator', 'operator', 'official', 'inspector', 'interviewer'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

/** A BCP 47 tag such as zh-CN. Questionnaires may use any; the program's own texts have the languages of src/texts. */
export const languageSchema = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/);
export type Language = z.infer<typeof languageSchema>;
