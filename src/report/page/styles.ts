import { darkCellColors } from '../figures/palette.js';
import { classColors, colors, fontFamily } from '../figures/theme.js';

/** Colours of the figures in dark mode, by their colours in the files. */
const darkColors: Readonly<Record<string, string>> = {
    [colors.ink]: '#dfe3e8',
    [colors.muted]: '#8b949e',
    [colors.grid]: '#30363d',
    [colors.band]: '#1c222a',
    [colors.background]: '#161b22',
    [colors.noise]: '#1b2027',
    [colors.missing]: '#3a4149',
    [colors.unclassified]: '#6e7781',
    [colors.cellDark]: '#f4f4f4',
    [colors.outline]: '#dfe3e8',
    [colors.cellGap]: '#161b21',
    ...Object.fromEntries(darkCellColors()),
    [classColors.specific]: '#ff8c42',
    [classColors.related]: '#6db3f2',
    [classColors.general]: '#4cc38a',
};

// Style rules win over SVG attributes, so the same figure serves both modes.
const darkFigures = Object.entries(darkColors)
    .map(([light, dark]) => `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`)
    .join('\n');

/** The page's style sheet. */
export const styleSheet = `
:root{color-scheme:light dark;--ink:${colors.ink};--muted:${colors.muted};
--line:#d8dee4;--page:#f6f7f9;--card:${colors.background};
--specific:#b34e00;--related:${classColors.related};--general:#1d7a50;--link:${classColors.related}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 ${fontFamily}}
body>*{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
header p:first-child{margin:0;color:var(--muted);font-size:.85rem;letter-spacing:.04em}
main{padding-bottom:64px}
nav{margin-top:20px;font-size:.93rem}
nav h2{font-size:1rem}
nav ol{margin:0;padding-left:1.4em}nav ol ol{list-style:none;padding-left:.6em;font-size:.92em}
nav a{text-decoration:none}nav a:hover,nav a:focus{text-decoration:underline}
.downloads{display:flex;gap:8px;margin:14px 0 0}
.downloads>*,button.sort{font:inherit;color:inherit;cursor:pointer}
.downloads>*{font-size:.85rem;padding:3px 12px;border:1px solid var(--line);border-radius:6px;
background:none;color:var(--link);text-decoration:none}
button.sort{all:unset;cursor:pointer;font-weight:600}
button.sort:focus-visible{outline:2px solid var(--link)}
button.sort::after{content:'\u00a0↕';color:var(--muted);font-weight:400}
[aria-sort=ascending] button.sort::after{content:'\u00a0↑'}[aria-sort=descending] button.sort::after{content:'\u00a0↓'}
.tip{position:fixed;z-index:9;max-width:min(340px,90vw);padding:6px 10px;border-radius:6px;
background:var(--ink);color:var(--card);font-size:.85rem;pointer-events:none}
.tip[hidden]{display:none}
td.tokens{white-space:normal;min-width:200px}
td.tokens bdi{padding:0 4px;border-radius:4px;background:var(--page)}
.name{font-weight:400;color:var(--muted)}
.answer{margin:0;padding:8px 12px;border-left:3px solid var(--line);overflow-wrap:anywhere}
.answer>span{display:block;white-space:pre-wrap}
.answer b{display:block;font-size:.85rem;color:var(--muted);font-weight:600}
.answer.elsewhere{border-left-color:var(--specific)}
.question{margin:0 0 6px;color:var(--muted);max-width:92ch}
.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:12px;margin:0 0 14px}
h1{margin:.1em 0 .7em;font-size:2.1rem;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:0 0 .6em;font-size:1.3rem;line-height:1.3}
h2.chapter{margin:44px 0 0;font-size:1.5rem}
h3{margin:0 0 .6em;font-size:1.1rem}
h4{margin:1.4em 0 .4em;font-size:.95rem}
p{margin:0 0 .8em;overflow-wrap:anywhere}
section{margin:28px 0 0;padding:24px 28px;min-width:0;scroll-margin-top:12px;
background:var(--card);border:1px solid var(--line);border-radius:10px}
.lead{font-size:1.15rem}
.small,.paper{color:var(--muted);font-size:.88rem}
.specific{color:var(--specific)}.related{color:var(--related)}.general{color:var(--general)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:0 0 22px}
.tile{padding:12px 16px;border:1px solid var(--line);border-top:3px solid currentColor;border-radius:8px}
.tile b{display:block;font-size:1.4rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--muted);font-size:.88rem}
.summary p,.remarks p{max-width:92ch}
.notes{margin:18px 0 0;padding:10px 16px;border-left:3px solid var(--line);color:var(--muted)}
.notes p{margin:0;overflow-wrap:anywhere}
.warnings{margin:0 0 22px;padding:12px 16px;border-left:4px solid var(--specific);background:var(--page)}
.warnings:last-child{margin:0}
.warnings p{margin:0;overflow-wrap:anywhere}
figure{margin:0;display:grid;gap:8px 36px;align-items:start}
figure svg{display:block;max-width:100%;height:auto}
figure .scroll{overflow-x:auto}
figure:not(.wide){grid-template-columns:minmax(0,540px) minmax(0,1fr)}
figcaption{min-width:0}
figure.wide{grid-template-columns:minmax(0,1fr)}
figure.wide svg{margin:0 auto}
figcaption{font-size:.95rem}
figure:not(.wide) figcaption{padding-top:36px}
figcaption p:last-child{margin:0}
details>.small{margin:12px 0 0}
details{margin:18px 0 0;border-top:1px solid var(--line);padding-top:12px}
summary{cursor:pointer;font-weight:600;font-size:.92rem}
.table{overflow-x:auto;margin:10px 0 16px;
background:linear-gradient(to right,var(--card) 60%,transparent) 0 0/40px 100% local,
linear-gradient(to left,var(--card) 60%,transparent) 100% 0/40px 100% local,
linear-gradient(to right,var(--line),transparent) 0 0/14px 100%,
linear-gradient(to left,var(--line),transparent) 100% 0/14px 100%;background-repeat:no-repeat}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:4px 12px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,.text{text-align:left}
.sentences td,.sentences th{white-space:normal;vertical-align:top}
ul{margin:0 0 .8em;padding-left:1.3em}
thead th{white-space:normal;vertical-align:bottom;border-bottom:2px solid var(--line)}
tbody th{font-weight:600}
tr.lead{font-size:inherit;font-weight:600}
tr.control{color:var(--muted)}tr.control th{font-weight:400}
.guide{margin:14px 0 0;max-width:100ch}
dl{margin:0;display:grid;grid-template-columns:max-content minmax(0,1fr);gap:8px 24px;font-size:.93rem}
dt{font-weight:600;color:var(--muted)}
dd{margin:0;max-width:85ch;overflow-wrap:anywhere}
.definitions+p{margin:16px 0 0}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media screen and (min-width:1440px){
body{display:grid;grid-template-columns:280px minmax(0,1160px);justify-content:center;gap:0 28px;align-content:start}
body>*{margin:0;max-width:none}
header{grid-column:2}
nav{grid-column:1;grid-row:1/span 2;position:sticky;top:0;max-height:100vh;overflow-y:auto;
padding:40px 0 24px 12px;margin:0}
main{grid-column:2}}
@media screen and (max-width:900px){
figure:not(.wide){grid-template-columns:minmax(0,1fr)}
figure:not(.wide) figcaption{padding-top:0}
dl{grid-template-columns:minmax(0,1fr);gap:2px}
dd{margin-bottom:10px}}
@media screen and (max-width:600px){
body>*{padding-left:10px;padding-right:10px}
header{padding-top:20px}
.pair{grid-template-columns:minmax(0,1fr)}
section{padding:16px 14px}
h1{font-size:1.6rem}
figure.wide svg{max-width:none}
figure.shrinks svg{max-width:max(100%,420px)}}
@media screen and (prefers-color-scheme:dark){
:root{--ink:#dfe3e8;--muted:#9aa4af;--line:#30363d;--page:#0d1117;--card:${darkColors[colors.background] ?? ''};
--specific:${darkColors[classColors.specific] ?? ''};--related:${darkColors[classColors.related] ?? ''};
--general:${darkColors[classColors.general] ?? ''};--link:#8cc4ff}
${darkFigures}
}
@media print{
:root{color-scheme:light}
html{font-size:10pt}
body{background:none;font-size:10pt}
.tiles{grid-template-columns:repeat(6,1fr)}
.tile{padding:6px 8px}.tile b{font-size:1.15rem}
.table,figure .scroll{overflow:visible;background:none}
th,td{padding:2px 7px}
body>*{max-width:none;padding:0}
nav,.downloads,.tip,button.sort::after{display:none}
section{margin:14px 0 0;padding:0;border:0}
figure,.tiles,tr,dd,.pair,table[data-fixed]{break-inside:avoid}
dt{break-after:avoid}
h2,h3,h4,.question,p:has(+.table table[data-fixed]){break-after:avoid}
figure:not(.wide){grid-template-columns:minmax(0,56%) minmax(0,1fr)}
details:not([open]){display:none}
}
`;
