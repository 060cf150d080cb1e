/**
 * The survey content named by the rules of each regime (basic-2012: 教督〔2012〕3号, with 课业负担 as in Gansu; quality-2017: the contents
 * of surveys under 教督〔2017〕6号). A questionnaire with a regime must cover all of it.
 */
import type { LocalText, RatingItem } from './template.ts';

interface NamedContent {
  readonly id: string;
  readonly title: LocalText;
  /** Items that cover it in questionnaires from before items stated it themselves. */
  readonly items: readonly string[];
}

const content = (
  id: string,
  chinese: string,
  english: string,
  ...items: readonly string[]
): NamedContent => ({
  id,
  title: { 'zh-CN': chinese, en: english },
  items,
});

export const regimes = ['basic-2012', 'quality-2017'] as const;

export const namedContents: Readonly<Record<string, readonly NamedContent[]>> = {
  'basic-2012': [
    content('proximity', '就近入学', 'Schools nearby', 'distance'),
    content('conditions-gap', '校际办学条件差距', 'Gaps between schools in conditions', 'facilities-gap'),
    content('teacher-gap', '校际教师队伍差距', 'Gaps between schools in teachers', 'teacher-gap'),
    content('school-choice', '择校', 'School choice', 'enrolment'),
    content('government-effort', '政府努力程度', 'Effort of the government', 'government'),
    content('workload', '课业负担', 'Workload of pupils', 'workload'),
  ],
  'quality-2017': [
    content('moral-education', '立德树人', 'Character and conduct', 'conduct'),
    content('equity', '教育公平', 'Fairness', 'support'),
    content('resource-sharing', '优质资源共享', 'Sharing of good resources', 'sharing', 'resource-sharing'),
    content('regulation', '规范办学', 'Orderly running of schools', 'enrolment', 'fees'),
    content('all-round', '素质教育', 'All-round education', 'curriculum'),
    content('assessment', '考试评价改革', 'Reform of assessment', 'evaluation'),
    content('quality', '教育质量', 'Quality of education', 'teaching'),
    content('workload', '减负', 'Lighter workload', 'workload'),
  ],
};

/** Whether an item covers a content of a regime: as it states itself or, in older questionnaires, by its id. */
export function coversContent(
  item: RatingItem,
  regime: string,
  { id, items }: NamedContent,
  declares: boolean,
): boolean {
  if (item.scored === false) return false;
  if (!declares) return items.includes(item.id);
  const own = item.covers && Object.hasOwn(item.covers, regime) ? item.covers[regime] : undefined;
  return own?.includes(id) === true;
}
