/** New access codes of a campaign, sealed for the contact and keyed for the answer. */
import { drawAccessCode } from '../../domain/code/access-code.ts';
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { Deps } from '../deps.ts';

interface NewCode {
  readonly code: string;
  readonly pseudonym: Uint8Array;
}

export interface CodeMaker {
  make(count: number): Promise<readonly NewCode[]>;
}

/**
 * Ensures unique codes, among those made here and those of the campaign's other counties: at a million codes of 45 bits a
 * collision is no longer unlikely.
 */
export function createCodeMaker(deps: Deps, campaign: CampaignId, pseudonymKey: Uint8Array): CodeMaker {
  const made = new Set<string>();
  return {
    async make(count) {
      const fresh: NewCode[] = [];
      while (fresh.length < count) {
        const batch: NewCode[] = [];
        while (fresh.length + batch.length < count) {
          const code = drawAccessCode(deps.newCodeBody);
          if (made.has(code)) continue;
          made.add(code);
          batch.push({ code, pseudonym: pseudonymOf(pseudonymKey, code) });
        }
        const taken = await Promise.all(batch.map((c) => deps.storage.findIssued(campaign, c.pseudonym)));
        fresh.push(...batch.filter((_, i) => taken[i] === undefined));
      }
      return fresh;
    },
  };
}
