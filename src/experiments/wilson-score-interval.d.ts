/** The package brings no types. */
declare module 'wilson-score-interval' {
    /** Limits of the 95 % interval of a share. */
    export default function wilson(positive: number, total: number): { left: number; right: number };
}
