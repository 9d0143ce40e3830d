// @ts-check
/** What stops a build or a resolution: one line that says what is wrong and how to mend it. */
export class BuildError extends Error {
    code = 'BUILD';

    /**
     * @param {string} message one line, with the mend
     * @param {ErrorOptions} [options]
     */
    constructor(message, options) {
        super(message, options);
        this.name = 'BuildError';
    }
}
