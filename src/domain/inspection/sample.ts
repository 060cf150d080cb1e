/** Sample schools of an inspection: one draw by dice, schools that an inspector adds by choice, and the location of schools. */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { readDice } from '../frame/sample.ts';
import { lineSchema } from '../line.ts';
import { schoolCategorySchema, schoolLevelSchema } from '../model/vocabulary.ts';
import type { InspectionState, RecordRules } from './record.ts';
import { drawSampleSchools, sampleSeed } from './sample-schools.ts';

const school = z.string().min(1).max(64);
const coordinateSchema = z.strictObject({
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
});
const bodySchema = z.strictObject({
  draw: z
    .strictObject({
      dice: z.string(),
      seed: z.string(),
      count: z.int(),
      strata: z.array(
        z.strictObject({
          category: schoolCategorySchema,
          isTown: z.boolean(),
          level: schoolLevelSchema,
          size: z.int(),
          schools: z.array(school),
        }),
      ),
      schools: z.array(school),
    })
    .nullable(),
  designated: z.array(z.strictObject({ school, reason: lineSchema(1, 300) })),
  places: z.record(school, coordinateSchema),
  /** Where the inspectors start. */
  start: coordinateSchema.nullable(),
});
export type SampleBody = z.infer<typeof bodySchema>;

const changeSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('draw'), dice: z.string().max(1000), count: z.int().min(1).max(100) }),
  z.strictObject({ do: z.literal('designate'), school, reason: lineSchema(1, 300) }),
  z.strictObject({ do: z.literal('withdraw'), school }),
  z.strictObject({
    do: z.literal('locate'),
    places: z
      .array(z.strictObject({ school, ...coordinateSchema.shape }))
      .min(1)
      .max(2000),
  }),
  z.strictObject({ do: z.literal('start'), ...coordinateSchema.shape }),
]);

export const sampleRecord: RecordRules<SampleBody, z.infer<typeof changeSchema>> = {
  body: bodySchema,
  change: changeSchema,
  empty: { draw: null, designated: [], places: {}, start: null },
  actionOf: (change) =>
    change.do === 'locate' || change.do === 'start' ? 'inspection.enter' : 'inspection.decide',
  needsReason: (change) => change.do === 'withdraw',
  apply(before, change, state) {
    switch (change.do) {
      case 'draw': {
        if (state.root === null) throw new AppError('conflict', 'inspection.sample.not-frozen');
        if (before.draw !== null) throw new AppError('conflict', 'inspection.sample.drawn');
        const dice = readDice(change.dice);
        const sample = drawSampleSchools(state.schools, sampleSeed(state.root, dice), change.count);
        const strata = sample.strata.map((s) => ({ ...s, schools: [...s.schools] }));
        return {
          ...before,
          draw: { ...sample, dice, count: change.count, strata, schools: [...sample.schools] },
        };
      }
      case 'designate': {
        assertKnown(state, change.school);
        const isThere =
          before.draw?.schools.includes(change.school) === true ||
          before.designated.some((d) => d.school === change.school);
        if (isThere) throw new AppError('conflict', 'inspection.sample.there');
        const { school: own, reason } = change;
        return { ...before, designated: [...before.designated, { school: own, reason }] };
      }
      case 'withdraw': {
        const at = before.designated.findIndex((d) => d.school === change.school);
        if (at < 0) throw new AppError('conflict', 'inspection.sample.only-designated');
        return { ...before, designated: before.designated.toSpliced(at, 1) };
      }
      case 'locate': {
        for (const place of change.places) assertKnown(state, place.school);
        const added = Object.fromEntries(
          change.places.map(({ school: own, lat, lon }) => [own, { lat, lon }]),
        );
        return { ...before, places: { ...before.places, ...added } };
      }
      case 'start':
        return { ...before, start: { lat: change.lat, lon: change.lon } };
    }
  },
};

function assertKnown(state: InspectionState, id: string): void {
  if (!state.schools.some((s) => s.id === id))
    throw new AppError('invalid', 'inspection.invalid', {
      issues: [{ path: 'school', message: 'inspection.sample.unknown' }],
    });
}
