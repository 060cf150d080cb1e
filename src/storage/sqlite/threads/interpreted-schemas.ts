/**
 * To be imported before any schema is made: zod compiles each object schema at its first use, ten milliseconds for the leaf of a county's count. A storage
 * thread checks few objects of many kinds, most of them while answers wait, and does without.
 */
import { config } from 'zod';

config({ jitless: true });
