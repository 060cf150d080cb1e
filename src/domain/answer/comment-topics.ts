/**
 * Assigns comments to dimensions by keywords, so that hundreds of them can be read in an order. Keywords can be wrong, and some
 * comments have none; the page says that topics are found by keywords. Ids are those of the shipped questionnaires.
 */
const words: Readonly<Record<string, RegExp>> = {
  proximity: /就近|太远|离家|离学校|校车|路远|上学路|住校|寄宿|交通|distance|far away|school bus/i,
  'conditions-gap':
    /操场|校舍|教室|宿舍|食堂|饭菜|厕所|设备|图书|电脑|场地|体育馆|取暖|空调|facilit|canteen|playground/i,
  'teacher-gap':
    /师资|好老师|老师(?:少|不够|太少|流失|调走)|缺老师|年轻老师|教师队伍|交流轮岗|teachers? (?:shortage|gap)/i,
  'school-choice': /择校|大班额|班上人|人太多|分班|重点班|快慢班|学区|户口|关系|large class|school choice/i,
  'government-effort': /政府|教育局|领导|投入|经费|政策|待遇|工资|government|funding/i,
  regulation: /作业|补课|收费|课后服务|减负|考试|排名|睡|负担|手机|homework|fees|burden/i,
  quality: /体育课|音乐|美术|劳动|实验|素质|教学|成绩|兴趣|课程|活动|teaching|lessons|quality/i,
  disadvantaged: /留守|残疾|困难|贫困|随迁|外来|单亲|资助|特殊教育|disab|poor|migrant/i,
};

/** Ids of the topics whose keywords the comment contains, in the order of the list. */
export function topicsOf(text: string): readonly string[] {
  return Object.keys(words).filter((id) => words[id]!.test(text));
}
