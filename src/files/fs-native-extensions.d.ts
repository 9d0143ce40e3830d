declare module 'fs-native-extensions' {
    /**
     * Whether bytes of an open file are now locked, by it alone or, with `shared`, beside others that share them; until
     * it is closed. @throws of the system, with its code
     */
    export function tryLock(fd: number, offset?: number, length?: number, options?: { shared?: boolean }): boolean;
}
