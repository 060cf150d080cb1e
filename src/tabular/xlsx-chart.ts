/**
 * Native charts of the spreadsheet program, beside a table: a dot for each row's value, a bar from the lower to the upper bound,
 * a dashed line for the threshold. They refer to cells, and their cached numbers are taken from the rows as they are written, so
 * table and chart cannot differ. An empty cell is a gap. Parts and their order: ECMA-376-1, 21.2 (DrawingML charts) and 20.5
 * (spreadsheet drawings).
 */
import { columnLetters } from '../domain/frame/roll/table.ts';
import type { Cell, Row } from './cells.ts';
import { MAIN_DRAWING, OFFICE, PACKAGE, plainXmlText as plain, XML } from './xlsx-xml.ts';

export interface SheetChart {
  readonly title: string;
  /** Of the axis of values. */
  readonly unit: string;
  /** For those who cannot see it. */
  readonly description: string;
  /** Rows of the table that it draws, from 0 without the header. */
  readonly from: number;
  readonly to: number;
  /** Columns, counted from 0. */
  readonly names: number;
  readonly values: number;
  readonly bounds?: { readonly low: number; readonly high: number };
  readonly threshold?: number;
  readonly scale: { readonly low: number; readonly high: number; readonly step: number };
}

type Part = [path: string, content: string];

const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006';
/** In rows and columns of their default size, 20 and 64 pixels, because there are no others beside the table. */
const rowsHigh = 22;
const leastColumns = 9;
const columnPixels = 64;
/** With more rows than this, names are vertical, and values are not written beside their dots. */
const mostLyingNames = 12;
const pixelsOfUprightName = 22;
const pixelsOfAxis = 120;

const columnsWide = ({ from, to }: SheetChart) =>
  Math.max(leastColumns, Math.ceil((pixelsOfAxis + pixelsOfUprightName * (to - from + 1)) / columnPixels));

/** Whether a sheet with these charts is legible when printed on the width of one page. */
export const fitsOnPage = (charts: readonly SheetChart[]) =>
  charts.length > 0 && charts.every((chart) => columnsWide(chart) === leastColumns);

/**
 * Declarations of their parts in the package.
 * @param drawn number of charts on each sheet
 */
export function chartTypes(drawn: readonly number[]): string {
  const type = 'application/vnd.openxmlformats-officedocument.drawing';
  const override = (part: string, kind: string) =>
    `<Override PartName="/xl/${part}.xml" ContentType="${type}${kind}+xml"/>`;
  const total = drawn.reduce((sum, n) => sum + n, 0);
  return (
    drawn.map((n, i) => (n > 0 ? override(`drawings/drawing${i + 1}`, '') : '')).join('') +
    Array.from({ length: total }, (_, i) => override(`charts/chart${i + 1}`, 'ml.chart')).join('')
  );
}

/** Collects what charts need from a sheet's rows while they are written. */
export function createChartCells(charts: readonly SheetChart[], header: readonly string[]) {
  const kept = new Map<number, Row>();
  return {
    add: (index: number, row: Row) => {
      if (charts.some(({ from, to }) => index >= from && index <= to)) kept.set(index, row);
    },
    /** Parts of one sheet's charts, which are numbered from `first`; a chart whose rows are not all on the sheet is left out. */
    parts: (sheet: { readonly number: number; readonly name: string; readonly first: number }) => {
      const whole = charts.filter(({ to }) => kept.has(to));
      return {
        count: whole.length,
        parts:
          whole.length === 0
            ? []
            : [
                ...whole.map((chart, i): Part => [
                  `xl/charts/chart${sheet.first + i}.xml`,
                  chartXml(chart, sheet.name, header, (row, column) => kept.get(row)?.[column] ?? null),
                ]),
                ...drawingParts(whole, sheet, header.length),
              ],
      };
    },
  };
}

