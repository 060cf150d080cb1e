/** Headers as clerks write them: collected from school-register exports, forms of education bureaus and what people reported. */
import { describe, expect, it } from 'vitest';
import { mapFrameHeader, mapSchoolHeader } from '../../../../src/domain/frame/roll/header.ts';
import type { TableRow } from '../../../../src/domain/frame/roll/table.ts';

const table = (...cells: string[]): TableRow[] => [{ sheet: '', row: 1, cells }];

const phones = [
  ...['手机', '手机号', '手机号码', '电话', '电话号码', '联系电话', '联系方式', '联系手机', '联系手机号'],
  ...[
    '联系号码',
    '移动电话',
    '固定电话',
    '座机',
    '手机/电话',
    '联系电话(手机)',
    '联系电话（必填）：',
    '*手机号码',
  ],
  ...[
    '预留手机号',
    '接收短信手机号',
    '接收短信的手机号码',
    '可接收短信的手机号',
    '收短信手机号',
    '短信接收号码',
    '接收短信号码',
  ],
  ...['常用手机号', '有效联系电话', '备用电话', '主要联系电话', '登记手机号', '绑定手机号', '微信绑定手机号'],
  ...[
    '家长电话',
    '家长手机',
    '家长联系电话',
    '家长联系方式',
    '家长手机号码',
    '家长的手机号',
    '学生家长联系电话',
  ],
  ...[
    '监护人电话',
    '监护人联系方式',
    '监护人1联系电话',
    '第一监护人手机号',
    '法定监护人电话',
    '主要监护人联系电话',
  ],
  ...[
    '家长/监护人电话',
    '家长（监护人）联系电话',
    '家长或监护人手机号',
    '家长或其他监护人联系电话',
    '父母或监护人联系方式',
  ],
  ...[
    '父母联系电话',
    '父母电话',
    '父亲电话',
    '父亲手机号',
    '母亲联系电话',
    '母亲手机号码',
    '父亲或母亲联系电话',
  ],
  ...[
    '父电话',
    '母电话',
    '爸爸手机',
    '妈妈手机号',
    '爷爷电话',
    '祖父母电话',
    '家庭联系电话',
    '家庭电话',
    '住宅电话',
  ],
  ...['紧急联系人电话', '紧急联系电话', '联系人手机', '家属联系电话', '学生家庭联系电话', '家长预留手机号'],
  ...['家长常用手机号', '家长姓名及电话', '家长姓名、联系电话', '家长接收短信手机号'],
  ...[
    '教师手机号',
    '老师联系电话',
    '教职工联系方式',
    '校长手机',
    '人大代表联系电话',
    '政协委员手机号',
    '本人电话',
  ],
  ...['受访者电话', '被调查人联系电话', '居民电话', '户主电话', '电话1', '联系电话2'],
  ...['phone', 'Mobile', 'Mobile number', 'Phone No.', "Mother's phone", 'Parent phone', 'Contact number'],
  ...['Guardian mobile', 'Telephone', 'Cell phone'],
];
const phonesOfOthers = [
  ...[
    '身份证号',
    '身份证号码',
    '监护人身份证号',
    '学籍号',
    '学号',
    '全国学籍号',
    '班主任电话',
    '班主任手机号',
    '班主任联系方式',
  ],
  ...[
    '学校电话',
    '学校联系电话',
    '校长室电话',
    '单位电话',
    '办公电话',
    '传真',
    '邮政编码',
    '家长姓名',
    '监护人',
    '联系人',
  ],
  ...[
    '家庭住址',
    '联系地址',
    '银行卡号',
    '社保卡号',
    '手机型号',
    '电话费',
    'QQ号',
    '微信号',
    '电子邮箱',
    '班级',
    '出生日期',
  ],
  ...[
    '学生手机号',
    '学生本人电话',
    '学生本人手机',
    '是否有手机',
    '序号',
    '编号',
    '校医电话',
    '教育局监督电话',
    '投诉电话',
  ],
  ...['Email', 'ID number', 'Student number', 'School phone'],
];
const schools = [
  ...[
    '学校',
    '学校名称',
    '学校名',
    '学校全称',
    '校名',
    '校名全称',
    '学校（全称）',
    '*学校名称',
    '学校名称（必填）',
  ],
  ...[
    '就读学校',
    '就读学校名称',
    '现就读学校',
    '目前就读学校',
    '学生就读学校',
    '孩子就读学校',
    '子女就读学校',
    '子女所在学校',
  ],
  ...[
    '所在学校',
    '所在学校名称',
    '学生所在学校',
    '学生所在学校名称',
    '孩子所在学校',
    '在读学校',
    '就学学校',
    '学籍所在学校',
  ],
  ...[
    '所属学校',
    '所读学校',
    '任教学校',
    '任职学校',
    '工作学校',
    '现任教学校',
    '教师所在学校',
    '学校/教学点',
    '学校及教学点名称',
  ],
  ...['学校(教学点)名称', '就读校名', '所在校', '单位', '单位名称', '工作单位', '所在单位', '学 校 名 称'],
  ...['School', 'School name', 'Name of school', 'School attended'],
];
const schoolsOfOthers = [
  ...[
    '学校代码',
    '学校标识码',
    '学校电话',
    '学校地址',
    '学校类别',
    '学校性质',
    '毕业学校',
    '毕业院校',
    '原就读学校',
  ],
  ...[
    '转出学校',
    '学校负责人',
    '学校联系人',
    '是否住校',
    '校车',
    '校区',
    '学段',
    '学习时间',
    '父亲工作单位',
    '家长单位',
  ],
  ...['School type', 'School phone'],
];

