/**
 * The style sheet inside a published page. The marks of charts look as in the staff's sheet (`http/assets/staff.css`), with
 * variables of the same names.
 */
export const publicationStyle = `:root{color-scheme:light dark;--ink:#1b1f24;--ink-soft:#505862;--line:#d5dae0;--line-strong:#737c87;--soft:#f3f5f7;--card:#fff;--page:#eef1f4;--brand:#14507d;
--ok:#14603f;--ok-soft:#e1f2e9;--bad:#a3201a;--bad-soft:#fbe9e7;--warn:#7a4d00;--warn-soft:#fbf0d6;--bar:#3f74a3;--bar-pale:#9bb8d1;--ground:#e2e7ec;--focus:#b35900}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e9ecef;--ink-soft:#b3bbc4;--line:#3a424b;--line-strong:#8d97a2;--soft:#232930;--card:#1a1f25;--page:#111519;--brand:#9accf5;
--ok:#7cd6aa;--ok-soft:#14372a;--bad:#ff9d94;--bad-soft:#46201d;--warn:#edc46c;--warn-soft:#3d2f10;--bar:#6fa3d2;--bar-pale:#45658a;--ground:#313942;--focus:#ffb454}}
*{box-sizing:border-box}
body{font:1rem/1.65 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;margin:0;padding:0 1rem 3rem;color:var(--ink);background:var(--page)}
main{max-width:52rem;margin:0 auto}
h1{font-size:1.5rem;line-height:1.35;margin:1.5rem 0 .25rem}h2{font-size:1.1875rem;line-height:1.4;margin:0 0 .5rem}h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:0 0 .5rem}a{color:var(--brand)}:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
section,.all{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem 1.25rem;margin:.875rem 0}
.good{border-top:5px solid var(--ok)}.bad{border-top:5px solid var(--bad)}.doubt{border-top:5px solid var(--warn)}.none{border-top:5px solid var(--line-strong)}
.figure{font-size:min(3rem,20vw);line-height:1.15;font-weight:bold;margin:0;font-variant-numeric:tabular-nums}.figure.words{font-size:1.5rem}
.tag{border-radius:4px;padding:.1rem .5rem}.good .tag,.tag.good{background:var(--ok-soft);color:var(--ok)}.bad .tag,.tag.bad{background:var(--bad-soft);color:var(--bad)}.doubt .tag,.tag.doubt{background:var(--warn-soft);color:var(--warn)}.none .tag,.tag.none{background:var(--soft)}
.mark{border:2px solid var(--warn);background:var(--warn-soft);color:var(--warn);padding:.5rem 1rem;margin:1rem 0 0}
.quiet,.about{color:var(--ink-soft);font-size:.875rem}.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0 0 0 0);white-space:nowrap}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.875rem;font-weight:normal;color:var(--ink-soft);vertical-align:bottom}tbody th{font-weight:bold}.all th[scope=row]{white-space:nowrap;font-weight:normal}
td.number,th.number{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}td.why,.why{color:var(--ink-soft)}.below{color:var(--bad)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--soft);padding:.75rem;font-size:.8125rem;line-height:1.45}
dt{font-weight:bold}dd{margin:0 0 .5rem;overflow-wrap:anywhere}ol{padding-inline-start:1.5rem}li{margin:0 0 .5rem;overflow-wrap:anywhere}
summary{cursor:pointer;font-weight:bold;padding:.35rem 0}
.plot th,.plot td{border:0;padding:0 6px 0 0;height:2.125rem;vertical-align:middle}.plot thead th{height:20px;font-size:.75rem;vertical-align:bottom;white-space:nowrap}
.plot tbody th{width:1%;min-width:6em;line-height:1.3}.plot.tall tbody th{min-width:11em}.plot .n{width:1%;padding-inline-start:12px;text-align:end;white-space:nowrap;font-variant-numeric:tabular-nums}
.plot .n .why{white-space:normal;display:inline-block;min-width:5em}.chart,.plot .drawn{font-size:.75rem;line-height:1}.chart{container-type:inline-size}@container (max-width:24lh){.chart text.minor{display:none}}@container (max-width:10.5lh){.chart text.spare{display:none}}:is(.chart,.drawn)>svg{font-size:1lh}.plot .drawn{position:relative;min-width:8em;min-width:8lh;padding:0}
.plot .strip{position:absolute;inset:0;width:100%;height:100%;overflow:visible}.axis{display:block;width:100%;height:1.5em;overflow:visible}
.axis text,.number-line text{fill:var(--ink-soft)}.axis .strong,.number-line .strong{fill:var(--ink);font-weight:bold}
.number-line{display:block;width:100%;overflow:visible}.at{overflow:visible}.strip .grid{stroke:var(--ground)}.strip .threshold,.number-line .threshold{stroke:var(--bad);stroke-width:2}
.strip .interval{stroke:var(--bar-pale);stroke-width:5}.point{fill:var(--bar)}.point.hollow{fill:var(--card);stroke:var(--bar);stroke-width:2.5}
.number-line .track{fill:var(--soft);stroke:var(--line)}.number-line .tick{stroke:var(--line-strong)}.number-line .band{fill:var(--bar-pale)}.number-line .point{stroke:var(--card);stroke-width:1.5}
.number-line .judge{fill:var(--bad);font-weight:bold}.number-line .pointer,.number-line circle.no{fill:var(--ink-soft)}.number-line text.no{fill:var(--card);font-weight:bold}
.line-key{font-size:.875rem;line-height:1.4}.line-key li{margin:0}.legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:.375rem 0;padding:0;font-size:.8125rem;color:var(--ink-soft)}.legend li{margin:0}
.sign{width:16px;height:13px;margin-inline-end:5px;vertical-align:-2px;overflow:visible}
@media (max-width:600px){body{padding:0 min(.75rem,4vw) 2rem}section,.all{padding:.75rem min(.875rem,4vw)}
.stack thead{display:none}.stack tr{display:grid;grid-template-columns:1fr auto;gap:0 .75rem;padding:.5rem 0;border-bottom:1px solid var(--line)}.stack th,.stack td{border:0;padding:0}.stack .minor{display:none}.stack td:last-child{grid-column:1/-1;font-size:.875rem}}
.plot-box{container-type:inline-size;line-height:1.65}
@container (max-width:32em) or (max-width:19.4lh){.plot .minor{display:none}.plot tbody th{min-width:4.5em}.plot.tall tbody th{min-width:8em}}
@container (max-width:17em) or (max-width:10.3lh){.plot :is(thead,tbody,tr,thead th,tbody th,td){display:block;width:auto;min-width:0;height:auto;padding:0;text-align:start;white-space:normal}.plot thead :is(.names,.n){position:absolute;left:-999em}
.plot-box .plot tbody .drawn{height:2.5em;height:2.5lh}.plot-box .plot tbody tr{padding:.5rem 0;border-bottom:1px solid var(--line)}.plot td[data-label]::before{content:attr(data-label);padding-inline-end:.5rem;color:var(--ink-soft)}}
@media print{@page{size:A4;margin:14mm 12mm}body{font-size:9.5pt;line-height:1.4;padding:0;background:#fff;color:#000}main{max-width:none}section,.all{border:0;padding:0;margin:0 0 4mm}h1{font-size:16pt;margin-top:0}h2{font-size:12pt}
h1,h2,h3,dt,summary{break-after:avoid}h2,h3{break-inside:avoid}h2::after,h3::after{content:"";display:block;height:30mm;margin-bottom:-30mm}
.figure{font-size:28pt}.scroll{overflow:visible}.all table,.all thead th{font-size:7pt;line-height:1.2}thead{display:table-header-group}tr,li,svg{break-inside:avoid}
.all th,.all td{padding:.25mm 1.2mm;overflow-wrap:anywhere}.all th[scope=row],td.number{white-space:nowrap;overflow-wrap:normal}.all td{min-width:2em}td.why{color:#333}
details::details-content{content-visibility:visible;display:block;block-size:auto}summary{list-style:none}
.strip *,.number-line *,.point,.tag{print-color-adjust:exact;-webkit-print-color-adjust:exact}
pre{font-size:7pt;line-height:1.25;padding:1mm;margin:1mm 0;break-inside:avoid}}`;
