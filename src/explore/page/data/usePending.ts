import { useEffect, useRef, useState } from 'preact/hooks';

/** One piece of work at a time: another one, or leaving the view, ends the one before. */
export function usePending(): {
    /** Whether it is under way. */
    readonly pending: boolean;
    /** Why it failed, in one line; empty: it did not. */
    readonly failed: string;
    readonly begin: (work: (signal: AbortSignal) => Promise<void>) => void;
    readonly stop: () => void;
} {
    const [pending, setPending] = useState(false);
    const [failed, setFailed] = useState('');
    const current = useRef<AbortController | undefined>(undefined);
    const stop = (): void => {
        current.current?.abort();
        current.current = undefined;
        setPending(false);
    };
    const begin = (work: (signal: AbortSignal) => Promise<void>): void => {
        stop();
        const own = (current.current = new AbortController());
        setPending(true);
        setFailed('');
        work(own.signal)
            .catch((cause: unknown) => {
                if (!own.signal.aborted) setFailed(cause instanceof Error ? cause.message : String(cause));
            })
            .finally(() => {
                if (current.current === own) setPending(false);
            });
    };
    useEffect(() => () => current.current?.abort(), []);
    return { pending, failed, begin, stop };
}
