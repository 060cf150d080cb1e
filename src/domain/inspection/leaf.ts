import { sha256, toHex } from '../hash.ts';
import type { DecidedLeaf } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { InspectionVersion } from '../model/inspection.ts';

/** The leaf has only the hash of the document. */
export function inspectionLeaf(
  county: CountyCode,
  { no, record, version, change, body, reason, at, by }: InspectionVersion,
): DecidedLeaf & { readonly type: 'inspection' } {
  const content = toHex(sha256(body));
  return { county, type: 'inspection', body: { no, record, version, change, content, reason, at, by } };
}
