/** Options of the HTTP server. */
export interface ServerOptions {
    /** Answers under way or waiting, at most. */
    readonly mostAnswers: number;
    /** Bytes of a request's body, at most. */
    readonly mostBytes: number;
    /** Asked for with every request but that for health. Default: none. */
    readonly apiKey?: string | undefined;
    /** Requests come from this machine: what another name or web page asks is refused. */
    readonly loopback: boolean;
    /** Web pages of these origins may ask, and read what they are answered. Default: none. */
    readonly origins?: readonly string[] | undefined;
    /** Milliseconds that a client may take nothing of what it is sent. Default 60,000. */
    readonly patience?: number | undefined;
    /** Texts of special tokens and the chat template, for clients that tokenize through the server. */
    readonly info: { readonly bosText: string; readonly eosText: string; readonly chatTemplate: string };
}
