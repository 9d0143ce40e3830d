/** An answer with its longer runs of line breaks told, `⏎ × 40`: a small model may write little else. */
export function shownAnswer(text: string): string {
    return text.replace(/[^\S\n]*(?:\n[^\S\n]*){3,}/g, (run, at: number) => {
        const breaks = `⏎ × ${run.split('\n').length - 1}`;
        return `${at === 0 ? '' : '\n'}${breaks}\n`;
    });
}
