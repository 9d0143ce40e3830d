/** The part of jStat that this tool uses; the package brings no types. */
declare module 'jstat' {
    const jStat: {
        readonly studentt: {
            /** Quantile of Student's t distribution. */
            inv(p: number, degreesOfFreedom: number): number;
        };
    };
    export default jStat;
}
