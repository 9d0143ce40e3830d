/** A type of plain data that is not to be changed, whatever it holds. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
