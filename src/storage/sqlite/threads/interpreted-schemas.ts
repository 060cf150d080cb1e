/**
 * Import this before any schema is created: zod compiles each object schema at its first use, ten milliseconds for the leaf of a
 * county's count. A storage thread checks few objects of many kinds, most of them while answers wait, so compiling does not pay.
 */
import { config } from 'zod';

config({ jitless: true });
