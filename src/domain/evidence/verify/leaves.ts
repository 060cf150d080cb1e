/** Leaves in their order: the prerequisites of each, and what must not precede it. */
import { AppError } from '../../errors.ts';
import { canonicalJson, fromBase64, toHex } from '../../hash.ts';
import type { LeafLine } from '../bundle.ts';
import { decodeStateLeaf, leafTypeOf, type StateLeaf, type StateLeafType } from '../leaf.ts';
import { leafHash } from '../merkle.ts';
import { takeResponse } from './answers.ts';
import { sameBytes } from './bytes.ts';
import { checkRoot } from './checkpoints.ts';
import { takeIssue, takeLateEdit, takeLateIssue } from './codes.ts';
import { takeErasure } from './erasure.ts';
import { takeDraw, takeFrame } from './frame.ts';
import { revisionRule, type Run } from './run.ts';
import { checkSending } from './sendings.ts';

/** Appends the line’s hash to the tree, and passes the leaf to the check of its subject. */
export function takeLeaf(run: Run, line: LeafLine): void {
  const index = run.tree.size;
  const hash = fromBase64(line.h);
  // The hash as appended; whether it matches the leaf is checked separately.
  run.tree.append(hash);
  if (line.l === null) run.find('leaf-missing', index, toHex(hash), '');
  else {
    const data = fromBase64(line.l);
    const got = leafHash(data);
    if (!sameBytes(got, hash)) run.find('leaf-differs', index, toHex(hash), toHex(got));
    if (run.promised.size > 0 && run.promised.has(toHex(hash))) run.promised.set(toHex(hash), true);
    try {
      if (leafTypeOf(data) === 'response') takeResponse(run, index, data, hash, line.c);
      else if (line.c !== undefined) run.find('leaf-malformed', index, 'no contents', line.c.slice(0, 100));
      else takeState(run, index, decodeStateLeaf(data));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      run.find('leaf-malformed', index, '', String(error.params['fault']));
    }
  }
  checkRoot(run);
}

/** Prerequisites, and leaves that must not precede. */
const order: Readonly<
  Record<
    StateLeafType,
    { readonly after?: StateLeafType; readonly before?: StateLeafType; readonly once?: true }
  >
> = {
  frame: { once: true, before: 'draw' },
  'late-edit': { after: 'frame', before: 'closing' },
  draw: { after: 'frame', before: 'open', once: true },
  issue: { after: 'draw', before: 'open', once: true },
  'late-issue': { after: 'issue', before: 'closing' },
  links: { after: 'issue', before: 'closing' },
  open: { after: 'issue', once: true },
  export: { after: 'issue', before: 'closing' },
  void: { after: 'frame' },
  dates: { after: 'frame', before: 'closing' },
  ineligible: { after: 'frame', before: 'closing' },
  flag: { after: 'issue' },
  signal: { after: 'dispositions', before: 'keys-destroyed' },
  lot: { after: 'open', before: 'keys-destroyed' },
  closing: { after: 'open', once: true },
  dispositions: { after: 'closing', once: true },
  'keys-destroyed': { after: 'dispositions' },
  closed: { after: 'keys-destroyed', once: true },
  release: { after: 'closed', once: true },
  bundle: { after: 'closed' },
  canaries: { after: 'frame', before: 'draw', once: true },
  'canaries-opened': { after: 'closed' },
  rekey: { after: 'frame' },
  heads: { after: 'frame' },
  inspection: { after: 'frame' },
  schedule: { after: 'issue', before: 'closing' },
  sent: { after: 'schedule', before: 'dispositions' },
};

