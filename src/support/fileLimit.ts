const mends: Readonly<Record<string, string>> = {
    EMFILE: 'too many files are open for one process; raise the limit: ulimit -n 1024',
    ENFILE: 'too many files are open on this machine; end other processes',
};
/** Least limit of open files. Node reads many modules at a time; below this, a package may seem to be missing. */
const fewFiles = 512;

/** A message where an error was caused by the limit of open files, which also stops modules from being read. */
export function fileLimitWords(cause: unknown): string | undefined {
    for (let at = cause; at instanceof Error; at = at.cause) {
        const { code } = at as NodeJS.ErrnoException;
        if (code !== undefined && Object.hasOwn(mends, code)) return mends[code];
        if (code === 'ERR_MODULE_NOT_FOUND' && filesAllowed() < fewFiles) return mends.EMFILE;
    }
    return undefined;
}

/** The limit of open files of this process. */
function filesAllowed(): number {
    const report = process.report.getReport() as {
        readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
    };
    return Number(report.userLimits?.open_files?.soft ?? Infinity); // NaN where there is no limit
}