function drawingParts(
  charts: readonly SheetChart[],
  { number, first }: { readonly number: number; readonly first: number },
  columns: number,
): readonly Part[] {
  // Absolute, so that a filter that hides rows neither moves nor flattens them.
  const anchors = charts.map((chart, i) => {
    const corner = (name: string, column: number, row: number) =>
      `<xdr:${name}><xdr:col>${column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>${row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:${name}>`;
    const left = columns + 1;
    const top = 1 + i * (rowsHigh + 1);
    return (
      `<xdr:twoCellAnchor editAs="absolute">${corner('from', left, top)}${corner('to', left + columnsWide(chart), top + rowsHigh)}` +
      '<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr>' +
      `<xdr:cNvPr id="${i + 2}" name="Chart ${i + 1}" descr="${plain(chart.description)}"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>` +
      '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic>' +
      `<a:graphicData uri="${DRAWING}/chart"><c:chart xmlns:c="${DRAWING}/chart" r:id="rId${i + 1}"/></a:graphicData></a:graphic>` +
      '</xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>'
    );
  });
  const relation = (id: number, type: string, target: string) =>
    `<Relationship Id="rId${id}" Type="${OFFICE}/${type}" Target="${target}"/>`;
  const relations = (list: readonly string[]) =>
    `${XML}<Relationships xmlns="${PACKAGE}/relationships">${list.join('')}</Relationships>`;
  return [
    [
      `xl/drawings/drawing${number}.xml`,
      `${XML}<xdr:wsDr xmlns:xdr="${DRAWING}/spreadsheetDrawing" xmlns:a="${MAIN_DRAWING}" xmlns:r="${OFFICE}">${anchors.join('')}</xdr:wsDr>`,
    ],
    [
      `xl/drawings/_rels/drawing${number}.xml.rels`,
      relations(charts.map((_, i) => relation(i + 1, 'chart', `../charts/chart${first + i}.xml`))),
    ],
    [
      `xl/worksheets/_rels/sheet${number}.xml.rels`,
      relations([relation(1, 'drawing', `../drawings/drawing${number}.xml`)]),
    ],
  ];
}

const solid = (colour: string) => `<a:solidFill><a:srgbClr val="${colour}"/></a:solidFill>`;
const stroke = (colour: string, width: number, dash?: string) =>
  `<a:ln w="${width}">${solid(colour)}${dash ? `<a:prstDash val="${dash}"/>` : ''}</a:ln>`;
const noStroke = '<a:ln w="9525"><a:noFill/></a:ln>';
const font = (size: number, more = '') =>
  `<c:txPr><a:bodyPr${more}/><a:p><a:pPr><a:defRPr sz="${size}" b="0">${solid(black)}</a:defRPr></a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>`;
const titleXml = (text: string, size: number, turned = '') =>
  `<c:title><c:tx><c:rich><a:bodyPr${turned}/><a:p><a:pPr><a:defRPr sz="${size}" b="1"/></a:pPr><a:r><a:rPr lang="en-US" sz="${size}" b="1">` +
  `${solid(black)}</a:rPr><a:t>${plain(text)}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title>`;
const black = '262626';
const grey = '595959';
const pale = 'D9D9D9';
const red = 'C00000';
const upright = ' rot="-5400000" vert="horz"';