/** Checks the position of a leaf: its prerequisites, its lot, and the two people that some types need. */
export function recordState(run: Run, index: number, leaf: StateLeaf): void {
  const { type } = leaf;
  if (run.leftInLot > 0) {
    run.find('lot', index, `${run.leftInLot} more responses`, type);
    run.leftInLot = 0;
  }
  if ((index === 0) !== (type === 'frame'))
    run.find('order', index, index === 0 ? 'frame' : 'no second frame', type);
  const rule = order[type];
  if (rule.after !== undefined && !run.states.has(rule.after))
    run.find('order', index, `${rule.after} before`, type);
  if (rule.before !== undefined && run.states.has(rule.before))
    run.find('order', index, `no ${type} after ${rule.before}`, type);
  if (rule.once && run.states.has(type)) run.find('order', index, `one ${type}`, 'another');
  run.states.set(type, [...(run.states.get(type) ?? []), leaf]);
  tell(run, index, leaf);
  switch (leaf.type) {
    case 'void':
    case 'ineligible':
    case 'dates':
      if (leaf.type === 'ineligible') run.declared.push({ ...leaf.body, leaf: index });
      if (leaf.body.by.id === null || leaf.body.by.id === leaf.body.proposedBy.id)
        run.find('two-people', index, `somebody other than ${leaf.body.proposedBy.name}`, leaf.body.by.name);
      return;
    case 'lot':
      if (leaf.body.no !== run.lots + 1) run.find('lot', index, `lot ${run.lots + 1}`, `lot ${leaf.body.no}`);
      run.lots = leaf.body.no;
      run.leftInLot = leaf.body.responses;
      run.previousHash = null;
      return;
    case 'inspection': {
      const { no, record, version } = leaf.body;
      const versions = run.inspection.get(record) ?? 0;
      const made = [...run.inspection.values()].reduce((n, v) => n + v, 0);
      if (no !== made + 1 || version !== versions + 1)
        run.find(
          'order',
          index,
          `no ${made + 1}, version ${versions + 1} of ${record}`,
          `no ${no}, version ${version}`,
        );
      run.inspection.set(record, versions + 1);
      return;
    }
    case 'schedule':
    case 'sent':
      return checkSending(run, index, leaf);
    default:
      return;
  }
}

/** Compares it with what the bundle holds outside the leaves. */
function takeState(run: Run, index: number, leaf: StateLeaf): void {
  recordState(run, index, leaf);
  switch (leaf.type) {
    case 'frame':
      return takeFrame(run, index, leaf.body);
    case 'late-edit':
      return takeLateEdit(run, index, leaf.body);
    case 'draw':
      return takeDraw(run, index, leaf.body);
    case 'issue':
      return takeIssue(run, index, leaf.body);
    case 'late-issue':
      return takeLateIssue(run, index, leaf.body);
    case 'open':
      run.respondents.setRevisionRule(revisionRule(run));
      return;
    case 'links':
      for (const { reportingStratum, questionnaire } of leaf.body.links)
        run.linked.set(reportingStratum, {
          questionnaire,
          samplingStratum: 0,
          reportingStratum,
          set: 'other',
        });
      return;
    case 'keys-destroyed':
      if (leaf.body.tallies !== undefined) takeErasure(run, index, leaf.body.tallies, leaf.body.at);
      return;
    case 'bundle':
    case 'heads':
      for (const size of leaf.body.checkpoints ?? []) run.stated.set(size, index);
      return;
    case 'rekey':
      run.rekeys.push({ index, before: leaf.body.before, after: leaf.body.after });
      return;
    default:
      return;
  }
}

/** Too long to be read in a line. */
const untold: ReadonlySet<StateLeafType> = new Set([
  'issue',
  'dispositions',
  'late-edit',
  'late-issue',
  'bundle',
  'heads',
]);

function tell(run: Run, index: number, { type, body }: StateLeaf): void {
  const by = 'by' in body ? `${body.by.name} (${body.by.role})` : null;
  const { at: _at, by: _by, ...rest } = body as { at: number; by?: unknown };
  const what = untold.has(type) ? '' : canonicalJson(rest);
  run.events.push({ leaf: index, type, at: body.at, by, what });
}
