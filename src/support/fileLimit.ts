const mends: Readonly<Record<string, string>> = {
    EMFILE: 'too many files are open for one process; raise the limit: ulimit -n 1024',
    ENFILE: 'too many files are open on this machine; end other processes',
};
/** Modules are read many at a time: with fewer files than this a package may seem not to be there. */
const fewFiles = 512;

/** In words, where what failed did so as no more files may be open: modules cannot be read then either. */
export function fileLimitWords(cause: unknown): string | undefined {
    for (let at = cause; at instanceof Error; at = at.cause) {
        const { code } = at as NodeJS.ErrnoException;
        if (code !== undefined && Object.hasOwn(mends, code)) return mends[code];
        if (code === 'ERR_MODULE_NOT_FOUND' && filesAllowed() < fewFiles) return mends.EMFILE;
    }
    return undefined;
}

/** Files that this process may have open at a time. */
function filesAllowed(): number {
    const report = process.report.getReport() as {
        readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
    };
    return Number(report.userLimits?.open_files?.soft ?? Infinity); // NaN where there is no limit
}
