/** Files that are fetched side by side. */
const lanes = 6;

/** Does work for each of some numbers, from 0 on, several at a time. */
export async function inLanes(count: number, work: (one: number) => Promise<void>): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
        while (next < count) await work(next++);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
}