describe('phone headers', () => {
  it('there are at least 60', () => expect(new Set(phones).size).toBeGreaterThanOrEqual(60));
  it.each(phones)('%s', (header) => {
    expect(mapFrameHeader(table('学校', header), { group: 'parent' })).toMatchObject({
      ok: true,
      columns: { school: [0], phone: [1] },
    });
  });
  it.each(phonesOfOthers)('not %s', (header) => {
    expect(mapFrameHeader(table('学校', '联系电话', header), { group: 'parent' })).toMatchObject({
      ok: true,
      columns: { school: [0], phone: [1] },
    });
  });
});

describe('school headers', () => {
  it('there are at least 30', () => expect(new Set(schools).size).toBeGreaterThanOrEqual(30));
  it.each(schools)('%s', (header) => {
    expect(mapFrameHeader(table('联系电话', header), { group: 'parent' })).toMatchObject({
      ok: true,
      columns: { phone: [0], school: [1] },
    });
  });
  it.each(schoolsOfOthers)('not %s', (header) => {
    const found = mapFrameHeader(table('联系电话', header, '就读学校'), { group: 'parent' });
    expect(found).toMatchObject({ ok: true, columns: { phone: [0], school: [2] } });
  });
  it('takes the employer of a parent only where there is no school', () => {
    const found = mapFrameHeader(table('工作单位', '就读学校', '电话'), { group: 'parent' });
    expect(found).toMatchObject({ ok: true, columns: { school: [1], phone: [2] }, unmapped: 1 });
  });
});

describe('headers of a list of schools', () => {
  it.each([
    ...[
      '学校',
      '学校名',
      '学校名称',
      '学校全称',
      '学校规范名称',
      '校名',
      '单位名称',
      '机构名称',
      '学校(机构)名称',
      '学校/教学点名称',
    ],
    'School name',
  ])('name: %s', (header) => {
    expect(mapSchoolHeader(table('序号', header))).toMatchObject({ ok: true, columns: { name: [1] } });
  });
  it.each(['简称', '学校简称', '曾用名', '学校曾用名', '原校名', '别名', '俗称', 'Alias', 'Short name'])(
    'alias: %s',
    (header) => {
      const found = mapSchoolHeader(table('学校名称', header));
      expect(found).toMatchObject({ ok: true, columns: { name: [0], alias: [1] } });
    },
  );
  it.each(['学校标识码', '学校(机构)标识码', '学校代码', '单位代码', '标识码'])('code: %s', (header) => {
    const found = mapSchoolHeader(table('学校名称', header));
    expect(found).toMatchObject({ ok: true, columns: { name: [0], code: [1] } });
  });
});

it('recognises where a school lies, and not where a family lives', () => {
  for (const header of ['乡镇', '所属乡镇', '乡（镇）', '镇街', '学校所在乡镇', '乡镇/街道', '所在地镇街'])
    expect(mapFrameHeader(table('学校', '电话', header), { group: 'parent' })).toMatchObject({
      columns: { township: [2] },
    });
  for (const header of ['家庭所在乡镇', '户籍乡镇', '户口所在镇'])
    expect(mapFrameHeader(table('学校', '电话', header), { group: 'parent' })).toMatchObject({
      columns: { township: [] },
    });
});
