/** @import { ProgressEvent } from './build.mjs' */

const buildMessage = 'Building llama.cpp with the neuron adapter';
/** No estimate before this much is done: the first files say little. */
const estimateFrom = 10;

/**
 * @param {string} line of make's or ninja's output
 * @returns {number | undefined} percent done
 */
export function parsePercent(line) {
    const make = /^\[\s*(\d+)%\]/.exec(line);
    if (make) return Number(make[1]);
    const ninja = /^\[(\d+)\/(\d+)\]/.exec(line);
    return ninja ? Math.floor((100 * Number(ninja[1])) / Number(ninja[2])) : undefined;
}

/**
 * Turns lines of output into events, one for each new percent.
 *
 * @param {(event: ProgressEvent) => void} report
 * @param {() => number} now in milliseconds
 */
export function trackProgress(report, now = () => performance.now()) {
    const start = now();
    let last = -1;
    return (/** @type {string} */ line) => {
        const percent = parsePercent(line);
        if (percent === undefined || percent <= last) return;
        last = percent;
        const seconds = (now() - start) / 1000;
        const secondsLeft = percent < estimateFrom ? undefined : Math.round((seconds * (100 - percent)) / percent);
        report({ percent, secondsLeft, message: buildMessage });
    };
}

/**
 * One line that rewrites itself on a terminal, a line for every ten percent elsewhere.
 *
 * @param {{ write(text: string): unknown, isTTY?: boolean | undefined }} stream
 * @returns {(event: ProgressEvent) => void}
 */
export function showProgress(stream = process.stderr) {
    let shown = -1;
    return ({ percent, secondsLeft, message }) => {
        const left = secondsLeft === undefined || percent === 100 ? '' : `, about ${secondsLeft} s left`;
        const text = `${message}: ${percent} %${left}`;
        if (stream.isTTY) {
            stream.write(`\r\x1b[K${text}${percent === 100 ? '\n' : ''}`);
        } else if (Math.floor(percent / 10) > shown) {
            shown = Math.floor(percent / 10);
            stream.write(`${text}\n`);
        }
    };
}
