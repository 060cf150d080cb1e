import type { ListedCounty } from '../../../domain/campaign/county-list.ts';
import type { Issue } from '../../../domain/errors.ts';
import { findCounties } from '../../../operations/campaign/county-list.ts';
import type { Deps } from '../../../operations/deps.ts';
import type { CountyLine } from './counties-view.ts';

/** The listed counties, added to the lines: residents of an existing county are replaced. */
export async function addListed(
  deps: Deps,
  lines: readonly CountyLine[],
  listed: readonly ListedCounty[],
  asOf: string,
): Promise<{
  readonly lines: readonly CountyLine[];
  readonly left: string;
  readonly issues: readonly Issue[];
}> {
  const { counties, left } = await findCounties(deps, listed);
  const all = new Map<string, CountyLine>(lines.map((line) => [line.code, line]));
  for (const { code, name, residents } of counties) {
    const old = all.get(code);
    const known = residents === null ? {} : { residents: String(residents), asOf };
    all.set(code, {
      ...(old ?? { code, name, residents: '', asOf, slips: '', isFixed: false }),
      ...known,
    });
  }
  return {
    lines: [...all.values()],
    left: left.map(({ text }) => text).join('\n'),
    issues: left.map(({ issue }) => issue),
  };
}
