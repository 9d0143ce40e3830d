import type { TopLevelSpec } from 'vega-lite';
import { isUnder, shortNames } from '../../quants/quantFile.js';
import type { QuantFile, Quants } from '../../quants/quantsFile.js';
import { formatMeasured } from '../../support/format.js';
import { figureFrame } from './theme.js';
import { colorBarPanel, heatmap, type HeatmapCell } from './heatmap.js';

/** The colours end here: of a larger divergence little is left to compare. */
const most = 1;
/** Below it, as much of the colours as of ten times as much. */
const least = 0.001;

/** KL divergence from the reference, by file and language: blue under the bound, red above. */
export function quantsFigure({ files: all, languages, maxKl }: Quants): TopLevelSpec {
    const position = positionOf(maxKl);
    const names = shortNames(all);
    const [, ...files] = all.map((file) => ({ ...file, name: names.get(file.name)! }));
    const cells = files.flatMap((file) => languages.map((language) => cellOf(file, language, maxKl)));
    const rows = files.map(({ name }) => name);
    const panel = heatmap(cells, {
        ...{ rows, columns: languages },
        ...{ rowTitle: null, columnTitle: 'language of the texts' },
    });
    const marks = [least, maxKl, most].filter((value, i, all) => all.indexOf(value) === i);
    const ticks = marks.map((value) => ({ position: position(value), label: formatMeasured(value) }));
    return {
        ...figureFrame,
        spacing: 22,
        vconcat: [panel, colorBarPanel('KL divergence from the reference (nats a token)', [-1, 1], ticks)],
    };
}

function cellOf(file: QuantFile, language: string, maxKl: number): HeatmapCell {
    const numbers = file.perLanguage[language]!;
    const { value, interval } = numbers.kl;
    const between = interval === null ? '' : `, 95 % ${formatMeasured(interval[0])} to ${formatMeasured(interval[1])}`;
    return {
        row: file.name,
        column: language,
        position: positionOf(maxKl)(value),
        text: cellText(value),
        outlined: !isUnder(numbers, maxKl),
        hover: `${file.name}, ${language}: ${formatMeasured(value)} nats a token${between}`,
    };
}

/** By the logarithm: −1 at `least` or below, 0 at the bound, 1 at `most` or above. */
function positionOf(bound: number): (value: number) => number {
    return (value) => {
        const far = Math.log(Math.max(value, least) / bound);
        const whole =
            far < 0 ? Math.log(bound / Math.min(least, bound / 2)) : Math.log(Math.max(most, 2 * bound) / bound);
        return Math.max(-1, Math.min(1, far / whole));
    };
}

function cellText(value: number): string {
    return value < 0.0005 ? '0' : value < 10 ? value.toPrecision(2).slice(0, 6) : value.toFixed(0);
}