function chartXml(
  chart: SheetChart,
  sheet: string,
  header: readonly string[],
  cellAt: (row: number, column: number) => Cell,
): string {
  const { from, to, scale } = chart;
  const rows = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const isShort = rows.length <= mostLyingNames;
  const quoted = plain(`'${sheet.replaceAll("'", "''")}'!`);
  const headOf = (column: number) =>
    `<c:tx><c:strRef><c:f>${quoted}$${columnLetters(column)}$1</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>` +
    `${plain(header[column] ?? '')}</c:v></c:pt></c:strCache></c:strRef></c:tx>`;
  const rangeOf = (column: number) => {
    const letters = columnLetters(column);
    return `<c:f>${quoted}$${letters}$${from + 2}:$${letters}$${to + 2}</c:f>`;
  };
  const points = (column: number, textOf: (cell: Cell) => string | null) =>
    `<c:ptCount val="${rows.length}"/>${rows
      .map((row, i) => {
        const text = textOf(cellAt(row, column));
        return text === null ? '' : `<c:pt idx="${i}"><c:v>${text}</c:v></c:pt>`;
      })
      .join('')}`;
  const names = `<c:cat><c:strRef>${rangeOf(chart.names)}<c:strCache>${points(chart.names, nameIn)}</c:strCache></c:strRef></c:cat>`;
  let index = 0;
  const series = (column: number, look: string, labels = '') => {
    const id = index;
    index += 1;
    return (
      `<c:ser><c:idx val="${id}"/><c:order val="${id}"/>${headOf(column)}${look}${labels}${names}` +
      `<c:val><c:numRef>${rangeOf(column)}<c:numCache><c:formatCode>General</c:formatCode>${points(column, numberIn)}</c:numCache></c:numRef></c:val>` +
      '<c:smooth val="0"/></c:ser>'
    );
  };
  const dots = (symbol: string, size: number) =>
    `<c:spPr>${noStroke}</c:spPr><c:marker><c:symbol val="${symbol}"/><c:size val="${size}"/><c:spPr>${solid(black)}${stroke(black, 9525)}</c:spPr></c:marker>`;
  const labels = `<c:dLbls><c:numFmt formatCode="General" sourceLinked="1"/><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>${font(900)}<c:dLblPos val="r"/><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>`;
  const lines = (content: string, more = '') =>
    `<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>${content}${more}<c:marker val="1"/><c:axId val="1001"/><c:axId val="1002"/></c:lineChart>`;
  const value = series(chart.values, dots('circle', 8), isShort ? labels : '');
  const bounds =
    chart.bounds === undefined
      ? ''
      : series(chart.bounds.low, dots('dash', 7)) + series(chart.bounds.high, dots('dash', 7));
  const threshold =
    chart.threshold === undefined
      ? ''
      : lines(
          series(
            chart.threshold,
            `<c:spPr>${stroke(red, 22225, 'dash')}</c:spPr><c:marker><c:symbol val="none"/></c:marker>`,
          ),
        );
  const range = `<c:hiLowLines><c:spPr>${stroke(grey, 19050)}</c:spPr></c:hiLowLines>`;
  return (
    `${XML}<c:chartSpace xmlns:c="${DRAWING}/chart" xmlns:a="${MAIN_DRAWING}" xmlns:r="${OFFICE}"><c:roundedCorners val="0"/><c:chart>` +
    titleXml(chart.title, 1200) +
    '<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>' +
    lines(value + bounds, bounds === '' ? '' : range) +
    threshold +
    '<c:catAx><c:axId val="1001"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/>' +
    `<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:spPr>${stroke(grey, 9525)}</c:spPr>` +
    `${font(900, isShort ? '' : upright)}<c:crossAx val="1002"/><c:crosses val="min"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/>` +
    '<c:tickLblSkip val="1"/><c:noMultiLvlLbl val="1"/></c:catAx>' +
    `<c:valAx><c:axId val="1002"/><c:scaling><c:orientation val="minMax"/><c:max val="${scale.high}"/><c:min val="${scale.low}"/></c:scaling><c:delete val="0"/>` +
    `<c:axPos val="l"/><c:majorGridlines><c:spPr>${stroke(pale, 6350)}</c:spPr></c:majorGridlines>${titleXml(chart.unit, 900, upright)}` +
    `<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="out"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:spPr>${stroke(grey, 9525)}</c:spPr>` +
    `${font(900)}<c:crossAx val="1001"/><c:crosses val="min"/><c:crossBetween val="between"/><c:majorUnit val="${scale.step}"/></c:valAx>` +
    `<c:spPr><a:noFill/></c:spPr></c:plotArea><c:legend><c:legendPos val="b"/><c:overlay val="0"/>${font(900)}</c:legend>` +
    '<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>' +
    `<c:spPr>${solid('FFFFFF')}${stroke(pale, 9525)}</c:spPr></c:chartSpace>`
  );
}

const numberIn = (cell: Cell): string | null => {
  const number = cell !== null && typeof cell === 'object' ? cell.number : cell;
  return typeof number === 'number' && Number.isFinite(number) ? String(number) : null;
};
const nameIn = (cell: Cell): string | null => (typeof cell === 'string' ? plain(cell) : numberIn(cell));
