export interface Lock {
    /** The process group that must end, too, before another may take the lock. */
    setChild(pid: number | undefined): void;
    release(): void;
}

/** Takes the lock, waiting for as long as a living process holds it. */
export declare function takeLock(file: string, onWait: (owner: { pid: number; child?: number }) => void): Promise<Lock>;
