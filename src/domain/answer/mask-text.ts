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
    ...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝',
  ].join('|');
/** Surnames that also end a common word before a title: 语文老师, 提高校长. After these characters they are no names. */
const endsOfWords: Readonly<Record<string, string>> = {
  于: '对关由至便利易善在属过等终处出用适源基限大小低高优位急敢乐勇苦富忙归',
  高: '提很不最更太过较初升身增拔崇费求力质量平学声性度气效率分价温',
  方: '地对双一官校各前多东西南北大我己他她你何男女',
  文: '语英中作人论国古课外散征',
  成: '完赞变形造达组养促构做当分看收现改换建编说叫合集生',
  安: '治保平不公晚早',
  明: '说证文表透聪光不发精声开鲜分',
  单: '简孤名菜清订账传',
  全: '健齐完成安俱周保不',
};
const surname = surnames
  .split('|')
  .map((name) => (name in endsOfWords ? `(?<![${endsOfWords[name]}])${name}` : name))
  .join('|');
const given = '[\\u4e00-\\u9fff]';
const titles =
  '老师|校长|园长|主任|局长|科长|股长|书记|县长|乡长|镇长|教师|班主任|教导|同学|家长|医生|经理|先生|女士|爸爸|妈妈';
/** A surname, alone or with a given name, directly before a title. */
const beside = new RegExp(`(?:${surname})${given}{0,2}?(?=(?:${titles}))`, 'g');
const compound = surnames
  .split('|')
  .filter((name) => name.length === 2)
  .join('|');
/** Explicitly introduced as a name. A compound surname has a given name of one character. */
const introduced = new RegExp(
  `(?<=(?:我叫|名叫|叫做|姓名[:：是]?|名字[:：是叫]?|班主任是?|校长是|老师是))(?:(?:${compound})${given}|(?:${surnames})${given}{1,2})`,
  'g',
);
/** Words that the rule would mistake for names. */
const words =
  /^(?:全$|全[体部校班县市省国乡镇程面科心职是靠年天员力]|于[是学]|方[便面式法案向针]|成[绩为功了年人长熟立天本]|文[化科明件凭体艺盲章]|时|安[全排心静]|明[白显确天年星]|单[位独亲一]|高[一二三中年水学素级校考质薪分职层度收等]|高新[区技]|马上|任课|任何|金牌|白班|石头|水平|国家|应该|温暖|关心|关于|尤其|连续|解决|解释|管理|农村|向老|向校|同班|毕业|简单|麻烦|景区|向家|任教|路上|游戏|项目|车上|商量|师德|宁可|尚可|易于|关爱|关注|盛大|应当|应有|包括|包班)/;

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
