/** Most sources that a sentence names. */
const mostNamed = 3;

/** The sources of a dataset for a sentence: without their folders, and counted where they are many. */
export function datasetLabel(name: string): string {
    const sources = name.split(' + ').map((source) => source.replace(/^.*[/\\](?=.)/, ''));
    return sources.length > mostNamed ? `${sources.length} sources` : sources.join(', ');
}
