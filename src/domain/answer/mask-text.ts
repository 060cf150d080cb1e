/**
 * Masks what respondents write about themselves and others before anyone reads it: telephone, identity and bank numbers, and
 * names. Numbers are found by their format, however they are spaced. Names are found by a list of surnames and their context
 * (`王小明老师`, `我叫李雷`). Rules for names also match other words, and miss some names: they mask rather too much, and a person hides
 * the rest.
 */

/** Patterns are applied after NFKC, which turns full-width digits into digits of the same length. */
const separators = '[\\s\\-–—.·]?';
const spaced = (digits: string) => digits.split('').join(separators);
const digit = `\\d${separators}`;

const numbers = new RegExp(
  [
    // Identity numbers: 18 characters, the last a digit or X; formerly 15 digits.
    `(?<!\\d)(?:${digit}){17}[\\dXx](?!\\d)`,
    // Bank: 16 to 19 digits.
    `(?<!\\d)(?:${digit}){15,18}\\d(?!\\d)`,
    `(?<!\\d)(?:${digit}){14}\\d(?!\\d)`,
    // Mobile numbers, with or without country code.
    `(?<!\\d)(?:\\+?86${separators})?1${separators}[3-9]${separators}(?:${digit}){8}\\d(?!\\d)`,
    // Fixed line with its area.
    `(?<!\\d)0${separators}(?:${digit}){9,10}\\d(?!\\d)`,
    // QQ numbers and the like, if named as such.
    `(?<=(?:QQ|qq|微信|账号|帐号|电话|手机|卡号)[:： 号是]{0,3})${spaced('ddddd').replaceAll('d', '\\d')}(?:${digit})*`,
  ].join('|'),
  'g',
);

/** The most frequent surnames (over a hundred), and compound ones. */
const surnames =
  '欧阳|上官|司马|诸葛|司徒|东方|独孤|南宫|夏侯|皇甫|尉迟|公孙|慕容|令狐|' +
  [
    ...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝',
  ].join('|');
const given = '[\\u4e00-\\u9fff]';
const titles =
  '老师|校长|园长|主任|局长|科长|股长|书记|县长|乡长|镇长|教师|班主任|教导|同学|家长|医生|经理|先生|女士|爸爸|妈妈';
/** A surname, alone or with a given name, directly before a title. */
const beside = new RegExp(`(?:${surnames})${given}{0,2}?(?=(?:${titles}))`, 'g');
const compound = surnames
  .split('|')
  .filter((surname) => surname.length === 2)
  .join('|');
/** Explicitly introduced as a name. A compound surname has a given name of one character. */
const introduced = new RegExp(
  `(?<=(?:我叫|名叫|叫做|姓名[:：是]?|名字[:：是叫]?|班主任是?|校长是|老师是))(?:(?:${compound})${given}|(?:${surnames})${given}{1,2})`,
  'g',
);
/** Words that the rule would mistake for names. */
const words =
  /^(?:全|于|和|方|成|文|时|安|明|单|高|马上|任课|任何|和家|和其|高中|高年|金牌|白班|石头|水平|全体|全部|方面|明白|安全|文化|时候|成绩|国家|于是|和老|应该|温暖|关心|关于|尤其|连续|解决|解释|管理|农村|成年|向老|向校|同班|安排|单位|毕业|简单|麻烦|明显|全县|全校|全班|景区|向家|和校|和教|时间|任教|于老|路上|游戏|项目|车上|商量|师德|宁可|尚可|易于|关爱|关注|盛大|应当|应有|包括|包班)/;

const masked = (text: string) => '＊'.repeat(Math.min(4, [...text].length));

/** The text with identifying parts replaced by ＊; `found`: how many. */
export function maskText(text: string): { readonly text: string; readonly found: number } {
  let found = 0;
  const hide = (match: string): string => {
    found++;
    return masked(match);
  };
  const name = (match: string): string => (words.test(match) ? match : hide(match));
  const halfWidth = text.replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  return {
    text: halfWidth.replace(numbers, hide).replace(introduced, name).replace(beside, name),
    found,
  };
}
