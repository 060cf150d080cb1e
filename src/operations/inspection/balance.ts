/** Balance coefficients from the school table, with the additions that would bring the county within the limit. */
import type { Actor } from '../../domain/campaign/permissions.ts';
import { planAdditions, type AdditionPlan } from '../../domain/inspection/additions.ts';
import { computeBalance, type Balance, type StageBalance } from '../../domain/inspection/balance.ts';
import type { Regime } from '../../domain/inspection/regime.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Deps } from '../deps.ts';
import { viewInspection, type InspectionView } from './documents.ts';

export interface BalanceView {
  readonly view: InspectionView;
  readonly regime: Regime | null;
  /** null: no rules, or no table. */
  readonly balance: Balance | null;
  readonly stages: readonly { readonly balance: StageBalance; readonly plan: AdditionPlan | null }[];
}

export async function viewBalance(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<BalanceView> {
  const view = await viewInspection(deps, actor, id, code);
  const { regime } = view.documents.rules.body;
  const { rows } = view.documents.schools.body;
  if (regime === null || rows.length === 0) return { view, regime, balance: null, stages: [] };
  const balance = computeBalance(rows, regime.balance);
  return {
    view,
    regime,
    balance,
    stages: balance.stages.map((s) => ({ balance: s, plan: planAdditions(s) })),
  };
}
